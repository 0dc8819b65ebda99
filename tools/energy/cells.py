"""Batteries: how long one lasts at an average current."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ml.errors import UserError

HOURS_PER_DAY = 24


@dataclass(frozen=True)
class Cell:
    """Nominal capacity of a fresh cell at room temperature, and where the figure is from."""

    name: str
    capacity_ah: float
    voltage_v: float
    source: str
    cut_off_v: float | None = None  # to which the capacity counts; None: unknown
    pulse_a: float | None = None  # above which it sags before it is empty; None: unknown

    def days(self, average_a: float) -> float:
        """Without self-discharge, ageing, cold and the last volts that the device cannot use: an upper end."""
        return self.capacity_ah / average_a / HOURS_PER_DAY

    def caveats(self, largest_a: float) -> str:
        """What shortens it."""
        down = f"down to {self.cut_off_v:g} V" if self.cut_off_v else "down to an unknown voltage"
        texts = [f"at room temperature and {down}: cold, ageing and a board that stops sooner shorten it"]
        if self.pulse_a and largest_a > self.pulse_a:
            texts.append(f"peaks above {self.pulse_a * 1000:g} mA pull its voltage down well before it is empty")
        return "; ".join(texts)


CELLS = {
    cell.name: cell
    for cell in (
        Cell("CR2032", 0.235, 3.0, "Energizer CR2032 data sheet: 235 mAh to 2.0 V at 15 kOhm, 21 C", 2.0, 6.8e-3),
        Cell("CR2477", 1.0, 3.0, "Panasonic CR2477 data sheet: 1000 mAh nominal", 2.0),
        Cell("2xAA", 3.0, 3.0, "Energizer E91 data sheet, chart: about 3000 mAh at 25 mA, 21 C", 1.6),
    )
}
_OWN = re.compile(r"(\d+(?:\.\d+)?)mAh@(\d+(?:\.\d+)?)V")


def find(name: str) -> Cell:
    """A cell by its name, or any as `400mAh@3.7V`."""
    if name in CELLS:
        return CELLS[name]
    match = _OWN.fullmatch(name)
    if not match or not float(match[1]) or not float(match[2]):
        raise UserError(f"expected a cell ({', '.join(CELLS)}) or one such as 400mAh@3.7V, found {name!r}")
    return Cell(name, float(match[1]) / 1000, float(match[2]), "as given")
