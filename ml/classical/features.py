"""The features of a window in the device's own C (lib/classical/src/features.c).

features(windows)   # int8 (n, rows, channels) -> int8 (n, channels * 10)
"""

import ctypes
import functools

import numpy as np

from ml.classical.form import MOST
from ml.classical.host import LIBRARY
from ml.errors import UserError
from ml.native.build import load

EACH = 10  # for a channel: CLASSICAL_FEATURES
LEAST_ROWS = 8
NAMES = ("first", "second", "third", "fourth", "least", "most", "level", "crossings", "high", "low")


def features(windows: np.ndarray) -> np.ndarray:
    """Of int8 windows; UserError for others."""
    windows = np.ascontiguousarray(windows)
    if windows.dtype != np.int8 or windows.ndim != 3 or not LEAST_ROWS <= windows.shape[1] <= MOST:
        raise UserError(
            f"expected int8 windows (n, {LEAST_ROWS} to {MOST} rows, channels), found {windows.dtype} {windows.shape}"
        )
    count, rows, channels = windows.shape
    if not 1 <= channels * EACH <= MOST:
        raise UserError(f"expected 1 to {MOST // EACH} channels, found {channels}; leave some out")
    out = np.empty((count, channels * EACH), np.int8)
    _library().features_of_windows(windows.ctypes, count, rows, channels, out.ctypes)
    return out


def names(channels: list[str]) -> list[str]:
    """Of the features of a window with these channels."""
    return [f"{channel} {name}" for channel in channels for name in NAMES]


@functools.cache
def _library() -> ctypes.CDLL:
    code = [LIBRARY / "src" / "features.c", LIBRARY.parents[1] / "ml" / "classical" / "features.c"]
    library = load("classical_features", code, includes=[LIBRARY / "include"])
    pointer = ctypes.c_void_p
    library.features_of_windows.argtypes = [pointer, ctypes.c_size_t, ctypes.c_uint8, ctypes.c_uint8, pointer]
    library.features_of_windows.restype = None
    return library
