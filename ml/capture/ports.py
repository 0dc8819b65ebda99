"""Where the board is: by USB identity from boards/*.ini, by name, or a running virtual board."""

import configparser
import functools
from collections.abc import Callable
from pathlib import Path

from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from ml.errors import UserError
from ml.link.port import resolve, virtual_folder
from ml.link.usb import consoles
from ml.paths import ROOT
from ml.rig.ports import parse_usb_ids

APP = "sensor_capture"


@functools.cache
def usb_ids() -> dict[tuple[int, int], list[str]]:
    """Vendor and product -> the boards that have them."""
    config = configparser.ConfigParser(inline_comment_prefixes=(";",), interpolation=None)
    config.read(sorted((ROOT / "boards").glob("*.ini")))
    found: dict[tuple[int, int], list[str]] = {}
    for section in config.sections():
        for each in parse_usb_ids(config[section].get("custom_usb_ids", "")):
            found.setdefault(each, []).append(section.removeprefix("board:"))
    return found


def finder(port: str | None, app: str | None = APP) -> Callable[[], str]:
    """A function that names the port now. Of the virtual boards those that run `app` come first; None: whichever runs.

    The port that was named is it, for as long as there is one of that name and it is the same interface. A board that
    comes back under another name is known by its identity, if no other port had the same to begin with.
    """
    if port is None:
        port = _only_one(app)
    known = _identity(port)

    def find() -> str:
        there = list_ports.comports()
        again = [info.device for info in there if known and _identity_of(info) == known]
        if len(again) != 1 or any(_is(info, port) for info in there if info.device in again):
            return _resolved(port, app)
        return again[0]

    return find


def _identity(port: str) -> tuple | None:
    """What the port is known by; None where it has no serial number, or shares it, as adapters with 0001 do."""
    there = list_ports.comports()
    known = next((_identity_of(info) for info in there if _is(info, port)), None)
    return known if known and sum(_identity_of(info) == known for info in there) == 1 else None


def _identity_of(info: ListPortInfo) -> tuple | None:
    """Vendor, product, serial number, and which interface of the board it is."""
    interface = (info.location or "").partition(":")[2]
    return (info.vid, info.pid, info.serial_number, interface) if info.serial_number else None


def _is(info: ListPortInfo, port: str) -> bool:
    """Also through a link, such as those of /dev/serial/by-id."""
    return info.device == port or Path(info.device) == Path(port).resolve()


def _resolved(name: str, app: str | None) -> str:
    """A virtual board runs `app` unless its environment says otherwise."""
    try:
        return resolve(name, app)
    except UserError:
        return resolve(name)


def _only_one(app: str | None) -> str:
    found = consoles(info for info in list_ports.comports() if (info.vid, info.pid) in usb_ids())
    if not found:
        found_virtual = sorted(path.parent.name for path in virtual_folder().glob(f"{app or '*'}-*/console"))
        if len(found_virtual) == 1:
            return found_virtual[0]
        raise UserError(
            f"expected a board, found {', '.join(found_virtual) or 'none'}; plug one in, name its port with --port "
            f"(pio device list), or start a virtual one: pio run -e {app or '<app>'}-virtual -t upload"
        )
    if len(found) > 1:
        raise UserError(f"expected one board, found {'; '.join(map(_described, found))}; say which with --port")
    return found[0].device


def _described(info: ListPortInfo) -> str:
    return f"{info.device} ({' or '.join(usb_ids()[info.vid, info.pid])})"
