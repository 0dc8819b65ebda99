"""Tables of numbers under a header line: ST's Unico and MLC tools, sketches that print to the serial port, plain CSV.

ST's headers mix tabs and spaces and may end in a tab; so may the rows. Arduino sketches print one movement after
another, with an empty line between them or none.
"""

from pathlib import Path

import numpy as np

from ml.data.formats.columns import Columns, plain, read_header
from ml.data.formats.lines import number
from ml.data.imports.foreign import Asked, Foreign, Notes, read_text
from ml.errors import UserError

SKETCH_ROWS = 119  # of one movement in the sketch from which most of these files come, at 119 Hz
OFF = 0.05  # of the rate that was asked for
SUFFIXES = (".csv", ".txt", ".tsv")


def read_table(path: Path, asked: Asked, notes: Notes) -> list[Foreign]:
    """The recordings in a table: one, or one for each block of rows."""
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
        made.append(_recording(path, columns, np.array(block), asked, notes))
    return made


def _blocks(path: Path, notes: Notes) -> tuple[Columns, list[list[list[float]]]]:
    """The columns, and the rows between empty lines."""
    columns: Columns | None = None
    blocks: list[list[list[float]]] = [[]]
    for count, line in enumerate(read_text(path).split("\n"), 1):
        text = line.strip(" \r")
        if not text.strip() or text.startswith(("#", "%")):
            blocks += [[]] if blocks[-1] and not text.strip() else []
            continue
        values = _numbers(text)
        if values is None and (header := read_header(text)) and (columns is None or header == columns):
            columns = header
            continue
        columns = columns or (plain(len(values)) if values else None)
        if values is None or columns is None or len(values) != columns.count:
            notes.add(
                "row", f"{path.name}: line {count} is no row of {columns.count if columns else 'a'} numbers; left out"
            )
            continue
        blocks[-1].append(values)
    blocks = [block for block in blocks if block]
    if columns is None or not blocks:
        raise UserError(f"{path}: expected a header line and rows of numbers, found none")
    return columns, blocks


def _numbers(text: str) -> list[float] | None:
    mark = next((mark for mark in (";", ",", "\t") if mark in text), None)
    fields = [field.strip() for field in text.split(mark)] if mark else text.split()
    fields = fields[:-1] if len(fields) > 1 and not fields[-1] else fields
    values = [number(field) for field in fields]
    return None if None in values else values


def _cut(path: Path, columns: Columns, rows: list, asked: Asked, notes: Notes) -> list:
    """Rows that are several recordings without a mark between them."""
    block = asked.block
    whole_blocks = len(rows) > SKETCH_ROWS and len(rows) % SKETCH_ROWS == 0 and columns.time is None
    if block is None and whole_blocks:
        block = SKETCH_ROWS
        notes.add("blocks", f"{path.name}: {len(rows)} rows are {len(rows) // block} times {block}, as the sketch for "
                  "gestures prints them: taken as so many recordings; say --block 0 if it is one")  # fmt: skip
    if not block:
        return [rows]
    return [rows[at : at + block] for at in range(0, len(rows), block)]


def _recording(path: Path, columns: Columns, values: np.ndarray, asked: Asked, notes: Notes) -> Foreign:
    time = values[:, columns.time] * columns.time_us if columns.time is not None else None
    rate = _rate(time) if time is not None else None
    if rate is None:
        time, rate = None, asked.rate_hz
    elif asked.rate_hz and abs(rate / asked.rate_hz - 1) > OFF:
        notes.add("rate", f"{path.name}: its time stamps say {rate:g} Hz, not {asked.rate_hz:g} Hz: taken at theirs")
    kept = values[:, columns.kept]
    return Foreign(str(path), path.stem, "", rate, columns.names, columns.units, kept, time, {"original": path.name})


def _rate(time_us: np.ndarray) -> float | None:
    """From the first to the last sample: phones' time stamps come in bursts."""
    span = float(time_us[-1] - time_us[0])
    return round((len(time_us) - 1) * 1e6 / span, 3) if len(time_us) > 1 and span > 0 else None
