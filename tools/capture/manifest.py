"""manifest.csv of the folder that is recorded into: written whole, so that it is always the old or the new one.

One program records into a folder at a time: `Manifest` holds a lock for as long as it is open.
"""

import csv
import errno
import io
from pathlib import Path

from ml.errors import UserError
from ml.files import replace_file
from tools.capture import files
from tools.capture.lock import Lock

COLUMNS = (
    *("file", "label", "subject", "session", "sample_rate_hz", "sensor", "take", "piece", "status", "samples"),
    *("start_us", "measured_rate_hz", "drift_ppm", "lost_before", "lost_after", "damaged", "repeated", "dropped"),
    *("app", "board", "firmware", "scale", "format", "recorded", "note", "source", "licence"),
)
RESERVE_BYTES = 1 << 17  # given up when the disk is full, so that the manifest can still say so
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
DIED = "the program died"


class Manifest:
    """Open it once; `rows` is what the file holds."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / "manifest.csv"
        root.mkdir(parents=True, exist_ok=True)
        self._lock = Lock(root / ".collect.lock")
        self._columns, self.rows = self._read()
        self._reserve = root / ".reserve"

    def close(self) -> None:
        self._reserve.unlink(missing_ok=True)
        self._lock.release()

    def reserve(self) -> None:
        """Room on the disk for a manifest half as long again as this one, before a take begins."""
        wanted = max(RESERVE_BYTES, 2 * len(self._text()))
        if not self._reserve.exists() or self._reserve.stat().st_size < wanted:
            self._reserve.write_bytes(bytes(wanted))

    def put(self, rows: list[dict[str, object]]) -> None:
        """Adds rows, in place of those with the same file."""
        new = {str(row["file"]): {name: _cell(value) for name, value in row.items()} for row in rows}
        kept = [new.pop(row["file"], row) for row in self.rows]
        self._write([*kept, *new.values()])

    def remove(self, names: set[str]) -> None:
        self._write([row for row in self.rows if row["file"] not in names])

    def of_take(self, subject: str, session: str, take: int) -> list[dict[str, str]]:
        """The rows of all its files."""
        key = (subject, session, str(take))
        return [row for row in self.rows if (row["subject"], row.get("session"), row.get("take")) == key]

    def next_take(self, subject: str, session: str) -> int:
        """One more than the highest that a row or a file has."""
        taken = [row.get("take", "") for row in self.rows if (row["subject"], row.get("session")) == (subject, session)]
        folder = self.root / subject / session
        taken += [path.name.partition("_")[0] for path in folder.iterdir()] if folder.is_dir() else []
        return 1 + max((int(number) for number in taken if number.isascii() and number.isdecimal()), default=0)

    def recover(self) -> list[str]:
        """Closes what a program that died has left open; the files that it was writing."""
        left = [row for row in self.rows if row.get("status") == "open"]
        closed, gone = [], set()
        for row in left:
            path = self.root / row["file"]
            if path.is_file() and (samples := files.repaired(path)):
                closed.append(row | {"status": "cut", "samples": samples, "note": DIED})
            else:
                gone.add(row["file"])
        if left:
            self._write([row for row in self.rows if row["file"] not in gone])
            self.put(closed)
        return [row["file"] for row in left]

    def _write(self, rows: list[dict[str, str]]) -> None:
        before, self.rows = self.rows, rows
        try:
            self._replace()
        except BaseException:
            self.rows = before
            raise

    def _replace(self) -> None:
        try:
            replace_file(self.path, self._text())
        except OSError as error:
            if error.errno not in FULL or not self._reserve.exists():
                raise
            self._reserve.unlink()
            replace_file(self.path, self._text())

    def _text(self) -> bytes:
        text = io.StringIO()
        writer = csv.DictWriter(text, self._columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return text.getvalue().encode()

    def _read(self) -> tuple[list[str], list[dict[str, str]]]:
        if not self.path.exists():
            return list(COLUMNS), []
        try:
            with self.path.open(newline="", encoding="utf-8") as file:
                reader = csv.DictReader(file, restval="", restkey="")
                rows = [{name: value for name, value in row.items() if name} for row in reader]
                names = [name for name in reader.fieldnames or () if name]
        except (csv.Error, UnicodeDecodeError) as error:
            raise UserError(
                f"{self.path}: expected a CSV file, cannot read it ({error}); mend it or record elsewhere"
            ) from None
        if not {"file", "label", "subject"} <= set(names):
            raise UserError(f"{self.path}: expected columns file,label,subject, found others; record elsewhere")
        return [*names, *(name for name in COLUMNS if name not in names)], rows


def _cell(value: object) -> str:
    return "" if value is None else str(value)
