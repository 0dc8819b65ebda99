"""What a user allows, which variant keeps it, and what the nearest one lacks."""

import re
from dataclasses import dataclass

from ml.errors import UserError
from ml.evaluate.intervals import short

UNITS = {"": 1, "k": 1024, "m": 1024**2}


@dataclass(frozen=True)
class Budget:
    """Limits; None: any."""

    board: str  # whose milliseconds count
    ms: float | None = None
    flash: int | None = None  # bytes of constants
    ram: int | None = None  # bytes of arena and state
    accuracy: float | None = None  # share of right answers, at least
    uj: float | None = None  # of an inference, by the board's data sheet

    def excess(self, row: dict) -> dict[str, float]:
        """What is kept by how much too little, as a share of the limit; empty where everything is kept."""
        over = {"ms": (row["boards"][self.board]["ms"], self.ms), "flash": (row["flash"], self.flash)}
        over |= {"ram": (row["ram"], self.ram), "uj": (row["boards"][self.board]["uj"] or 0.0, self.uj)}
        made = {name: found / limit - 1 for name, (found, limit) in over.items() if limit and found > limit}
        if self.accuracy and row["accuracy"] < self.accuracy:
            made["accuracy"] = self.accuracy / max(row["accuracy"], 1e-9) - 1
        return made

    @property
    def is_set(self) -> bool:
        return any(one is not None for one in (self.ms, self.flash, self.ram, self.accuracy, self.uj))


def size(text: str | None, option: str) -> int | None:
    """Bytes: 16384, 16k or 1M."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,9})([kKmM]?)(?:i?[bB])?", text.strip())
    if not found or not int(found[1]):
        raise UserError(f"{option}: expected bytes as 65536, 64k or 1M, found {text!r}")
    return int(found[1]) * UNITS[found[2].lower()]


def best(rows: list[dict], budget: Budget) -> dict:
    """The most accurate variant that keeps the budget, the cheapest of equals; UserError that names the nearest one and
    what it lacks."""
    had = [row for row in rows if "boards" in row]
    kept = [row for row in had if not budget.excess(row)]
    if kept:
        return max(kept, key=lambda row: (row["accuracy"], -row["cycles"], -row["flash"]))
    nearest = min(had, key=lambda row: sum(budget.excess(row).values()))
    what = f"the nearest, {nearest['name']}, has {lacks(nearest, budget)}"
    raise UserError(f"expected a variant within the budget, found none; {what}")


def lacks(row: dict, budget: Budget) -> str:
    """What a row has too much or too little of, in words; "" where it keeps the budget."""
    return ", ".join(_lack(name, row, budget) for name in budget.excess(row))


def _lack(name: str, row: dict, budget: Budget) -> str:
    if name == "ms":
        return f"{short(row['boards'][budget.board]['ms'])} ms on {budget.board}, {short(budget.ms or 0)} allowed"
    if name == "uj":
        return f"{short(row['boards'][budget.board]['uj'])} uJ on {budget.board}, {short(budget.uj or 0)} allowed"
    if name == "accuracy":
        return f"accuracy {row['accuracy']:.3f}, {budget.accuracy:.3f} asked"
    return f"{row[name]:,} B of {'RAM' if name == 'ram' else name}, {getattr(budget, name):,} allowed"
