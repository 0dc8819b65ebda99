"""A data set read as it is, with whatever cannot be read."""

from dataclasses import dataclass
from pathlib import Path

from ml.data.manifest import listed
from ml.data.reading import read_file
from ml.data.recordings import Recording
from ml.data.rows import Row
from ml.errors import UserError
from ml.native.parallel import each
from ml.progress import track

BATCH = 128


@dataclass(frozen=True)
class Read:
    """A row and its recording, or why there is none."""

    row: Row
    recording: Recording | None
    error: str = ""


def survey(folder: Path) -> tuple[Path, list[Read]]:
    """The manifest, and every recording of the folder, sorted by file."""
    manifest, rows = listed(folder)
    rows = sorted(rows, key=lambda row: row.file)
    batches = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
    return manifest, [one for batch in track(batches, "reading", len(batches)) for one in each(_read, batch)]


def _read(row: Row) -> Read:
    try:
        return Read(row, read_file(row.path, row.rate_hz))
    except (UserError, OSError) as error:
        return Read(row, None, str(error))
