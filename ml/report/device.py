"""The results of a stream on a board, kept as `device.json` beside the model for the report."""

import json
from dataclasses import dataclass
from pathlib import Path

from ml.files import write_json


@dataclass(frozen=True)
class DeviceEvent:
    """A detection as the board reported it."""

    label: str
    score: int  # 0..255
    time_us: int  # device time of the last sample of its window
    latency_us: int  # from that sample to the event
    cycles: int  # front end, inference and decision


@dataclass(frozen=True)
class DeviceRun:
    """A stream played into a board."""

    board: str  # "virtual", "nano33ble", ...
    model: str  # hash
    cycles_hz: int  # of the board's cycle counter
    exact: bool  # cycles count instructions of an emulator, exactly and repeatably
    frontend_cycles: int  # the most
    inference_cycles: int
    decide_cycles: int
    flash_bytes: int  # of the firmware
    ram_bytes: int  # static, without the stack
    stack_bytes: int  # the deepest use; 0 where the board cannot tell
    events: tuple[DeviceEvent, ...] = ()
    layer_cycles: tuple[tuple[str, int], ...] = ()  # name of the layer, cycles


def save(run: DeviceRun, folder: Path) -> None:
    write_json(folder / "device.json", run)


def load(folder: Path, model: str) -> DeviceRun | None:
    """The run kept in `folder`; None where there is none, or it was of another model."""
    try:
        kept = json.loads((folder / "device.json").read_text())
        events = tuple(DeviceEvent(**event) for event in kept["events"])
        layers = tuple((name, cycles) for name, cycles in kept["layer_cycles"])
        run = DeviceRun(**kept | {"events": events, "layer_cycles": layers})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return run if run.model == model else None
