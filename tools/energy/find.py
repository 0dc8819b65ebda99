"""Finds a meter by its name, `ppk2` or `ppk2@/dev/ttyACM1`, and opens it."""

from __future__ import annotations

from serial.tools import list_ports

from ml.errors import UserError
from ml.link.usb import consoles
from ml.rig.file import METERS
from tools.energy import ina, joulescope, lpm01a, ppk2
from tools.energy.meter import Meter


def open_meter(name: str, voltage_v: float, supply: bool) -> Meter:
    """`voltage_v` is what the meter supplies, or what the device is supplied with where the meter does not."""
    kind, _, place = name.partition("@")
    if kind == "ppk2":
        return ppk2.Ppk2(place or _port(kind, ppk2.USB), voltage_v, supply)
    if kind == "lpm01a":
        return lpm01a.Lpm01a(place or _port(kind, lpm01a.USB), voltage_v)
    if kind == "joulescope":
        return joulescope.Joulescope(place)
    if kind == "ina" and place:
        return ina.Ina(place)
    if kind == "ina":
        raise UserError("expected the logger's port, found none; name it: --meter ina@/dev/ttyACM0")
    raise UserError(f"expected a meter ({', '.join(METERS)}, with @PORT where it has one), found {name!r}")


def _port(kind: str, usb: tuple[int, int]) -> str:
    found = [port.device for port in consoles(port for port in list_ports.comports() if (port.vid, port.pid) == usb)]
    if len(found) == 1:
        return found[0]
    seen = ", ".join(found) or "none"
    raise UserError(f"expected one {kind} on USB, found {seen}; plug it in, or name its port: --meter {kind}@PORT")
