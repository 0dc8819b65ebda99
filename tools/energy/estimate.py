"""Energy and battery life without a meter: counted time, times the currents of the processor's data sheet.

Time comes from cycles of the model on an emulated Cortex-M4 (ml/profile), or from what a board at a link tells of its
sleep.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ml.compare.measure import cost
from ml.compiler.compile import compile_model
from ml.compiler.model_file import c_name, read_model
from ml.errors import UserError
from ml.link.device import Device
from ml.paths import ROOT
from ml.profile.boards import EMULATED, section
from ml.profile.measure import clock, clocks
from ml.profile.supply import Supply, boards, supply
from tools.energy.cells import Cell
from tools.energy.show import engineering

APART = "front end, decision and all else that the application computes"  # from an inference alone
NOT_INCLUDED = (
    "wait states of the flash",
    "interrupts and waking up",
    "sensors and radio",
    "regulator, lamps and all else on the board",
)


@dataclass(frozen=True)
class Estimate:
    """Of a processor that is awake `awake_s` for each inference, or each window, and asleep otherwise."""

    board: str
    supply: Supply
    unit: str  # "inference" or "window"
    awake_s: float
    every_s: float | None  # from one to the next; None: nobody said
    counted: str  # how awake_s is known

    @property
    def energy_j(self) -> float:
        return self.supply.energy_j(self.awake_s)

    @property
    def duty(self) -> float | None:
        return min(1.0, self.awake_s / self.every_s) if self.every_s else None

    @property
    def average_a(self) -> float | None:
        if self.duty is None or self.supply.sleep_a is None:
            return None
        return self.duty * self.supply.active_a + (1 - self.duty) * self.supply.sleep_a


def currents(board: str, *, low_power: bool) -> Supply:
    """Those documented for the board."""
    found = supply(board, low_power=low_power)
    if not found:
        raise UserError(
            f"{board}: no currents are documented; expected one of {', '.join(boards())}, or custom_active_ma and its "
            f"source in boards/{board}.ini"
        )
    return found


def of_model(board: str, model: str, every_s: float | None, *, low_power: bool) -> Estimate:
    """Of an application's compiled model, or of a `.tflite`."""
    known = currents(board, low_power=low_power)
    if board not in clocks():
        raise UserError(
            f"{board}: cycles are counted on a Cortex-M4, which it has not; expected --link to the board itself"
        )
    hertz, cycles = clock(board), _cycles(model)
    if every_s and cycles / hertz > every_s:
        raise UserError(f"expected --every above the {cycles / hertz:.3g} s that an inference takes, found {every_s:g}")
    counted = f"{cycles:,} cycles of {model} on an emulated Cortex-M4, at {hertz / 1e6:g} MHz"
    return Estimate(board, known, "inference", cycles / hertz, every_s, counted)


def _cycles(model: str) -> int:
    header = ROOT / "lib" / f"{model}_model" / f"{model}_model.h"
    if header.is_file():
        return _checked(model, header)
    path = Path(model)
    if path.suffix != ".tflite":
        apps = ", ".join(sorted(path.name.removesuffix("_model") for path in (ROOT / "lib").glob("*_model")))
        raise UserError(f"expected --model to be a .tflite file or one of {apps}, found {model!r}")
    with tempfile.TemporaryDirectory() as scratch:
        return _checked(model, compile_model(read_model(path), c_name(path), Path(scratch), title=path.name).header)


def _checked(model: str, header: Path) -> int:
    found = cost(header, ROOT / "lib")
    if not found.agrees:
        raise UserError(f"{model}: expected the output that the model's check gives, found another; compile it again")
    return found.cycles


def of_link(board: str, port: str, seconds: float, progress: Callable[[float], None], *, low_power: bool) -> Estimate:
    """Of the board at a link: the share of `seconds` in which it was awake."""
    known = currents(board, low_power=low_power)
    device = Device.open(port)
    try:
        scale, how = _clocks(board, device.info.board)
        before = device.statistics()
        start = time.monotonic()
        for _ in device.arrivals(seconds):
            progress(time.monotonic() - start)
        after = device.statistics()
    finally:
        device.close()
    windows, since_us = after.windows - before.windows, after.since_us - before.since_us
    if not after.since_us or since_us <= 0:
        raise UserError(f"{port}: expected firmware that tells how long it slept, found none; build and flash it again")
    if windows <= 0:
        raise UserError(
            f"{port}: expected windows within {seconds:g} s, found none; does its sensor run? Try longer --seconds"
        )
    awake_us = max(0, since_us - (after.slept_us - before.slept_us)) * scale
    share, span = f"awake {awake_us / since_us:.2%}", f"{since_us / 1e6:.1f} s and {windows} windows"
    counted = f"{share} of {span}, told by the board at {port}{how}"
    return Estimate(board, known, "window", awake_us / windows / 1e6, since_us / windows / 1e6, counted)


def _clocks(board: str, linked: str) -> tuple[float, str]:
    """What the linked board's time awake becomes on `board`."""
    if linked == board:
        return 1.0, ""
    if linked not in EMULATED or board not in clocks():
        raise UserError(f"expected {board} at the link, found {linked}; estimate what runs there")
    scale = int(section(linked)["custom_clock_hz"]) / clock(board)
    return scale, f": {linked}, an instruction a cycle, which is too few, at the clock of {board}"


def _left_out(made: Estimate) -> list[str]:
    return [*([APART] if made.unit == "inference" else []), *NOT_INCLUDED]


def rows(made: Estimate, cell: Cell | None) -> list[tuple[str, str]]:
    known, one = made.supply, made.unit
    sleep = "not documented for the sleep of this build" if known.sleep_a is None else engineering(known.sleep_a, "A")
    found = [
        ("ESTIMATE", "from documented currents: nothing was measured with a meter"),
        ("counted", made.counted),
        ("active current", f"{engineering(known.active_a, 'A')} at {known.supply_v:g} V"),
        ("sleep current", sleep),
        ("source", known.source),
        (f"awake per {one}", engineering(made.awake_s, "s")),
        (f"energy per {one}", engineering(made.energy_j, "J")),
    ]
    if made.every_s:
        found.append(("duty cycle", f"{made.duty:.2%}, {one} every {engineering(made.every_s, 's')}"))
    if made.average_a is not None:
        found.append(("average current", engineering(made.average_a, "A")))
        if cell:
            found.append((f"life on a {cell.name}", f"{cell.days(made.average_a):.1f} days ({cell.source})"))
    return [*found, ("not included", "; ".join(_left_out(made)))]


def as_json(made: Estimate, cell: Cell | None) -> dict:
    return {
        "estimate": True,
        "board": made.board,
        "counted": made.counted,
        "supply_v": made.supply.supply_v,
        "active_a": made.supply.active_a,
        "sleep_a": made.supply.sleep_a,
        "source": made.supply.source,
        "unit": made.unit,
        "awake_s": made.awake_s,
        "every_s": made.every_s,
        "energy_j": made.energy_j,
        "duty": made.duty,
        "average_a": made.average_a,
        "life_days": cell.days(made.average_a) if cell and made.average_a else None,
        "not_included": _left_out(made),
    }
