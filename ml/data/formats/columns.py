"""Header lines: the names and units of columns, and which of them is the board's time."""

import re
from dataclasses import dataclass

from ml.data.formats.lines import MAX_COLUMNS, number

TIME_US = {"s": 1e6, "ms": 1e3, "us": 1.0, "µs": 1.0, "ns": 1e-3}
_NAME = re.compile(r"[A-Za-z_µ][\w .µ/^-]{0,40}")
_UNIT = re.compile(r"(.*?)\s*[\[(]([^\])]{1,12})[\])]")
_TIME = re.compile(r"(?:time|timestamp|t|time_?stamp)", re.IGNORECASE)
_BARE = {"millis": "ms", "micros": "us", "seconds": "s"}


@dataclass(frozen=True)
class Columns:
    """What the values of a line are."""

    count: int  # values a line
    kept: tuple[int, ...]  # those that are samples
    names: tuple[str, ...]  # of the kept ones
    units: tuple[str, ...]
    time: int | None = None  # the column with the board's time
    time_us: float = 1.0  # microseconds in one of its units
    note: str = ""  # what was left out, and why


def plain(count: int) -> Columns:
    """Columns without a header."""
    return Columns(count, tuple(range(count)), tuple(f"ch{i}" for i in range(count)), ("",) * count)


def read_header(text: str) -> Columns | None:
    """The columns of a header line; None for any other line."""
    apart = next((mark for mark in (";", ",", "\t") if mark in text), None)
    fields = [field.strip().strip('"') for field in (text.split(apart) if apart else text.split())]
    if len(fields) > 1 and not fields[-1]:
        fields = fields[:-1]
    if not 0 < len(fields) <= MAX_COLUMNS or any(number(field) is not None for field in fields):
        return None
    split = [_name_and_unit(field) for field in fields]
    if any(not _NAME.fullmatch(name) for name, _ in split) or len(set(split)) != len(split):
        return None
    return _columns(split)


def _name_and_unit(field: str) -> tuple[str, str]:
    found = _UNIT.fullmatch(field)
    return (found[1].strip(), found[2].strip()) if found else (field, "")


def _columns(split: list[tuple[str, str]]) -> Columns:
    times = [index for index, (name, unit) in enumerate(split) if _time_unit(name, unit) is not None]
    unit = _time_unit(*split[times[0]]) if times else None
    kept = tuple(index for index in range(len(split)) if index not in times)
    names, units = (tuple(split[index][part] for index in kept) for part in (0, 1))
    if times and unit == "":
        note = f"{split[times[0]][0]}: a time without a unit; name it timestamp_us or timestamp_ms"
        return Columns(len(split), kept, names, units, note=note)
    return Columns(len(split), kept, names, units, times[0] if times else None, TIME_US.get(unit or "", 1.0))


def _time_unit(name: str, unit: str) -> str | None:
    """The unit of a column that is a time, "" where nothing says which; None for any other column."""
    if name.lower() in _BARE:
        return _BARE[name.lower()]
    stem, _, suffix = name.rpartition("_")
    if _TIME.fullmatch(stem) and suffix in TIME_US:
        return suffix
    if not _TIME.fullmatch(name):
        return None
    return unit if unit in TIME_US else ""
