"""Reads one axis of vibration from an `.npz`: `x` int16 (n,), `scale` (a count in the sensor's unit), `rate` in hertz.

The unit may be unknown: one of it is taken for 1 g, and what is learned from such data holds for that sensor only.
"""

from collections.abc import Container
from pathlib import Path
from tokenize import TokenError
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

import numpy as np

from ml.data.recordings import ACCEL_PER_G, saturate
from ml.data.untrusted import MAX_ARRAY, opened, why
from ml.errors import UserError

NAMES = ("x", "scale", "rate")
MEMBERS = 64  # of an archive
DAMAGED = (
    *(OSError, EOFError, BadZipFile, ZlibError, NotImplementedError, RuntimeError, MemoryError, OverflowError),
    *(ValueError, KeyError, TypeError, SyntaxError, TokenError),  # by a header, which numpy parses as Python
)


def read_array(path: Path) -> tuple[np.ndarray, float]:
    """Counts int16 (n, 3), the second and third axis 0, and the rate in hertz."""
    try:
        found = unpacked(path, NAMES)
        x, scale, rate = (found[name] for name in NAMES)
        scale, rate = float(scale), float(rate)
    except DAMAGED as error:
        raise UserError(
            f"{path}: expected arrays x, scale and rate, cannot read them ({why(error)}); copy it again"
        ) from None
    if x.dtype != np.int16 or x.ndim != 1 or not len(x) or not (np.isfinite(scale) and scale > 0):
        raise UserError(f"{path}: expected x int16 (n,) and a scale above 0, found {x.dtype} {x.shape} and {scale}")
    made = np.zeros((len(x), 3), np.int16)
    made[:, 0] = saturate(x * (scale * ACCEL_PER_G))
    return made, rate


def unpacked(path: Path, names: Container[str]) -> dict[str, np.ndarray]:
    """Of an `.npz` the arrays with these names that are there; one of DAMAGED where it is damaged or too large."""
    with opened(path, MAX_ARRAY) as file, ZipFile(file) as archive:
        members = archive.infolist()
        if len(members) > MEMBERS or sum(member.file_size for member in members) > MAX_ARRAY:
            raise ValueError(f"more than {MEMBERS} arrays or {MAX_ARRAY:,} bytes; cut it into pieces")
        named = {member.filename.removesuffix(".npy"): member for member in members}
        return {name: _array(archive, member) for name, member in named.items() if name in names}


def _array(archive: ZipFile, member: ZipInfo) -> np.ndarray:
    """One array, no larger than its member of the archive: what its header claims is held against that first."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in read_header:
            raise ValueError(f"an array of version {version}")
        shape, _, dtype = read_header[version](file)
        claimed = int(np.prod([int(side) for side in shape], dtype=object)) * dtype.itemsize
        if dtype.hasobject or not 0 <= claimed <= member.file_size:
            raise ValueError(f"an array of {claimed} bytes of {dtype} in {member.file_size} bytes")
    with archive.open(member) as file:
        return np.lib.format.read_array(file, allow_pickle=False)
