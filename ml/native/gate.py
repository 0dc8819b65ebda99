"""The firmware's gate (lib/decide/src/gate.c) in Python.

open = gates(levels, GateConfig(open_at=400, keep_at=200, hold=25))   # bool (steps,)
"""

import ctypes
import functools
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.native import mel
from ml.native.build import ROOT, load
from ml.native.imu import check_range


@dataclass(frozen=True)
class GateConfig:
    """Settings of a gate, as `gate_config` in lib/decide/include/decide/gate.h describes them."""

    open_at: int  # level that opens; 0: always open
    keep_at: int  # level that keeps it open
    hold: int  # steps that it stays open after the last level of keep_at or more

    def __post_init__(self) -> None:
        check_range("open_at", self.open_at, 0, 2**32 - 1)
        check_range("keep_at", self.keep_at, 0, self.open_at)
        check_range("hold", self.hold, 0, 65535)


def gates(levels: np.ndarray, config: GateConfig) -> np.ndarray:
    """Pushes levels, whole numbers of 0..2^32-1 (steps,), through a gate from a fresh start: bool (steps,), open."""
    levels = np.asarray(levels)
    if levels.ndim != 1 or (len(levels) and not 0 <= levels.min() <= levels.max() < 2**32):
        raise UserError(f"expected levels (steps,) of 0..{2**32 - 1}, found shape {levels.shape}")
    pushed = np.ascontiguousarray(levels, dtype=np.uint32)
    opened = np.empty(len(pushed), np.bool_)
    settings = Config.of(config)
    _library().gate_all(ctypes.byref(settings), pushed.ctypes, len(pushed), opened.ctypes)
    return opened


def c_source(config: GateConfig, name: str) -> str:
    """The same as a C constant for a generated header."""
    return mel.c_struct("gate_config", name, [(member, getattr(config, member)) for member, *_ in Config._fields_])


class Config(ctypes.Structure):
    """`gate_config`."""

    _fields_ = (("open_at", ctypes.c_uint32), ("keep_at", ctypes.c_uint32), ("hold", ctypes.c_uint16))

    @classmethod
    def of(cls, config: GateConfig) -> "Config":
        return cls(config.open_at, config.keep_at, config.hold)


@functools.cache
def _library() -> ctypes.CDLL:
    structures = {"gate_config": Config}
    library = load("gate", [ROOT / "lib/decide/src/gate.c", ROOT / "ml/native/gate.c"], structures=structures)
    library.gate_all.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
    library.gate_all.restype = None
    return library
