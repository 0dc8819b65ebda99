"""The boards of the shelf: those of a rig file (docs/rig.md), and what else is plugged in or runs. Each is asked for a
moment what it runs; updates are installed by ml/link/update.py."""

import threading
from dataclasses import asdict
from pathlib import Path

from ml.cli import in_a_line
from ml.errors import UserError
from ml.link.device import Device
from ml.link.messages import NO_SLOT, Event, Phase
from ml.link.update import Updater
from ml.printable import printable
from ml.rig import file, ports
from ml.rig.errors import Missing
from ml.studio import boards
from ml.studio.state import Studio
from ml.update import package

LISTEN_S = 1.2  # for an event, and for the telemetry of a second
NOT_TOLD = "takes no updates"


def shelf(rig: Path | None) -> list[dict]:
    """Name, kind and port of each; a port of "" is not there now."""
    found = boards.found()
    known = file.read(rig) if rig else []
    named = [{"name": one.name, "kind": one.kind, "port": _port(one, found["running"])} for one in known]
    taken = {one["port"] for one in named}
    plugged = [{"name": one["port"], "kind": one["what"], "port": one["port"]} for one in found["usb"]]
    running = [{"name": one, "kind": "virtual", "port": one} for one in found["running"]]
    return named + [one for one in plugged + running if one["port"] not in taken]


def _port(board: file.BoardConfig, running: list[str]) -> str:
    """Where it is now. A virtual one is known by its name, among those that run. RigError where several fit."""
    if board.emulated or board.port in running:
        return board.port
    try:
        return ports.find(board, frozenset()).device
    except Missing:
        return ""


def known_port(studio: Studio, port: str) -> str:
    """UserError for a port of no board of the shelf: a page opens nothing else."""
    if not port or port not in {one["port"] for one in shelf(studio.rig)}:
        raise UserError(f"expected a board of the shelf that is there, found {port[:60]!r}; look again")
    return port


def ask(studio: Studio, port: str) -> dict:
    """What the board runs, its slot, its last event, what it counts. It is asked alone: Live lets go of it."""
    known_port(studio, port)
    _let_go(studio, port)
    with Device.open(port) as device:
        info, counters = device.info, device.statistics()
        heard = [one.message for one in device.arrivals(LISTEN_S) if isinstance(one.message, Event)]
        told = {"app": info.app, "board": info.board, "firmware": info.build, "reset": info.reset, "fault": info.fault}
        told |= {"model": asdict(info.model) if info.model else None, "slot": _slot(device)}
        told |= {"windows": counters.windows, "events": counters.events, "missed": counters.missed}
        told |= {"health": list(counters.health.reasons) if counters.health else []}
        told["event"] = _words(heard[-1], info.labels) if heard else _earlier(studio, port)
    studio.kept.setdefault("shelf", {})[port] = told
    return told


def _slot(device: Device) -> str:
    try:
        status = Updater(device).status()
    except UserError:
        return NOT_TOLD
    running = "the compiled-in model" if status.running == NO_SLOT else f"slot {status.running}"
    trial = f", on trial ({status.windows} windows left)" if status.phase == Phase.TRIAL else ""
    return f"{running}, counter {status.counter}{trial}"


def _words(event: Event, labels: tuple[str, ...]) -> str:
    named = labels[event.class_id] if event.class_id < len(labels) else f"class {event.class_id}"
    return printable(f"{named}, score {event.score}")


def _earlier(studio: Studio, port: str) -> str:
    """What was heard while it was connected, or asked before."""
    heard, asked = studio.kept.get("last_events", {}), studio.kept.get("shelf", {})
    return heard.get(port, "") or asked.get(port, {}).get("event", "")


def _let_go(studio: Studio, port: str) -> None:
    live = studio.live
    if live is None or live.port != port or not live.is_open:
        return
    if live.recorder.recording:
        raise UserError(f"{port}: expected no take that is recorded from it, found one; stop it first")
    if live.events:
        last = live.events[-1]
        studio.kept.setdefault("last_events", {})[port] = f"{last['label']}, score {last['score']}"
    studio.disconnect()


def install(studio: Studio, port: str, content: bytes) -> dict:
    """Begins; the page is told each step. UserError where the file is none."""
    known_port(studio, port)
    made = package.parse(content)
    _let_go(studio, port)
    threading.Thread(target=_install, args=(studio, port, made), name="update", daemon=True).start()
    return {"version": made.manifest.version, "bytes": made.sent}


def _install(studio: Studio, port: str, made: package.Update) -> None:
    tell = studio.hub.tell
    try:
        with Device.open(port) as device:
            for step in Updater(device).install(made):
                tell("update", port=port, **asdict(step))
        tell("update", port=port, stage="done", asked=ask(studio, port))
    except (UserError, OSError) as error:
        tell("update", port=port, stage="failed", note=in_a_line(error))
