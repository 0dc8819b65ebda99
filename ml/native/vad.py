"""The firmware's voice-activity level (lib/frontend/src/vad.c) in Python, many recordings at a time.

level = levels([frames], VadConfig())[0]   # frames int8 (n, bands) of ml.native.logmel -> uint32 (n,), for a gate
"""

import ctypes
import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.native import mel
from ml.native.build import ROOT, load
from ml.native.imu import check_range
from ml.native.parallel import each

ONE = 256  # a step of a frame's int8, in the units of the level


@dataclass(frozen=True)
class VadConfig:
    """Settings, as `vad_config` in lib/frontend/include/frontend/vad.h describes them.

    The defaults are for the frames of `LogmelConfig()`, where a step is half a decibel and a frame takes 20 ms: the
    floor rises by 1.6 dB a second at most, falls by 6.3, and never below white noise of two counts.
    """

    first_band: int = 2  # leaves out hum
    bands: int = 34  # and hiss
    quiet: int = -60 * ONE
    rise: int = 16
    fall: int = 64

    def __post_init__(self) -> None:
        check_range("first_band", self.first_band, 0, 255)
        check_range("bands", self.bands, 1, 255)
        check_range("quiet", self.quiet, -128 * ONE, 127 * ONE)
        check_range("rise", self.rise, 0, 65535)
        check_range("fall", self.fall, 0, 65535)

    def check_frames(self, frames: np.ndarray) -> np.ndarray:
        """The frames, contiguous; UserError where they are not int8 (n, enough bands)."""
        frames = np.ascontiguousarray(frames)
        least = self.first_band + self.bands
        if frames.dtype != np.int8 or frames.ndim != 2 or frames.shape[1] < least:
            raise UserError(f"expected int8 frames (n, {least} or more), found {frames.dtype} {frames.shape}")
        return frames


def levels(recordings: Iterable[np.ndarray], config: VadConfig) -> list[np.ndarray]:
    """Of the int8 frames (n, bands) of each recording, from a fresh start: uint32 (n,)."""
    settings, library = Config.of(config), _library()

    def run(frames: np.ndarray) -> np.ndarray:
        level = np.empty(len(frames), np.uint32)
        library.vad_all(ctypes.byref(settings), frames.ctypes, frames.shape[1], len(frames), level.ctypes)
        return level

    return each(run, [config.check_frames(frames) for frames in recordings])


def c_source(config: VadConfig, name: str) -> str:
    """The same as a C constant for a generated header."""
    members = [(member, getattr(config, member)) for member, *_ in Config._fields_]
    return mel.c_struct("vad_config", name, members)


class Config(ctypes.Structure):
    """`vad_config`."""

    _fields_ = (
        ("first_band", ctypes.c_uint8),
        ("bands", ctypes.c_uint8),
        ("quiet", ctypes.c_int16),
        ("rise", ctypes.c_uint16),
        ("fall", ctypes.c_uint16),
    )

    @classmethod
    def of(cls, config: VadConfig) -> "Config":
        return cls(*(getattr(config, name) for name, *_ in cls._fields_))


@functools.cache
def _library() -> ctypes.CDLL:
    structures = {"vad_config": Config}
    library = load("vad", [ROOT / "lib/frontend/src/vad.c", ROOT / "ml/native/vad.c"], structures=structures)
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    library.vad_all.argtypes = [pointer, pointer, size, size, pointer]
    library.vad_all.restype = None
    return library
