"""Where a board is now. A port may vanish when a board is flashed and come back under another name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from ml.link.usb import consoles, place_of
from ml.printable import printable
from ml.rig.errors import Missing, RigError
from ml.rig.file import BoardConfig

# The serial ports of this machine. A test without boards puts its own function here: docs/rig.md.
listing: Callable[[], Iterable[ListPortInfo]] = list_ports.comports


@dataclass(frozen=True)
class Found:
    """A port, and what its USB says."""

    device: str
    serial: str = ""
    location: str = ""

    @classmethod
    def of(cls, info: ListPortInfo) -> Found:
        return cls(info.device, info.serial_number or "", place_of(info))


def find(board: BoardConfig, usb_ids: frozenset[tuple[int, int]]) -> Found:
    """`usb_ids` (vendor, product) tell a board that has no address of its own; Missing when it is not there."""
    if board.port:
        return _at_port(board)
    seen = consoles(listing())
    if board.serial:
        fitting = [info for info in seen if (info.serial_number or "").lower() == board.serial.lower()]
    elif board.location:
        fitting = [info for info in seen if place_of(info) == board.location]
    else:
        fitting = [info for info in seen if (info.vid, info.pid) in usb_ids]
    if len(fitting) > 1:  # adapters may share a serial number
        names = ", ".join(info.device for info in fitting)
        raise RigError(f"{board.name}: expected one board, found {names}; say which: --board {board.name}@PORT")
    if not fitting:
        there = ", ".join(f"{info.device} ({info.serial_number})" for info in seen if info.serial_number) or "none"
        found = printable(there)
        raise Missing(f"{board.name} is missing: expected a port with {board.address}, found {found}; plug it in")
    return Found.of(fitting[0])


def _at_port(board: BoardConfig) -> Found:
    if "://" in board.port:
        return Found(board.port)
    for info in listing():
        if info.device == board.port:
            return Found.of(info)
    if not Path(board.port).exists():
        raise Missing(f"{board.name} is missing: expected a port at {board.port}, found none; plug it in")
    return Found(board.port)


def parse_usb_ids(text: str) -> frozenset[tuple[int, int]]:
    """Of custom_usb_ids: `2341:805A, 2341:005A`."""
    pairs = (pair.partition(":") for pair in text.replace(",", " ").split())
    return frozenset((int(vendor, 16), int(product, 16)) for vendor, _, product in pairs)
