"""Reads a data set as it is, and keeps the errors of files that cannot be read."""

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
SENSORS = ("", "imu", "mic", "accel")  # as a manifest may state them


@dataclass(frozen=True)
class Read:
    """A row and its recording, or why there is none."""

    row: Row
    recording: Recording | None
    error: str = ""  # "" without a recording: of a sensor that no application knows

    @property
    def known(self) -> Recording:
        """The recording of a row that is known to have one."""
        if self.recording is None:
            raise ValueError(f"{self.row.file}: expected a recording, found none")
        return self.recording


def survey(folder: Path) -> tuple[Path, list[Read]]:
    """The manifest, and every recording of the folder, sorted by file."""
    manifest, rows = listed(folder)
    rows = sorted(rows, key=lambda row: row.file)
    batches = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
    return manifest, [one for batch in track(batches, "reading", len(batches)) for one in each(read_row, batch)]


def read_row(row: Row) -> Read:
    """One recording."""
    if row.more.get("sensor", "").rstrip("0123456789") not in SENSORS:
        return Read(row, None)
    try:
        return Read(row, read_file(row.path, row.rate_hz))
    except (UserError, OSError) as error:
        return Read(row, None, str(error))
