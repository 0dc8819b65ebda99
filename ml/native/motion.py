"""The firmware's gravity, magnitude and jerk (lib/frontend/src/motion.c) in Python.

values = motion(samples, shift=6)   # values["jerk"], values["gravity"], ...
"""

import ctypes
import functools

import numpy as np

from ml.errors import UserError
from ml.native.build import ROOT, load
from ml.native.imu import check_range

AXES = 3
VALUES = np.dtype(  # motion_values
    [
        ("gravity", np.int16, AXES),
        ("linear", np.int32, AXES),
        ("magnitude", np.uint32),
        ("linear_magnitude", np.uint32),
        ("jerk", np.uint32),
    ],
    align=True,
)


def motion(samples: np.ndarray, shift: int) -> np.ndarray:
    """Values (n,) of dtype VALUES, in counts, of int16 acceleration (n, 3) in counts.

    `shift`, 0..15: gravity follows with a time constant of about 2^shift samples.
    """
    samples = np.ascontiguousarray(samples)
    if samples.dtype != np.int16 or samples.ndim != 2 or samples.shape[1] != AXES:
        raise UserError(f"expected int16 samples (n, {AXES}), found {samples.dtype} {samples.shape}")
    check_range("shift", shift, 0, 15)
    values = np.empty(len(samples), VALUES)
    _library().motion_recording(shift, samples.ctypes.data, len(samples), values.ctypes.data)
    return values


@functools.cache
def _library() -> ctypes.CDLL:
    sources = [ROOT / "lib" / "frontend" / "src" / f"{name}.c" for name in ("motion", "integer")]
    library = load("motion", [*sources, ROOT / "ml" / "native" / "motion.c"])
    library.motion_recording.argtypes = [ctypes.c_uint8, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
    library.motion_recording.restype = None
    return library
