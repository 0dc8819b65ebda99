"""Tables that label each sample: one recording for each stretch of a label, as activities follow each other."""

import itertools
from pathlib import Path

from ml.data.names import composed, is_name
from ml.data.tables import Table
from ml.errors import UserError

COLUMN = "label"
LEAST = 8  # samples of a stretch: fewer show nothing


def is_labelled(path: Path) -> bool:
    """A CSV file with a column of labels."""
    return path.suffix.lower() == ".csv" and COLUMN in [name.lower() for name in Table(path).names]


def cut(path: Path) -> list[tuple[Path, str]]:
    """Replaces the file by one for each stretch, `<name>_<number>_<label>.csv`, without that column: (file, label) of
    each, in order of time. UserError for a label that is no name."""
    table = Table(path)
    at = [name.lower() for name in table.names].index(COLUMN)
    names = [name for place, name in enumerate(table.names) if place != at]
    made = []
    rows = [fields for _, fields in table.rows()]
    for number, (label, stretch) in enumerate(itertools.groupby(rows, lambda fields: _named(fields[at])), 1):
        lines = [",".join(one for place, one in enumerate(fields) if place != at) for fields in stretch]
        if not label or not is_name(label):
            raise UserError(f"{path.name}: expected labels that are names, found {label[:40]!r}")
        if len(lines) >= LEAST:
            file = path.with_name(f"{path.stem}_{number:02}_{label}.csv")
            file.write_text("\n".join([",".join(names), *lines]) + "\n")
            made.append((file, label))
    path.unlink()
    return made


def _named(text: str) -> str:
    """`Sitting down` as a label."""
    return composed(text).strip().replace(" ", "_").casefold()
