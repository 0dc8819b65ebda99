"""The one line that a repository needs; and, for a machine without boards, serial ports that a file lists."""

import json
import os
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

import ml.rig.ports as rig_ports

pytest_plugins = ["tools.rig.plugin"]

LISTED = Path(__file__).with_name("ports.json")


def listing():
    """Each entry: serial, location, and the link to what is there; its name changes with what is there."""
    for entry in json.loads(LISTED.read_text()) if LISTED.exists() else ():
        link = Path(entry["link"])
        if not link.exists():
            continue
        state = link.with_name("emulator.json")
        number = json.loads(state.read_text())["pid"] if state.exists() else 0
        named = LISTED.with_name(f"ttyACM{number}-{entry['serial']}")
        if not named.exists():  # several workers may look at once
            made = named.with_name(f"{named.name}-{os.getpid()}")
            made.symlink_to(os.path.realpath(link))
            made.replace(named)
        info = ListPortInfo(str(named), skip_link_detection=True)
        info.serial_number, info.location = entry["serial"], entry["location"]
        yield info


rig_ports.listing = listing


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Which xdist worker it was, for a test that is skipped too."""
    item.user_properties.append(("worker", os.environ.get("PYTEST_XDIST_WORKER", "none")))
