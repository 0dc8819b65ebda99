"""Reads arrays of untrusted `.npz` and `.npy` files: never more bytes than asked, nothing that is pickled.

arrays = unpacked(path, MAX_EXAMPLES)     # of an .npz, by name
counts, rate = read_array(path)           # one axis of vibration

One axis of vibration is `x` int16 (n,), `scale` (a count in the sensor's unit), and `rate` in hertz. The unit may be
unknown: one of it is taken for 1 g, and what is learned from such data holds for that sensor only.
"""

import os
from collections.abc import Callable, Container
from functools import partial
from pathlib import Path
from tokenize import TokenError
from typing import IO
from zipfile import BadZipFile, ZipFile, is_zipfile
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
        found = unpacked(path, MAX_ARRAY, NAMES)
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


def unpacked(path: Path, most: int, names: Container[str] | None = None) -> dict[str, np.ndarray]:
    """The arrays of an `.npz`, or those of them with these names; one of DAMAGED where it is damaged, or where it or
    what it holds has more than `most` bytes."""
    with opened(path, most) as file, ZipFile(file) as archive:
        members = archive.infolist()
        if len(members) > MEMBERS or sum(member.file_size for member in members) > most:
            raise ValueError(f"more than {MEMBERS} arrays or {most:,} bytes; cut it into pieces")
        named = {member.filename.removesuffix(".npy"): member for member in members}
        return {
            name: _array(partial(archive.open, member), member.file_size)
            for name, member in named.items()
            if names is None or name in names
        }


def first(path: Path, most: int) -> np.ndarray:
    """The array of an `.npy`, or the first one of an `.npz`; one of DAMAGED as above."""
    with opened(path, most) as file:
        if not is_zipfile(file):
            return _array(partial(opened, path, most), os.fstat(file.fileno()).st_size)
    return next(iter(unpacked(path, most).values()))


def _array(again: Callable[[], IO[bytes]], size: int) -> np.ndarray:
    """One array of a file that is opened twice: what its header claims is held against its size first."""
    with again() as file:
        version = np.lib.format.read_magic(file)
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in read_header:
            raise ValueError(f"an array of version {version}")
        shape, _, dtype = read_header[version](file)
        claimed = int(np.prod([int(side) for side in shape], dtype=object)) * dtype.itemsize
        if dtype.hasobject or not 0 <= claimed <= size:
            raise ValueError(f"an array of {claimed} bytes of {dtype} in {size} bytes")
    with again() as file:
        return np.lib.format.read_array(file, allow_pickle=False)
