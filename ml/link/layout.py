"""How a payload of the link is laid out, as lib/link/protocol.toml says: numbers of fixed size, then perhaps bytes."""

import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Of the arguments of a command, of its answer, or of an event."""

    names: tuple[str, ...] = ()  # of the numbers
    format: str = "<"  # of the numbers, as `struct` has it
    rest: str | None = None  # the name of the bytes that follow, as many as there are; None: there are none

    @property
    def size(self) -> int:
        """Bytes; the least where bytes may follow."""
        return struct.calcsize(self.format)

    def fits(self, size: int) -> bool:
        """Whether a payload of so many bytes can be one."""
        return size == self.size or (self.rest is not None and size > self.size)
