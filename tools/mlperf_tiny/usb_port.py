"""Runs a program that looks for boards by USB vendor and product, and lets it find one that has neither.

    PYTHON usb_port.py PORT VENDOR PRODUCT PROGRAM [ARGUMENT]...

A virtual board's port is a pseudo-terminal, which no operating system lists among the USB ports. For PROGRAM, a Python
file that stays as it is, pyserial lists one more. Needs nothing but pyserial: the program has a Python of its own.
"""

import runpy
import sys
from pathlib import Path

from serial.tools import list_ports, list_ports_common


def add(port: str, vendor: int, product: int) -> None:
    """Puts `port` first of what serial.tools.list_ports.comports() finds."""
    real = list_ports.comports
    one = list_ports_common.ListPortInfo(port)
    one.vid, one.pid, one.description, one.hwid = vendor, product, "virtual board", f"USB {vendor:04X}:{product:04X}"
    list_ports.comports = lambda include_links=False: [one, *real(include_links)]


if __name__ == "__main__":
    add(sys.argv[1], int(sys.argv[2], 16), int(sys.argv[3], 16))
    sys.argv = sys.argv[4:]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    runpy.run_path(sys.argv[0], run_name="__main__")
