"""incidents.csv: a row for each incident, written when it happens."""

import csv
import io
from collections import Counter
from pathlib import Path

from ml.capture.events import Incident

COLUMNS = ["recorded", "subject", "session", "take", "sensor", "kind", "device_us", "count", "text"]


class IncidentLog:
    """Also counts, for who cannot read the file: the disk may be full."""

    def __init__(self, path: Path) -> None:
        self.counts: Counter[str] = Counter()
        self.unwritten = 0
        self._path = path

    def add(self, incident: Incident, where: dict[str, object]) -> None:
        """`where` has the first four columns."""
        self.counts[incident.kind] += incident.count
        row = where | {
            "sensor": incident.sensor,
            "kind": incident.kind,
            "device_us": "" if incident.device_us is None else incident.device_us,
            "count": incident.count,
            "text": incident.text,
        }
        try:
            self._append(row)
        except OSError:
            self.unwritten += 1

    def _append(self, row: dict[str, object]) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        if not self._path.exists():
            writer.writeheader()
        writer.writerow(row)
        with self._path.open("ab", buffering=0) as file:
            file.write(text.getvalue().encode())
