"""The firmware's control flow of keyword spotting (lib/spotter/src/spotter.c) in Python: gate, network, catching up.

heard = spot(frames, config, model)   # model: a header in streaming form; heard.scores int8 (windows, classes)
heard = spot(frames, config)          # heard.awake alone, for the scores of a network that is not compiled yet
"""

import ctypes
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ml.errors import UserError
from ml.native import gate as gates
from ml.native import mel, vad
from ml.native.build import ROOT, load
from ml.native.gate import GateConfig
from ml.native.imu import check_range
from ml.native.vad import VadConfig

if TYPE_CHECKING:
    from ml.compiler.host import HostModel


@dataclass(frozen=True)
class SpotterConfig:
    """Settings, as `spotter_config` in lib/spotter/include/spotter/spotter.h describes them."""

    bands: int  # int8 in a frame
    hop: int  # frames that the network takes in a step
    rows: int  # frames in its window
    catch_up: int = 3  # steps in a window at most
    lull: int = 0  # windows for which scores stand that are not renewed
    voice: VadConfig = field(default_factory=VadConfig)
    gate: GateConfig = field(default_factory=lambda: GateConfig(open_at=6 * vad.ONE, keep_at=3 * vad.ONE, hold=25))

    def __post_init__(self) -> None:
        check_range("bands", self.bands, self.voice.first_band + self.voice.bands, 255)
        check_range("hop", self.hop, 1, 255)
        check_range("rows", self.rows, self.hop, 65534 * self.hop)
        check_range("catch_up", self.catch_up, 2, 255)
        check_range("lull", self.lull, 0, min(255, self.warm_up))

    @property
    def warm_up(self) -> int:
        """Steps until the network's window is full."""
        return -(-self.rows // self.hop)

    def windows(self, frames: int) -> int:
        """Windows in so many frames."""
        return max(0, frames // self.hop - self.warm_up + 1)

    def last_frame(self, windows: int) -> np.ndarray:
        """int (windows,): index of the last frame of each window."""
        return (self.warm_up + np.arange(windows)) * self.hop - 1


@dataclass(frozen=True)
class Heard:
    """What became of a recording."""

    awake: np.ndarray  # bool (windows,): the network has scores, or those of a moment ago stand
    scores: np.ndarray  # int8 (windows, outputs), 0 where it has none; no outputs without a network
    window: np.ndarray  # int8 (warm_up * hop, bands): all rows of the last window; 0 where there is none
    restarts: int  # how often the network started afresh


def spot(frames: np.ndarray, config: SpotterConfig, model: "HostModel | None" = None) -> Heard:
    """Runs int8 frames (n, bands) through it, from a fresh start."""
    frames = config.voice.check_frames(frames)
    if frames.shape[1] != config.bands:
        raise UserError(f"expected frames of {config.bands} bands, found {frames.shape[1]}")
    stream = _stream(config, model)
    windows = config.windows(len(frames))
    awake = np.zeros(windows, np.bool_)
    scores = np.zeros((windows, model.model.output_size if model else 0), np.int8)
    ring, last = (np.zeros((config.warm_up * config.hop, config.bands), np.int8) for _ in range(2))
    settings = _Config.of(config)
    restarts = _library().spotter_all(
        ctypes.byref(settings),
        stream,
        ring.ctypes,
        frames.ctypes,
        len(frames),
        awake.ctypes,
        scores.ctypes if model else None,
        last.ctypes,
    )
    return Heard(awake, scores, last, restarts)


def c_source(config: SpotterConfig, name: str) -> str:
    """C for a generated header: constants `<name>_vad`, `<name>_gate`, `<name>_spotter`, and `<NAME>_RING`."""
    members: list[tuple[str, object]] = [("voice", f"&{name}_vad"), ("gate", f"&{name}_gate")]
    members += [(member, getattr(config, member)) for member in ("bands", "hop", "warm_up", "catch_up", "lull")]
    return "\n".join(
        [
            f"#define {name.upper()}_RING {config.warm_up * config.hop * config.bands} // bytes of frames\n",
            vad.c_source(config.voice, f"{name}_vad"),
            gates.c_source(config.gate, f"{name}_gate"),
            mel.c_struct("spotter_config", f"{name}_spotter", members),
        ]
    )


def _stream(config: SpotterConfig, model: "HostModel | None"):
    """The address of the model's nn_stream."""
    if model is None:
        return None
    if model.stream is None:
        raise UserError("expected a model in streaming form, found one of whole windows; compile it with --stream")
    takes = (model.model.input_size, model.stream.hop, model.stream.rows)
    if takes != (config.hop * config.bands, config.hop, config.rows):
        raise UserError(
            f"expected a model of {config.rows} rows of {config.bands}, {config.hop} a step, found one of "
            f"{takes[2]} rows, {takes[1]} a step of {takes[0]} B"
        )
    return ctypes.byref(model.stream)


class _Config(ctypes.Structure):
    _fields_ = (
        ("voice", ctypes.POINTER(vad.Config)),
        ("gate", ctypes.POINTER(gates.Config)),
        ("bands", ctypes.c_uint8),
        ("hop", ctypes.c_uint8),
        ("warm_up", ctypes.c_uint16),
        ("catch_up", ctypes.c_uint8),
        ("lull", ctypes.c_uint8),
    )

    @classmethod
    def of(cls, config: SpotterConfig) -> "_Config":
        voice, opening = vad.Config.of(config.voice), gates.Config.of(config.gate)
        numbers = (config.bands, config.hop, config.warm_up, config.catch_up, config.lull)
        return cls(ctypes.pointer(voice), ctypes.pointer(opening), *numbers)


@functools.cache
def _library() -> ctypes.CDLL:
    sources = ["spotter/src/spotter.c", "frontend/src/vad.c", "decide/src/gate.c", "nn/src/model.c", "nn/src/stream.c"]
    structures = {"vad_config": vad.Config, "gate_config": gates.Config, "spotter_config": _Config}
    library = load(
        "spotter", [*(ROOT / "lib" / source for source in sources), ROOT / "ml/native/spotter.c"], structures=structures
    )
    pointer = ctypes.c_void_p
    library.spotter_all.argtypes = [pointer, pointer, pointer, pointer, ctypes.c_size_t, pointer, pointer, pointer]
    library.spotter_all.restype = ctypes.c_uint32
    return library
