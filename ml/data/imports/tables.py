"""Tables of numbers under a header line or without one: ST's Unico and MLC tools, sketches that print to the serial
port, plain CSV with commas or, with decimal commas, semicolons or tabs.

ST's headers mix tabs and spaces and may end in a tab; so may the rows. Arduino sketches print one movement after
another, with an empty line between them or none. Where there are time stamps, a recording ends where time goes back and
where it stands open for long.
"""

from dataclasses import dataclass, field
from itertools import chain, islice, pairwise
from pathlib import Path

import numpy as np

from ml.data.formats.clock import Clock, read_clock, unwrapped
from ml.data.formats.columns import TIME_US, Columns, plain, read_header
from ml.data.formats.lines import mostly_numbers
from ml.data.imports.foreign import Asked, Foreign, Notes
from ml.data.tables import BLOCK, check_names, loose_number, mark_of, split
from ml.data.untrusted import encoding_of, lines
from ml.errors import UserError

SKETCH_ROWS = 119  # of one movement in the sketch from which most of these files come, at 119 Hz
OFF = 0.05  # of the rate that was asked for
BRIDGED_S = 0.25  # a gap up to that stays in a recording and is told; behind a longer one another begins
SAMPLE = 64  # lines that are looked at to find what stands between the numbers
NO_NUMBER = {"nan", "inf", "infinity", "null", "none", "na", "n/a"}  # where a number should be; never a column's name
SUFFIXES = (".csv", ".txt", ".tsv")


@dataclass
class Block:
    """Rows of one recording, so far."""

    missing: int = 0  # lines between its rows that should have been rows
    _rows: list[list[float]] = field(default_factory=list)
    _arrays: list[np.ndarray] = field(default_factory=list)

    def add(self, values: list[float]) -> None:
        self._rows.append(values)
        if len(self._rows) == BLOCK:
            self._pack()

    def _pack(self) -> None:
        if self._rows:
            self._arrays.append(np.array(self._rows))
            self._rows = []

    @property
    def values(self) -> np.ndarray:
        """float64 (n, columns)."""
        self._pack()
        self._arrays = [np.concatenate(self._arrays)]
        return self._arrays[0]

    def __len__(self) -> int:
        return sum(map(len, self._arrays)) + len(self._rows)


def read_table(path: Path, asked: Asked, notes: Notes, time_us: float | None = None) -> list[Foreign]:
    """The recordings in a table: one, or one for each block of rows and each stretch of time. `time_us` is the unit of
    its time stamps, in microseconds, where the header does not say it."""
    columns, blocks = _blocks(path, notes)
    if len(blocks) == 1:
        blocks = _cut(path, columns, blocks[0], asked, notes)
    usual = max({len(block) for block in blocks}, key=[len(block) for block in blocks].count)
    made = []
    for index, block in enumerate(blocks):
        if len(blocks) > 2 and len(block) < usual:
            notes.add(
                "short", f"{path.name}: block {index + 1} has {len(block)} rows instead of {usual}; it is left out"
            )
            continue
        made += _recordings(path, columns, block, asked, notes, time_us)
    return made


def _blocks(path: Path, notes: Notes) -> tuple[Columns, list[Block]]:
    """The columns, and the rows between empty lines."""
    text = lines(path, encoding_of(path))
    sample = list(islice(text, SAMPLE))
    mark = mark_of([line.strip(" \n") for line in sample])
    columns: Columns | None = None
    blocks = [Block()]
    for count, raw in enumerate(chain(sample, text), 1):
        line = raw.strip(" \n")
        if not line.strip() or line.startswith(("#", "%")):
            blocks += [Block()] if len(blocks[-1]) and not line.strip() else []
            continue
        fields = split(line, mark)
        found = [loose_number(field, mark) for field in fields]
        values = [one for one in found if one is not None]
        whole = len(values) == len(found)
        if not whole and (header := _header(path, fields)) and (columns is None or header == columns):
            columns = header
            continue
        columns = columns or (plain(len(values)) if whole else None)
        if columns is not None and whole and len(values) == columns.count:
            blocks[-1].add(values)
            continue
        if columns is not None and len(blocks[-1]):
            blocks[-1].missing += len(fields) == columns.count or mostly_numbers(line)
        wanted = columns.count if columns else "a"
        notes.add("row", f"{path.name}: line {count} is no row of {wanted} numbers: {line[:40]!r}; left out")
    blocks = [block for block in blocks if len(block)]
    if columns is None or not blocks:
        raise UserError(f"{path}: expected a header line and rows of numbers, found none")
    return columns, blocks


def _header(path: Path, fields: list[str]) -> Columns | None:
    """The columns, where the fields name them. UserError where two have one name: nobody knows which is meant."""
    if NO_NUMBER & {field.casefold().lstrip("+-") for field in fields}:
        return None
    if header := read_header("\t".join(fields)):
        return header
    once = {field.casefold(): field for field in fields}
    if len(once) < len(fields) and read_header("\t".join(once.values())):
        check_names(path, tuple(fields))
    return None


def _cut(path: Path, columns: Columns, whole: Block, asked: Asked, notes: Notes) -> list[Block]:
    """Rows that are several recordings without a mark between them."""
    count, block = len(whole), asked.block
    whole_blocks = count > SKETCH_ROWS and count % SKETCH_ROWS == 0 and columns.time is None
    if block is None and whole_blocks:
        block = SKETCH_ROWS
        notes.add("blocks", f"{path.name}: {count} rows are {count // block} times {block}, as the sketch for "
                  "gestures prints them: taken as so many recordings; say --block 0 if it is one")  # fmt: skip
    if not block:
        return [whole]
    values = whole.values
    return [Block(_arrays=[values[at : at + block]]) for at in range(0, count, block)]


def _recordings(
    path: Path, columns: Columns, block: Block, asked: Asked, notes: Notes, time_us: float | None
) -> list[Foreign]:
    values, more = block.values, {"original": path.name}
    kept, time = values[:, columns.kept], _time(path, columns, values, asked, notes, time_us)
    clock = read_clock(time) if time is not None else None
    if time is None or clock is None or clock.rate_hz is None:
        more |= {"missing_samples": str(block.missing)} if block.missing else {}
        return [Foreign(str(path), path.stem, "", asked.rate_hz, columns.names, columns.units, kept, None, more)]
    rate = round(clock.rate_hz, 3)
    if asked.rate_hz and abs(rate / asked.rate_hz - 1) > OFF:
        notes.add("rate", f"{path.name}: its time stamps say {rate:g} Hz, not {asked.rate_hz:g} Hz: taken at theirs")
    if clock.repeated:
        kept, time = _once(path, kept, time, notes)
        clock = read_clock(time)
    whole = Foreign(str(path), path.stem, "", rate, columns.names, columns.units, kept, unwrapped(time), more)
    return _pieces(whole, clock, notes)


def _time(
    path: Path, columns: Columns, values: np.ndarray, asked: Asked, notes: Notes, time_us: float | None
) -> np.ndarray | None:
    """Microseconds (n,); of stamps without a unit by the rate that was asked for."""
    if columns.time is not None:
        return values[:, columns.time] * columns.time_us
    others = sorted(set(range(columns.count)) - set(columns.kept))
    if not others:
        return None
    stamps = values[:, others[0]]
    if time_us is not None:
        return stamps * time_us
    for unit, factor in TIME_US.items():
        rate = read_clock(stamps * factor).rate_hz if asked.rate_hz else None
        if rate and asked.rate_hz and abs(rate / asked.rate_hz - 1) <= OFF:
            notes.add("time", f"{path.name}: its time stamps have no unit: taken for {unit}, which agrees with --rate")
            return stamps * factor
    notes.add("time", f"{path.name}: left out {columns.note}, or say --rate")
    return None


def _once(path: Path, kept: np.ndarray, time: np.ndarray, notes: Notes) -> tuple[np.ndarray, np.ndarray]:
    """Without samples that came twice, under the same stamp."""
    again = np.concatenate([[False], (np.diff(time) == 0) & (np.diff(kept, axis=0) == 0).all(axis=1)])
    if again.any():
        notes.add("repeated", f"{path.name}: {int(again.sum())} samples came twice, by their time stamps: taken once")
    return kept[~again], time[~again]


def _pieces(whole: Foreign, clock: Clock, notes: Notes) -> list[Foreign]:
    """The recording, or one for each stretch of time."""
    most = BRIDGED_S * (clock.rate_hz or 0.0)  # without a rate there are no gaps
    long = [at for at, missing in clock.gaps if missing > most]
    edges = sorted({0, *clock.restarts, *long, len(whole.values)})
    name = Path(whole.origin).name
    if len(edges) > 2:
        said = [f"{len(clock.restarts)} times"] if clock.restarts else []
        said += [f"stands open {len(long)} times"] if long else []
        goes = " and ".join(["goes back " + said[0], *said[1:]]) if clock.restarts else said[0]
        notes.add("pieces", f"{name}: time {goes}: {len(edges) - 1} recordings are made of it")
    made = []
    for number, (start, end) in enumerate(pairwise(edges), 1):
        if end - start < 2:
            notes.add("short", f"{name}: a stretch of {end - start} sample at row {start + 1} is left out")
            continue
        gaps = sum(missing for at, missing in clock.gaps if start < at < end)
        more = {"piece": str(number)} if len(edges) > 2 else {}
        if gaps:
            more["missing_samples"] = str(gaps)
            notes.add("missing samples", f"{name}: {gaps} samples are missing by its time stamps")
        made.append(whole.part(slice(start, end), more))
    return made
