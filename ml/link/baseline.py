"""What a device learns for itself (LEARN in docs/protocol.md): begin, watch, read, write, keep.

baseline = Baseline(device)
baseline.begin(windows=600)      # of normal operation
...                              # baseline.status.learnt says how far it is
kept = baseline.read()           # bytes, for another device of the same firmware
"""

import struct

from ml.errors import UserError
from ml.link.device import Device
from ml.link.messages import Command, Learn, Learning


class Baseline:
    """Of a device whose application learns; the others refuse with UNSUPPORTED."""

    def __init__(self, device: Device) -> None:
        self.device = device

    @property
    def status(self) -> Learning:
        return Learning(*self.device.numbers(Command.LEARN, Learning.LAYOUT.format, bytes([Learn.STATUS])))

    def begin(self, windows: int) -> None:
        """Forgets what was learnt and learns from the next so many windows."""
        self._do(Learn.BEGIN, struct.pack("<I", windows))

    def stop(self) -> None:
        """Uses what has been learnt so far."""
        self._do(Learn.STOP)

    def read(self) -> bytes:
        """The baseline, in the layout of its application."""
        size, parts = self.status.size, []
        at_once = self.device.info.max_payload - 2
        for offset in range(0, size, at_once):
            count = min(at_once, size - offset)
            parts.append(self._do(Learn.READ, struct.pack("<IH", offset, count)))
        return b"".join(parts)

    def write(self, kept: bytes) -> None:
        """Puts one in its place and uses it."""
        status = self.status
        size = status.size
        if status.wanted:
            raise UserError(
                f"{self.device.port.name}: expected a device that is not learning, found it at {status.learnt} of "
                f"{status.wanted} windows; wait until it is done, or clear it first"
            )
        if len(kept) != size:
            raise UserError(
                f"{self.device.port.name}: expected a baseline of {size} bytes, found {len(kept)}; read it from a "
                "device with the same firmware"
            )
        at_once = self.device.info.max_payload - 6
        for offset in range(0, size, at_once):
            self._do(Learn.WRITE, struct.pack("<I", offset) + kept[offset : offset + at_once])
        self._do(Learn.USE)

    def keep(self) -> None:
        """Into memory that outlives a reset."""
        self._do(Learn.KEEP)

    def forget(self) -> None:
        """Back to the baseline of the firmware."""
        self._do(Learn.FORGET)

    def _do(self, operation: Learn, args: bytes = b"") -> bytes:
        return self.device.command(Command.LEARN, bytes([operation]) + args)
