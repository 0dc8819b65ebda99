"""Serial ports by the USB device that they belong to. A serial number names no device for certain: cheap adapters all
have the same, and a board with two serial interfaces has two ports."""

from collections.abc import Iterable

from serial.tools.list_ports_common import ListPortInfo


def device_of(info: ListPortInfo) -> tuple[int | None, int | None, str, str]:
    """Vendor, product, serial number and place: the same for all interfaces of one device, and for no other."""
    return info.vid, info.pid, (info.serial_number or "").lower(), place_of(info)


def place_of(info: ListPortInfo) -> str:
    """Where it is plugged in: `1-1.4`. Linux adds the interface: `1-1.4:1.0`."""
    return (info.location or "").partition(":")[0]


def consoles(infos: Iterable[ListPortInfo]) -> list[ListPortInfo]:
    """One port a device, its first interface, which is the console of the boards in boards/*.ini; by name."""
    first: dict[tuple, ListPortInfo] = {}
    for info in sorted(infos, key=lambda info: (info.location or "", info.device)):
        first.setdefault(device_of(info) if place_of(info) else (info.device,), info)
    return sorted(first.values(), key=lambda info: info.device)
