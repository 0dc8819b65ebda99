"""Reads a log back. The file is untrusted: anything that writing.py would not write is an error of one line."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.data.untrusted import MAX_TEXT, opened, read_bytes
from ml.errors import UserError
from tools.latency_log.log import COLUMNS, MOST, MOST_TEXT, VERSION, Header, Log, Rows
from tools.latency_log.writing import DERIVED, KEY, MAGIC

if TYPE_CHECKING:
    from pyarrow import Table

HEADER_LINES = 64
MOST_BYTES = MAX_TEXT  # some two million windows


def read(path: Path) -> Log:
    """UserError where it is no log, or a damaged one."""
    with opened(path, MOST_BYTES) as file:
        start = file.read(max(len(MAGIC), 4))
    if start.startswith(b"PAR1"):
        header, columns, notes = _parquet(path)
    elif start == MAGIC.encode():
        header, columns, notes = _csv(path)
    else:
        raise UserError(f"{path}: expected a log of tools/latency.py (CSV or Parquet), found something else")
    for name, values in columns.items():
        if len(values) and not (values.min() >= 0 and values.max() < MOST):
            raise _damaged(path, f"a number out of range in the column {name}")
    return Log(path.name, header, Rows.of(columns), notes)


def _damaged(path: Path, found: str) -> UserError:
    return UserError(f"{path}: expected a whole log, found {found}; log again")


def _header(path: Path, values: object) -> Header:
    fields = dict(Header.__annotations__)
    if not isinstance(values, dict) or values.get("version") != VERSION:
        found = values.get("version") if isinstance(values, dict) else "none"
        raise UserError(f"{path}: expected a log of version {VERSION}, found {found!r}; log again with this program")
    for name, kind in fields.items():
        if type(values.get(name)) is not kind:
            raise _damaged(path, f"no {name} in its header")
        if kind is str and (len(values[name]) > MOST_TEXT or not values[name].isprintable()):
            raise _damaged(path, f"a {name} that is no name")
    header = Header(**{name: values[name] for name in fields})
    if not 0 < header.cycles_hz < MOST or not 0 <= header.window_rate_mhz < MOST:
        raise _damaged(path, f"a clock of {header.cycles_hz} Hz and a rate of {header.window_rate_mhz} mHz")
    return header


def _parquet(path: Path) -> tuple[Header, dict[str, np.ndarray], tuple[str, ...]]:
    import pyarrow as pa  # noqa: PLC0415 - half a second that a CSV log does without
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(path, memory_map=False)
        metadata = (table.schema.metadata or {}).get(KEY)
        if metadata is None:
            raise UserError(f"{path}: expected a log of tools/latency.py, found another Parquet file")
        header = _header(path, json.loads(metadata))
        columns = {name: _integers(path, table, name) for name in COLUMNS}
    except (pa.ArrowException, OSError, ValueError, RecursionError) as error:
        raise _damaged(path, f"what Parquet calls: {' '.join(str(error).split())[:MOST_TEXT]}") from None
    return header, columns, ()


def _integers(path: Path, table: "Table", name: str) -> np.ndarray:
    from pyarrow import int64, types  # noqa: PLC0415

    if name not in table.column_names:
        raise _damaged(path, f"no column {name}")
    column = table.column(name)
    if not types.is_integer(column.type) or column.null_count:
        raise _damaged(path, f"other than integers in the column {name}")
    return column.cast(int64()).to_numpy()


def _csv(path: Path) -> tuple[Header, dict[str, np.ndarray], tuple[str, ...]]:
    text = read_bytes(path, MOST_BYTES).decode("utf-8", "replace")
    whole, _, rest = text.rpartition("\n")
    notes = ("its last line was not finished and is left out: the program that wrote it was killed",) if rest else ()
    lines = whole.split("\n")
    head = [line for line in lines[:HEADER_LINES] if line.startswith("# ")]
    header = _header(path, _pairs(path, head[1:]))
    body = lines[len(head) :]
    if not body or body[0] != ",".join((*COLUMNS, *DERIVED)):
        raise _damaged(path, "other columns")
    rows = [_row(path, number, line) for number, line in enumerate(body[1:], len(head) + 2)]
    table = np.array(rows, np.int64).reshape(-1, len(COLUMNS))
    return header, dict(zip(COLUMNS, table.T, strict=True)), notes


def _pairs(path: Path, lines: list[str]) -> dict:
    pairs = (line.removeprefix("# ").partition(": ") for line in lines)
    try:
        return {key: json.loads(value) for key, _, value in pairs}
    except (ValueError, RecursionError):
        raise _damaged(path, "a header that is none") from None


def _row(path: Path, number: int, line: str) -> list[int]:
    fields = line.split(",")
    values = fields[: len(COLUMNS)]
    plain = all(value.isascii() and value.isdigit() and len(value) < len(str(MOST)) for value in values)
    if len(fields) != len(COLUMNS) + len(DERIVED) or not plain:
        raise _damaged(path, f"line {number} that is no row: {line[:60]!r}")
    return [int(value) for value in values]
