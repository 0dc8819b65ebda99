"""manifest.csv of the capture folder. It is written as a whole, so that it is always the old or the new one.

One program records into a folder at a time: `Manifest` holds a lock for as long as it is open. What an editor changes
meanwhile in rows and columns stays.
"""

import csv
import errno
import io
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from ml.capture import files
from ml.capture.lock import Lock
from ml.errors import UserError
from ml.files import inside, replace_file

COLUMNS = (
    *("file", "label", "subject", "session", "sample_rate_hz", "sensor", "take", "piece", "status", "samples"),
    *("start_us", "measured_rate_hz", "drift_ppm", "lost_before", "lost_after", "damaged", "repeated", "dropped"),
    *("app", "board", "firmware", "scale", "format", "recorded", "note", "source", "licence"),
)
SAID = ("label", "source", "licence")  # by a person: an editor's word counts for more than what was said before
RESERVE_BYTES = 1 << 17  # given up when the disk is full, so that the manifest can still say so
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
MOST_BYTES = 1 << 26  # of a manifest: 200,000 files
DIED = "the program died"
STRANGE = "the program died; the file is not as it writes them and was left as it is"

Row = dict[str, str]


class Manifest:
    """Open it once; `rows` is what the file holds."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / "manifest.csv"
        self.edits = 0  # times that another program changed the file, and its changes were taken over
        root.mkdir(parents=True, exist_ok=True)
        self._lock = Lock(root / ".collect.lock")
        self._reserve = root / ".reserve"
        self._mine: dict[str, Row] = {}  # by file: what this program put last
        try:
            self._columns, self.rows = self._read()
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        if self._lock.is_there():
            self._reserve.unlink(missing_ok=True)
        self._lock.release()

    def reserve(self) -> None:
        """Room on the disk for a manifest half as long again as this one, before a take begins."""
        self.raise_if_removed()
        wanted = max(RESERVE_BYTES, 2 * len(self._text()))
        if not self._reserve.exists() or self._reserve.stat().st_size < wanted:
            self._reserve.write_bytes(bytes(wanted))

    def raise_if_removed(self) -> None:
        """FileNotFoundError when the folder is no longer the one that was opened."""
        if not self._lock.is_there():
            raise FileNotFoundError(errno.ENOENT, "the folder was removed or exchanged meanwhile", str(self.root))

    def put(self, rows: Sequence[Mapping[str, object]], without: Collection[str] = ()) -> None:
        """Adds rows, in place of those with the same file, and takes out those of the files `without`."""
        self._take_over_edits()
        new = {str(row["file"]): {name: _cell(value) for name, value in row.items()} for row in rows}
        there = {row["file"]: row for row in self.rows}
        written = {file: row | self._edited(file, row, there.get(file)) for file, row in new.items()}
        kept = [row | written.get(row["file"], {}) for row in self.rows if row["file"] not in without]
        self._write([*kept, *(row for file, row in written.items() if file not in there)])
        self._mine = {file: row for file, row in (self._mine | new).items() if file not in without}

    def _edited(self, file: str, new: Row, there: Row | None) -> Row:
        """Of a row that is there: what a person has changed in it, unless this program says something new itself."""
        mine = self._mine.get(file)
        if there is None or mine is None:
            return {}
        return {name: there.get(name, "") for name in SAID if new.get(name) == mine.get(name)}

    def remove(self, names: Collection[str]) -> None:
        self.put([], without=names)

    def of_take(self, subject: str, session: str, take: int | str) -> list[Row]:
        """The rows of all its files."""
        key = (subject, session, str(take))
        return [row for row in self.rows if (row["subject"], row.get("session"), row.get("take")) == key]

    def next_take(self, subject: str, session: str) -> int:
        """One more than the highest that a row or a file has."""
        taken = [row.get("take", "") for row in self.rows if (row["subject"], row.get("session")) == (subject, session)]
        folder = self.root / subject / session
        taken += [path.name.partition("_")[0] for path in folder.iterdir()] if folder.is_dir() else []
        return 1 + max((int(number[:9]) for number in taken if number.isascii() and number.isdecimal()), default=0)

    def recover(self) -> list[str]:
        """Closes what a program that died has left open; a line for each file that it was writing."""
        left = [(row, inside(self.root, row["file"], self.path)) for row in self.rows if row.get("status") == "open"]
        closed, gone, told = [], set(), []
        for row, path in left:
            samples = files.repaired(path) if path.is_file() else 0
            if samples == 0:
                gone.add(row["file"])
                if path.is_file():
                    path.unlink()
                told.append(f"{row['file']}: the program died before a sample was stored; its row is taken out")
            else:
                more = {"note": STRANGE} if samples is None else {"note": DIED, "samples": samples}
                closed.append(row | {"status": "cut"} | more)
                told.append(f"{row['file']}: was being recorded when the program died; closed as it is, marked `cut`")
        if left:
            self.put(closed, without=gone)
        return told

    def _take_over_edits(self) -> None:
        """What another program has written since; rows of ours that it did not know are added again."""
        self.raise_if_removed()
        if self._stamp() == self._seen or not self.path.exists():
            return
        columns, rows = self._read()
        self.edits += 1
        mine = self._mine
        rows = [_merged(mine[row["file"]], row) if row["file"] in mine else row for row in rows]
        there = {row["file"] for row in rows}
        self._columns, self.rows = columns, [*rows, *(row for file, row in mine.items() if file not in there)]

    def _stamp(self) -> tuple[int, int, int] | None:
        """Differs when another program has written the file."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_size, stat.st_mtime_ns

    def _write(self, rows: list[Row]) -> None:
        before, self.rows = self.rows, rows
        try:
            self._replace()
        except BaseException:
            self.rows = before
            raise
        self._seen = self._stamp()

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

    def _read(self) -> tuple[list[str], list[Row]]:
        self._seen = self._stamp()
        if self._seen is None:
            return list(COLUMNS), []
        if not self.path.is_file() or self._seen[1] > MOST_BYTES:
            raise UserError(
                f"{self.path}: expected a file of up to {MOST_BYTES >> 20} MB, found another; record elsewhere"
            )
        try:
            with self.path.open(newline="", encoding="utf-8-sig") as file:
                table = [row for row in csv.reader(file, strict=True) if row]
        except (csv.Error, UnicodeDecodeError) as error:
            raise UserError(
                f"{self.path}: expected a CSV file, cannot read it ({error}); mend it or record elsewhere"
            ) from None
        names, table = (table or [[]])[0], table[1:]
        self._check(names, table)
        rows = [dict(zip(names, row + [""] * (len(names) - len(row)), strict=True)) for row in table]
        return [*names, *(name for name in COLUMNS if name not in names)], rows

    def _check(self, names: list[str], table: list[list[str]]) -> None:
        """UserError for a table that would lose something when it is written again."""
        if not {"file", "label", "subject"} <= set(names):
            raise UserError(
                f"{self.path}: expected columns file,label,subject, found {','.join(names)[:80]!r}; record elsewhere"
            )
        if len(set(names)) != len(names):
            raise UserError(f"{self.path}: expected each column once, found one twice; mend it or record elsewhere")
        wide = next((number for number, row in enumerate(table, 2) if len(row) > len(names)), None)
        if wide:
            found = f"found more in row {wide}; mend it or record elsewhere"
            raise UserError(f"{self.path}: expected {len(names)} fields a row, {found}")


def _merged(mine: Row, theirs: Row) -> Row:
    """What was measured is ours, what a person says is theirs, and so are columns that we do not know."""
    return theirs | {name: value for name, value in mine.items() if name not in SAID}


def _cell(value: object) -> str:
    return "" if value is None else str(value)
