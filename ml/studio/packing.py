"""Blocks as binary messages for a page: all of a stream that came in a moment are one.

Little-endian: kind (u1: 1 int16, 2 float32), bytes of the name (u1), columns (u2), number of the message in its stream
(u4), device time of the first sample (f8, microseconds), period (f8, microseconds), samples missing before (i4, -1
unknown), rows (u4), the name padded to a multiple of four, the values row after row.
"""

import struct
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np

from ml.capture.events import Block

HEAD = struct.Struct("<BBHIddiI")
EVERY_S = 1 / 60
INT16, FLOAT32 = 1, 2


class Batch:
    """What came since `taken` was called last."""

    def __init__(self) -> None:
        self._blocks: dict[str, list[Block]] = {}
        self._numbers: Counter[str] = Counter()
        self._sent_s = 0.0
        self._told_s = 0.0

    def add(self, block: Block) -> None:
        self._blocks.setdefault(block.stream.name, []).append(block)

    def taken(self) -> Iterator[bytes]:
        """Messages; none where the last were sent just now."""
        now = time.monotonic()
        if not self._blocks or now - self._sent_s < EVERY_S:
            return
        self._sent_s = now
        blocks, self._blocks = self._blocks, {}
        for name, several in blocks.items():
            for group in _joined(several):
                yield pack(group, self._numbers[name])
                self._numbers[name] += 1

    def due(self, every_s: float) -> bool:
        """True once in so many seconds."""
        now = time.monotonic()
        if now - self._told_s < every_s:
            return False
        self._told_s = now
        return True


def _joined(blocks: list[Block]) -> Iterator[list[Block]]:
    """Blocks between which nothing is missing."""
    group: list[Block] = []
    for block in blocks:
        if group and block.lost != 0:
            yield group
            group = []
        group.append(block)
    yield group


def pack(blocks: list[Block], number: int) -> bytes:
    """One message of blocks of one stream that follow one another."""
    first = blocks[0]
    values = np.concatenate([block.values for block in blocks]) if len(blocks) > 1 else first.values
    kind, form = (INT16, "<i2") if values.dtype.kind == "i" and values.dtype.itemsize == 2 else (FLOAT32, "<f4")
    name = first.stream.name.encode()[:255]
    lost = -1 if first.lost is None else min(first.lost, 2**31 - 1)
    head = HEAD.pack(
        kind, len(name), values.shape[1], number % 2**32, first.time_us, first.period_us, lost, len(values)
    )
    return head + name + bytes(-len(name) % 4) + np.ascontiguousarray(values, form).tobytes()
