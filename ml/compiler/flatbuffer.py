"""A small FlatBuffers reader that trusts nothing: every offset and length is checked against the file.

Format: https://flatbuffers.dev/internals. Only what `.tflite` needs: tables, scalars, vectors, strings.
"""

from __future__ import annotations

import struct

import numpy as np

from ml.errors import UserError

SIZES = {"b": 1, "B": 1, "?": 1, "h": 2, "H": 2, "i": 4, "I": 4, "f": 4, "q": 8, "Q": 8}


class Buffer:
    """The bytes of a file with checked reads. Reading more vector elements than the file could hold without
    pointing at the same bytes over and over ends in an error: a small file cannot make a long run."""

    def __init__(self, data: bytes, name: str):
        self.data, self.name = data, name
        self.budget = 8 * len(data) + 4096

    def fail(self, what: str):
        raise UserError(f"{self.name}: expected a .tflite model, found {what}; the file is damaged or of another kind")

    def scalar(self, code: str, at: int):
        if not 0 <= at <= len(self.data) - SIZES[code]:
            self.fail(f"an offset ({at}) outside its {len(self.data)} bytes")
        return struct.unpack_from("<" + code, self.data, at)[0]

    def follow(self, at: int) -> int:
        """Where the unsigned offset at `at` points to."""
        return at + self.scalar("I", at)

    def vector(self, at: int, size: int) -> tuple[int, int]:
        """Start and length of the vector at `at`, with elements of `size` bytes."""
        length = self.scalar("I", at)
        if at + 4 + length * size > len(self.data):
            self.fail(f"a vector of {length} elements that ends outside its {len(self.data)} bytes")
        self.budget -= length if size > 1 else 1
        if self.budget < 0:
            self.fail("vectors that share their bytes more often than any real model's do")
        return at + 4, length

    def root(self) -> Table:
        if self.data[4:8] != b"TFL3":
            self.fail("no identifier TFL3 at byte 4")
        return Table(self, self.follow(0))


class Table:
    """One table; fields by slot number, absent ones give the default."""

    def __init__(self, buffer: Buffer, at: int):
        self.buffer, self.at = buffer, at
        self.vtable = at - buffer.scalar("i", at)
        self.slots = (buffer.scalar("H", self.vtable) - 4) // 2

    def field(self, slot: int) -> int:
        """Where the field lies, 0 when absent."""
        if slot >= self.slots:
            return 0
        offset = self.buffer.scalar("H", self.vtable + 4 + 2 * slot)
        return self.at + offset if offset else 0

    def scalar(self, slot: int, code: str, default=0):
        at = self.field(slot)
        return self.buffer.scalar(code, at) if at else default

    def table(self, slot: int) -> Table | None:
        at = self.field(slot)
        return Table(self.buffer, self.buffer.follow(at)) if at else None

    def tables(self, slot: int) -> list[Table]:
        at = self.field(slot)
        if not at:
            return []
        start, length = self.buffer.vector(self.buffer.follow(at), 4)
        return [Table(self.buffer, self.buffer.follow(start + 4 * i)) for i in range(length)]

    def array(self, slot: int, dtype: str) -> np.ndarray:
        """A vector of scalars as a read-only numpy array without a copy; empty when absent."""
        at = self.field(slot)
        if not at:
            return np.zeros(0, dtype)
        kind = np.dtype(dtype)
        start, length = self.buffer.vector(self.buffer.follow(at), kind.itemsize)
        return np.frombuffer(self.buffer.data, kind.newbyteorder("<"), length, start)

    def string(self, slot: int) -> str:
        return self.array(slot, "uint8").tobytes().decode("utf-8", "replace")
