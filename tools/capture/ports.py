"""Where the board is: by USB identity from boards/*.ini, by name, or a running virtual board."""

import configparser
import functools
from collections.abc import Callable

from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from ml.errors import UserError
from ml.link.port import resolve, virtual_folder
from ml.paths import ROOT

APP = "sensor_capture"


@functools.cache
def usb_ids() -> dict[tuple[int, int], list[str]]:
    """Vendor and product -> the boards that have them."""
    config = configparser.ConfigParser(inline_comment_prefixes=(";",), interpolation=None)
    config.read(sorted((ROOT / "boards").glob("*.ini")))
    found: dict[tuple[int, int], list[str]] = {}
    for section in config.sections():
        for pair in config[section].get("custom_usb_ids", "").replace(",", " ").split():
            vendor, _, product = pair.partition(":")
            found.setdefault((int(vendor, 16), int(product, 16)), []).append(section.removeprefix("board:"))
    return found


def finder(port: str | None, app: str | None = APP) -> Callable[[], str]:
    """A function that names the port now; what it first found it looks for again, by its serial number. Of the virtual
    boards those that run `app` come first; None: whichever runs."""
    if port is None:
        port = _only_one(app)
    serial_number = next((info.serial_number for info in list_ports.comports() if info.device == port), None)

    def find() -> str:
        for info in list_ports.comports() if serial_number else ():
            if info.serial_number == serial_number:
                return info.device
        return _resolved(port, app)

    return find


def _resolved(name: str, app: str | None) -> str:
    """A virtual board runs `app` unless its environment says otherwise."""
    try:
        return resolve(name, app)
    except UserError:
        return resolve(name)


def _only_one(app: str | None) -> str:
    found = [info for info in list_ports.comports() if (info.vid, info.pid) in usb_ids()]
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
