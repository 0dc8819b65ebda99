"""Log files that grow and are whole at any moment, however the program ends."""

import io
import json
import time
from pathlib import Path
from typing import Protocol

from ml.capture.files import Growing
from ml.errors import UserError
from ml.files import replace_file
from tools.latency_log.log import COLUMNS, STAGES, TIMED, Header, Rows

MAGIC = "# thimble latency log"
KEY = b"thimble latency log"  # of a Parquet file's metadata
DERIVED = tuple(f"{stage}_us" for stage in STAGES)  # in the files for their readers' sake
SHARE = 20  # a rewrite may take one part in so many of the time
LEAST_S = 2.0  # between two


class Writer(Protocol):
    def add(self, rows: Rows) -> None:
        """`rows` has grown, or has not."""

    def close(self) -> None: ...


class CsvWriter(Growing):
    """Lines of `# key: JSON`, then columns; a row is in the file as soon as it is known."""

    def __init__(self, path: Path, header: Header) -> None:
        lines = [MAGIC, *(f"# {key}: {json.dumps(value)}" for key, value in header.as_dict().items())]
        super().__init__(path, "\n".join([*lines, ",".join((*COLUMNS, *DERIVED)), ""]).encode())
        self._scale = 1e6 / header.cycles_hz
        self._written = 0

    def add(self, rows: Rows) -> None:
        new = rows.since(self._written)
        self._add("".join(map(self._line, new)).encode())
        self._written += len(new)

    def _line(self, row: tuple[int, ...]) -> str:
        timed = row[COLUMNS.index(TIMED[0]) :][: len(TIMED)]
        return ",".join([*map(str, row), *(f"{cycles * self._scale:.3f}" for cycles in timed)]) + "\n"


class ParquetWriter:
    """A Parquet file is readable only when its end is written. So it is written whole, beside itself, and takes its own
    place: every two seconds, or less often where that would take more than a twentieth of the time."""

    def __init__(self, path: Path, header: Header) -> None:
        self.path, self._header = path, header
        self._last, self._written, self._due = Rows(), -1, 0.0

    def add(self, rows: Rows) -> None:
        self._last = rows
        if len(rows) == self._written or time.monotonic() < self._due:
            return
        started = time.monotonic()
        replace_file(self.path, parquet(rows, self._header))
        self._written = len(rows)
        self._due = time.monotonic() + max(LEAST_S, SHARE * (time.monotonic() - started))

    def close(self) -> None:
        self._due = 0.0
        self.add(self._last)


def parquet(rows: Rows, header: Header) -> bytes:
    """The same rows give the same bytes."""
    import pyarrow as pa  # noqa: PLC0415 - half a second that a CSV log does without
    import pyarrow.parquet as pq  # noqa: PLC0415

    columns = {name: rows[name] for name in COLUMNS}
    derived = {name: rows[cycles] * (1e6 / header.cycles_hz) for name, cycles in zip(DERIVED, TIMED, strict=True)}
    table = pa.table(columns | derived).replace_schema_metadata({KEY: json.dumps(header.as_dict())})
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


KINDS = {".csv": CsvWriter, ".parquet": ParquetWriter}


def checked(path: Path, overwrite: bool) -> Path:
    """UserError unless a log can be begun there."""
    if path.suffix.lower() not in KINDS:
        raise UserError(
            f"{path}: expected a name that ends in {' or '.join(KINDS)}, found {path.suffix or 'no ending'}"
        )
    if path.exists() and not (overwrite and path.is_file()):
        raise UserError(f"{path}: expected a new file, found that there is one; name another, or give --overwrite")
    return path


def create(path: Path, header: Header) -> Writer:
    """In place of what is there."""
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    return KINDS[path.suffix.lower()](path, header)
