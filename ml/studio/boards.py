"""Boards that can be connected: plugged in, or virtual; and how a virtual one is started."""

import functools
import sys

from serial.tools import list_ports

from ml.capture.ports import usb_ids
from ml.errors import UserError
from ml.link.port import virtual_folder
from ml.link.usb import consoles
from ml.paths import ROOT
from ml.profile.boards import VIRTUAL
from ml.studio.state import Studio

NO_SENSORS = ("inference_bench", "power_logger")  # applications without anything to see here


@functools.cache
def environments() -> tuple[str, ...]:
    """Of virtual boards: what PlatformIO may be asked to start."""
    apps = sorted(path.parent.name for path in (ROOT / "apps").glob("*/app.ini"))
    texts = {app: (ROOT / "apps" / app / "app.ini").read_text() for app in apps if app not in NO_SENSORS}
    return tuple(f"{app}-{board}" for board in VIRTUAL for app, text in texts.items() if f"[env:{app}-{board}]" in text)


def found() -> dict:
    """JSON-able: plugged in, virtual boards that run, and those that may be started."""
    plugged = consoles(info for info in list_ports.comports() if (info.vid, info.pid) in usb_ids())
    return {
        "usb": [{"port": info.device, "what": " or ".join(usb_ids()[info.vid, info.pid])} for info in plugged],
        "running": sorted(path.parent.name for path in virtual_folder().glob("*/console")),
        "startable": list(environments()),
    }


def start_virtual(studio: Studio, environment: str) -> dict:
    """Builds its firmware and starts it, as a user would; the page sees the lines."""
    title = f"start {environment}"
    if studio.jobs.running(title):
        raise UserError(f"{environment}: expected one start at a time, found one that runs; wait for it")
    command = [sys.executable, "-m", "platformio", "run", "-e", environment, "-t", "upload"]
    job = studio.jobs.start(title, command, lambda status: studio.hub.tell("boards", **found()))
    return {"job": job.number}
