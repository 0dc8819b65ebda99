"""What a machine does (lib/anomaly/src/machine.c) in Python, a recording at a time.

seen = watch(samples, MachineConfig(block=16, off_level=2000))    # int16 (samples, axes)
seen.state                                                        # uint8 (samples,): a State after each sample
seen.judges(sample, window=576)                                   # may the windows that end there be judged?
"""

import ctypes
import functools
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from ml.errors import UserError
from ml.native.build import ROOT, load
from ml.native.imu import check_range
from ml.native.mel import c_struct

MAX_AXES = 3
BLOCKS = 32  # that must be alike
OCTAVE = 256


class State(IntEnum):
    """`machine_state`."""

    OFF = 0
    STARTING = 1
    STEADY = 2
    STOPPING = 3
    DISTURBED = 4


@dataclass(frozen=True)
class MachineConfig:
    """Settings, as `machine_config` in lib/anomaly/include/anomaly/machine.h describes them."""

    block: int  # samples
    off_level: int  # 1/256 of an octave of log2(1 + variance)
    knock: int = 5 * OCTAVE // 2  # above the last blocks
    span: int = 3 * OCTAVE // 2  # between groups of blocks
    axes: int = 3

    def __post_init__(self) -> None:
        check_range("axes", self.axes, 1, MAX_AXES)
        check_range("block", self.block, 2, 32768)
        check_range("off_level", self.off_level, -32768, 32767)
        check_range("knock", self.knock, 1, 32767)
        check_range("span", self.span, 1, 32767)


@dataclass(frozen=True)
class Seen:
    """What a recording showed."""

    state: np.ndarray  # uint8 (samples,)
    steady: np.ndarray  # uint32 (samples,): for how many samples, where a window may end; else 0

    def judges(self, sample: np.ndarray, window: int) -> np.ndarray:
        """Whether windows of that many samples that end with these were steady throughout: bool."""
        return self.steady[sample] >= window

    def share(self, state: State) -> float:
        """Of all samples."""
        return float((self.state == state).mean()) if len(self.state) else 0.0


def watch(samples: np.ndarray, config: MachineConfig) -> Seen:
    """Runs int16 samples (n, axes) through it, from a fresh start."""
    if samples.dtype != np.int16 or samples.ndim != 2 or samples.shape[1] != config.axes:
        raise UserError(f"expected int16 samples (n, {config.axes}), found {samples.dtype} {samples.shape}")
    samples = np.ascontiguousarray(samples)
    seen = Seen(np.empty(len(samples), np.uint8), np.empty(len(samples), np.uint32))
    settings = _Config(*(getattr(config, field[0]) for field in _Config._fields_))
    call = _library().machine_recording
    if call(ctypes.byref(settings), samples.ctypes, len(samples), seen.state.ctypes, seen.steady.ctypes) < 0:
        raise AssertionError(f"the C refused what its Python side let through: {config}")
    return seen


def level(samples: np.ndarray) -> float:
    """What a block with these samples (n, axes) has as its level, in 1/256 of an octave, but exactly."""
    return OCTAVE * float(np.log2(1 + samples.astype(float).var(0).sum()))


def c_source(config: MachineConfig, name: str) -> str:
    """The same as a C constant for a generated header."""
    return c_struct("machine_config", name, [(field[0], getattr(config, field[0])) for field in _Config._fields_])


class _Config(ctypes.Structure):
    _fields_ = (
        ("axes", ctypes.c_uint8),
        ("block", ctypes.c_uint16),
        ("off_level", ctypes.c_int16),
        ("knock", ctypes.c_int16),
        ("span", ctypes.c_int16),
    )


@functools.cache
def _library() -> ctypes.CDLL:
    sources = [ROOT / "lib" / part for part in ("anomaly/src/machine.c", "frontend/src/integer.c")]
    library = load("machine", [*sources, ROOT / "ml/native/machine.c"], structures={"machine_config": _Config})
    pointer = ctypes.c_void_p
    library.machine_recording.argtypes = [pointer, pointer, ctypes.c_size_t, pointer, pointer]
    return library
