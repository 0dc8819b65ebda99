"""A tree of Speech Commands as a data set with a manifest: its files linked where the disk allows it, else copied."""

import os
import shutil
import tempfile
from pathlib import Path

import pandas as pd

from ml.data.imports.writing import place
from ml.data.rows import Row
from ml.progress import track


def link_tree(rows: list[Row], folder: Path) -> None:
    """Writes `folder`: the rows' files under the same names, and the manifest."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        for row in track(rows, "linking", len(rows)):
            _link(row.path, made / row.file)
        pd.DataFrame([_manifest(row) for row in rows]).to_csv(made / "manifest.csv", index=False)
        place(made, folder)


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copyfile(source, target)


def _manifest(row: Row) -> dict:
    rate = f"{row.rate_hz:g}"
    known = {"file": row.file, "label": row.label, "subject": row.subject, "sample_rate_hz": rate, "part": row.part}
    return known | {"source": row.source, "licence": row.licence}
