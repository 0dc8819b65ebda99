"""Where the chosen model goes: a header in a folder, or the library of an application on a small chip."""

import io
import re
from pathlib import Path

import numpy as np

from ml.classical import header
from ml.classical.form import Form
from ml.classical.products import PRODUCTS
from ml.classical.rows import Material
from ml.classical.search import Result
from ml.errors import UserError
from ml.evaluate.intervals import wilson
from ml.files import replace_file
from ml.native.decide import NO_CLASS, DecideConfig
from ml.paths import ROOT

TUNED, GATE = "Decision, chosen on streams of people who were not trained with.", '#include "decide/gate.h"\n'
END = "\n#endif\n"
# Of the decision: two of the last three windows agree. Not tuned: the votes of windows are all that a threshold sees.
SMOOTHING, THRESHOLD, REFRACTORY = 3, 168, 6
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
    path = folder / f"{name}.h"
    low, high = (100 * share for share in wilson(result.right, result.total))
    share, every = 100 * result.right / max(1, result.total), len(material.train) + len(material.test)
    note = [
        f"{share:.1f} % of {result.total:,} rows right (95 %: {low:.1f} to {high:.1f}), by {material.said}",
        f"answers that are not scikit-learn's, on all {every:,} rows: {result.differ}",
    ]
    text = header.source(form, name, material.labels, note)
    if library and material.run:
        text = text.replace(END, _settings(material, name) + END)
        _keep(material, name)
    replace_file(path, text.encode())
    return path


def _settings(material: Material, name: str) -> str:
    """Front end and decision as the application has them, under the name of the product."""
    base = material.run.app if material.run else ""
    app = material.run.application() if material.run else None
    background = material.labels.index("none") if "none" in material.labels else NO_CLASS
    decision = DecideConfig((THRESHOLD,) * len(material.labels), background, SMOOTHING, REFRACTORY)
    sections = "\n".join(part for part in app.sections(decision) if "gate_config" not in part) if app else ""
    sections = sections.replace(TUNED, "Two of the last three windows agree; not tuned.").replace(GATE, "")
    return "\n" + sections.replace(base.upper(), name.upper()).replace(base, name)


def _keep(material: Material, name: str) -> None:
    """The windows of the people held out, for `verify`."""
    held, out = material.held_out, io.BytesIO()
    if held is not None:
        np.savez(
            out, files=held.files, samples=held.samples, count=held.count, rate_mhz=held.rate_mhz, allow_pickle=False
        )
        replace_file(ROOT / "build" / name / "held_out.npz", out.getvalue())
