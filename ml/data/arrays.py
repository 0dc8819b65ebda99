"""Reads one axis of vibration from an `.npz`: `x` int16 (n,), `scale` (a count in the sensor's unit), `rate` in hertz.

The unit may be unknown: one of it is taken for 1 g, and what is learned from such data holds for that sensor only.
"""

from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np

from ml.data.recordings import ACCEL_PER_G, saturate
from ml.errors import UserError

LARGEST = 1 << 28  # bytes, unpacked


def read_array(path: Path) -> tuple[np.ndarray, float]:
    """Counts int16 (n, 3), the second and third axis 0, and the rate in hertz."""
    try:
        with ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > LARGEST:
            raise UserError(f"{path}: expected at most {LARGEST} bytes, found {size}; cut it into pieces")
        with np.load(path, allow_pickle=False) as kept:
            x, scale, rate = kept["x"], float(kept["scale"]), float(kept["rate"])
    except (OSError, EOFError, BadZipFile, ValueError, KeyError, TypeError, NotImplementedError) as error:
        raise UserError(
            f"{path}: expected arrays x, scale and rate, cannot read them ({' '.join(str(error).split())[:120]}); "
            "copy it again"
        ) from None
    if x.dtype != np.int16 or x.ndim != 1 or not len(x) or not (np.isfinite(scale) and scale > 0):
        raise UserError(f"{path}: expected x int16 (n,) and a scale above 0, found {x.dtype} {x.shape} and {scale}")
    made = np.zeros((len(x), 3), np.int16)
    made[:, 0] = saturate(x * (scale * ACCEL_PER_G))
    return made, rate
