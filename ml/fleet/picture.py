"""Accuracy by rounds, as a picture."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ml.errors import UserError
from ml.files import replace_file
from ml.report.plots import BLUE, GREEN, ORANGE, RED, STYLE

COLOURS = ("#6b7785", GREEN, BLUE, ORANGE, RED, "#7d5fb2")


def write(path: Path, curves: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """A PNG. `curves`: by their name, for each round from 0 on the shares for those who take part, and for others."""
    if path.suffix != ".png":
        raise UserError(f"expected a picture that ends in .png, found {path}")
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 3.8), layout="constrained")
        FigureCanvasAgg(figure)
        for axes, panel, title in zip(figure.subplots(1, 2, sharey=True), (0, 1), TITLES, strict=True):
            for colour, (name, curve) in zip(COLOURS, curves.items(), strict=False):
                values = [100 * one[panel] for one in curve]
                axes.plot(range(len(values)), values, color=colour, marker="o", markersize=3, label=name)
            axes.set(title=title, xlabel="round", ylabel="accuracy, %" if panel == 0 else None)
        figure.axes[0].legend(loc="lower right")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    replace_file(path, buffer.getvalue())


TITLES = ("people who take part, what they did not learn from", "people who take no part")
