"""`split.csv` beside a manifest: which part each subject belongs to, for good.

A subject's part is drawn from its name alone, so it does not depend on who else is there; once written, it stays.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ml.data.names import composed, is_name
from ml.data.rows import Row
from ml.data.tables import Table
from ml.errors import UserError
from ml.files import replace_file

FILE = "split.csv"
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Shares:
    """How many of all subjects, on average."""

    test: float = 0.2
    validation: float = 0.15

    def __post_init__(self) -> None:
        if not (0 < self.test < 1 and 0 <= self.validation < 1 and self.test + self.validation < 1):
            raise UserError(
                f"expected shares above 0 that leave some to train, found {self.test} and {self.validation}"
            )


def part_of(subject: str, shares: Shares, salt: str = "") -> str:
    """The part that a name draws: SHA-256 of salt and name as a number from 0 to 1."""
    drawn = int.from_bytes(hashlib.sha256(f"{salt}\0{subject}".encode()).digest()[:8]) / 2**64
    if drawn < shares.test:
        return "test"
    return "validation" if drawn < shares.test + shares.validation else "train"


def assign(subjects: set[str], before: dict[str, str], shares: Shares, salt: str = "") -> dict[str, str]:
    """A part for every subject; those who had one keep it, also when none of their recordings is left.

    The first two subjects of a data set are a special case: one of them trains and one tests, whatever they draw.
    """
    drawn = {subject: part_of(subject, shares, salt) for subject in sorted(subjects - set(before))}
    made = before | drawn
    for needed in ("test", "train"):
        if needed not in made.values() and len(made) > 1:
            movable = sorted(drawn, key=lambda subject: hashlib.sha256(f"{needed}\0{subject}".encode()).digest())
            often = list(made.values())
            candidates = [one for one in movable if made[one] == "validation" or often.count(made[one]) > 1]
            if not candidates:
                raise UserError(
                    f"expected subjects for {needed}, found all of them fixed in {FILE}; record another person"
                )
            made[candidates[0]] = needed
    return made


def write_split(folder: Path, parts: dict[str, str]) -> Path:
    """Writes split.csv, sorted by subject."""
    rows = pd.DataFrame(sorted(parts.items()), columns=["subject", "part"])
    replace_file(folder / FILE, rows.to_csv(index=False).encode())
    return folder / FILE


def read_split(folder: Path) -> dict[str, str]:
    """Subject -> part; empty where there is no split.csv."""
    path = folder / FILE
    if not path.is_file():
        return {}
    table = Table(path)
    if not {"subject", "part"} <= set(table.names):
        raise UserError(f"{path}: expected columns subject,part, found none; `python -m ml data split` writes it")
    at = [table.names.index(name) for name in ("subject", "part")]
    parts: dict[str, str] = {}
    for _, fields in table.rows():
        subject, part = composed(fields[at[0]]), fields[at[1]]
        if part not in PARTS or not is_name(subject):
            raise UserError(
                f"{path}: expected {', '.join(PARTS)} for each subject, found {subject[:40]!r}: {part[:40]!r}"
            )
        if subject in parts:
            raise UserError(f"{path}: expected each subject once, found {subject!r} again; take a row out")
        parts[subject] = part
    return parts


def with_parts(rows: list[Row], folder: Path) -> list[Row]:
    """The rows with the parts of split.csv, where there is one; it counts for more than the manifest's own."""
    parts = read_split(folder)
    if not parts:
        return rows
    strangers = sorted({row.subject for row in rows} - set(parts))
    if strangers:
        raise UserError(
            f"{folder / FILE}: expected a part for each subject, found none for {', '.join(strangers)[:80]}; run "
            f"`python -m ml data split {folder}` again: nobody changes sides"
        )
    return [replace(row, part=parts[row.subject]) for row in rows]
