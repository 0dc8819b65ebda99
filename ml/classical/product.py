"""Where the chosen model goes: a header in a folder, or the library of an application on a small chip."""

import re
from pathlib import Path

from ml.classical import header
from ml.classical.form import Form
from ml.classical.rows import Material
from ml.classical.search import Result
from ml.errors import UserError
from ml.evaluate.intervals import wilson
from ml.files import replace_file
from ml.paths import ROOT

PRODUCTS = {
    "gesture_classical": "gesture_recognition"
}  # an application with a classical model -> whose windows it takes
RESERVED = re.compile(r"_|classical_|int$|char$|if$|do$|for$|while$|return$|static$|const$")


def named(app: str | None, examples: Path | None, name: str | None) -> str:
    """The name of the header: given, or of the application or file."""
    if name is None:
        name = (
            app
            if app in PRODUCTS
            else f"{app}_classical"
            if app
            else re.sub(r"\W", "_", examples.stem if examples else "")
        )
        name = f"x{name}" if not name or not name[0].isalpha() or RESERVED.match(name) else name
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name, re.IGNORECASE) or RESERVED.match(name):
        raise UserError(f"--name: expected a C identifier, such as door_knock, found {name!r}")
    return name


def write(result: Result, material: Material, name: str, app: str | None, out: Path | None) -> Path:
    """The header of the best model; its path."""
    form = result.form
    if not isinstance(form, Form):
        raise TypeError("expected a result with a model")
    library = app in PRODUCTS
    folder = out or (ROOT / "lib" / f"{name}_model" if library else ROOT / "build" / name)
    path = folder / f"{name}_model.h"
    low, high = (100 * share for share in wilson(result.right, result.total))
    share, every = 100 * result.right / max(1, result.total), len(material.train) + len(material.test)
    note = [
        f"{share:.1f} % of {result.total:,} rows right (95 %: {low:.1f} to {high:.1f}), by {material.said}",
        f"answers that are not scikit-learn's, on all {every:,} rows: {result.differ}",
    ]
    replace_file(path, header.source(form, name, material.labels, note).encode())
    return path
