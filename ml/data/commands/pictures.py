"""The pictures of `python -m ml data show --plots`: PNG files and a page that shows them."""

import html
import io
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ml.data.checking.survey import Read
from ml.files import replace_file

MOST_BARS = 40
MOST_LABELS = 12
COLOURS = ("#2f6fb0", "#d9822b", "#3a8f5c", "#c23b3b", "#7b5ea7", "#6b7785")


def write(folder: Path, read: list[Read], figures: dict) -> Path:
    """Writes the pictures and index.html; returns the page."""
    made = {
        "labels.png": ("Minutes of each label", _bars(figures["labels"])),
        "subjects.png": ("Minutes of each subject", _bars(figures["subjects"])),
        "durations.png": ("Lengths of the recordings", _durations(read)),
        "examples.png": ("One recording of each label", _examples(read)),
    }
    for name, (_, figure) in made.items():
        replace_file(folder / name, _png(figure))
    pictures = [f"<h2>{title}</h2><img src={name} alt='{title}'>" for name, (title, _) in made.items()]
    subjects = len(figures["subjects"])
    about = f"{figures['recordings']} recordings, {figures['seconds'] / 60:.1f} minutes, {subjects} subjects"
    head = "<!doctype html><meta charset=utf-8><title>Recordings</title><style>body{font-family:sans-serif}</style>"
    replace_file(folder / "index.html", "\n".join([head, f"<p>{html.escape(about)}</p>", *pictures, ""]).encode())
    return folder / "index.html"


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})  # the same bytes for the same figures
    return buffer.getvalue()


def _figure(width: float, height: float, rows: int = 1):
    figure = Figure((width, height), layout="constrained")
    return figure, figure.subplots(rows, squeeze=False)[:, 0]


def _bars(groups: dict) -> Figure:
    shown = sorted(groups.items(), key=lambda group: -group[1]["seconds"])[:MOST_BARS]
    figure, (axes,) = _figure(8, 1 + 0.25 * len(shown))
    names = [name for name, _ in shown]
    axes.barh(names, [group["seconds"] / 60 for _, group in shown], color=COLOURS[0])
    axes.invert_yaxis()
    axes.set_xlabel("minutes")
    return figure


def _durations(read: list[Read]) -> Figure:
    figure, (axes,) = _figure(8, 3)
    seconds = [one.recording.seconds for one in read if one.recording is not None]
    axes.hist(seconds, bins=40, color=COLOURS[0])
    axes.set_xlabel("seconds")
    axes.set_ylabel("recordings")
    return figure


def _examples(read: list[Read]) -> Figure:
    """The recording of middle length of each label."""
    labels = sorted({one.row.label for one in read if one.recording is not None})[:MOST_LABELS]
    figure, rows = _figure(9, 1.3 * max(1, len(labels)), max(1, len(labels)))
    for axes, label in zip(rows, labels, strict=False):
        group = sorted(
            (one for one in read if one.recording is not None and one.row.label == label),
            key=lambda one: (one.known.seconds, one.row.file),
        )
        _draw(axes, group[len(group) // 2])
    return figure


def _draw(axes, one: Read) -> None:
    samples = one.known.samples
    times = np.arange(len(samples)) / (one.known.rate_mhz / 1000)
    step = max(1, len(samples) // 4000)
    for channel in range(samples.shape[1]):
        axes.plot(times[::step], samples[::step, channel], color=COLOURS[channel % len(COLOURS)], linewidth=0.7)
    axes.set_title(one.row.file, fontsize=7, loc="left")
    axes.set_ylabel(one.row.label, fontsize=8)
