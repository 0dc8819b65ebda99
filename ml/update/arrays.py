"""What changed between two images of the same size: the payload of an update of kind ARRAYS (docs/update.md).

A row of changes, each: bytes that are those of the base, bytes that follow, these bytes. Both numbers are LEB128.
"""

import numpy as np

from ml.update.errors import UpdateError

SHORT = 2  # unchanged bytes that are sent all the same: two numbers would take as many
MOST_GROUPS = 5  # of seven bits, in a number


def changes(base: bytes, image: bytes) -> bytes:
    """The payload that makes `image` of `base`; UpdateError if they differ in size."""
    if len(base) != len(image):
        raise UpdateError(
            f"expected a base of {len(image):,} bytes, found {len(base):,}: only images of one structure differ in "
            "arrays alone; leave --base out"
        )
    differs = np.flatnonzero(np.frombuffer(base, np.uint8) != np.frombuffer(image, np.uint8))
    if not len(differs):
        return b""
    ends = np.flatnonzero(np.diff(differs) > SHORT + 1)
    starts, stops = differs[np.r_[0, ends + 1]], differs[np.r_[ends, len(differs) - 1]] + 1
    payload, done = bytearray(), 0
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        payload += _number(start - done) + _number(stop - start) + image[start:stop]
        done = stop
    return bytes(payload)


def applied(base: bytes, payload: bytes) -> bytes:
    """The image; UpdateError for a payload that leads out of it. It does not check a digest."""
    image, at, done = bytearray(base), 0, 0
    while at < len(payload):
        skip, at = _read(payload, at)
        count, at = _read(payload, at)
        start = done + skip
        done = start + count
        if not count or done > len(image) or at + count > len(payload):
            raise UpdateError("expected changes inside the image, found others; pack the update again")
        image[start:done] = payload[at : at + count]
        at += count
    return bytes(image)


def _number(value: int) -> bytes:
    """LEB128."""
    groups = bytearray()
    while value >= 0x80:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])


def _read(payload: bytes, at: int) -> tuple[int, int]:
    """A number in its shortest form, and the place behind it."""
    value = 0
    for group in range(MOST_GROUPS):
        if at + group >= len(payload):
            break
        byte = payload[at + group]
        value |= (byte & 0x7F) << 7 * group
        if byte < 0x80:
            if value > 0xFFFFFFFF or (group and not byte):
                break
            return value, at + group + 1
    raise UpdateError("expected a number in the changes, found none; pack the update again")
