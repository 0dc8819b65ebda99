"""Batteries: how long one lasts at an average current."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ml.errors import UserError

HOURS_PER_DAY = 24


@dataclass(frozen=True)
class Cell:
    """Nominal capacity of a fresh cell, and where the figure is from."""

    name: str
    capacity_ah: float
    voltage_v: float
    source: str

    def days(self, average_a: float) -> float:
        """Without self-discharge, ageing and the last volts that the device cannot use: an upper end."""
        return self.capacity_ah / average_a / HOURS_PER_DAY


CELLS = {
    cell.name: cell
    for cell in (
        Cell("CR2032", 0.235, 3.0, "Energizer CR2032 data sheet: 235 mAh to 2.0 V at 15 kOhm, 21 C"),
        Cell("CR2477", 1.0, 3.0, "Panasonic CR2477 data sheet: 1000 mAh nominal"),
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
