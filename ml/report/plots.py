"""The report's pictures: SVG text, the same bytes for the same figures."""

import contextlib
import functools
import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ml.evaluate import det

INK, SOFT, GRID = "#1d2733", "#6b7785", "#e3e7ec"
BLUE, ORANGE, GREEN, RED = "#2f6fb0", "#d9822b", "#3a8f5c", "#c23b3b"
STYLE: dict = {
    "svg.hashsalt": "thimble",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.edgecolor": GRID,
    "axes.labelcolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "legend.frameon": False,
}


@functools.cache
def pyplot() -> Any:
    """matplotlib.pyplot, set up: it takes half a second that only a picture needs."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("svg")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - after the choice of the backend

    return plt


def training(history: dict) -> str:
    """Loss and, of a classifier, accuracy over the epochs."""
    accuracy = history.get("accuracy")
    with _figure(10, 2.8, columns=2 if accuracy else 1) as (figure, axes):
        epochs = np.arange(1, len(history["loss"]) + 1)
        left = axes[0] if accuracy else axes
        left.plot(epochs, history["loss"], color=BLUE, marker="o", markersize=3)
        left.set(xlabel="epoch", ylabel="loss (varied windows)", ylim=(0, None))
        if accuracy:
            _accuracy(axes[1], epochs, accuracy, history.get("judged") or [])
        return _svg(figure)


def _accuracy(axes, epochs: np.ndarray, accuracy: list[float], judged: list[float]) -> None:
    axes.plot(epochs, [100 * value for value in accuracy], color=BLUE, marker="o", markersize=3)
    axes.set(xlabel="epoch", ylabel="accuracy, % (varied windows)", ylim=(None, 101))
    if judged:
        axes.plot(epochs[-len(judged) :], [100 * value for value in judged], color=ORANGE, marker="s", markersize=3.5)
        axes.annotate("validation streams", (epochs[-1], 100 * judged[-1]), color=ORANGE, ha="right", va="top")


def confusion(counts: list[list[int]], labels: Sequence[str]) -> str:
    """Counts, row: what it was, column: what was answered; the diagonal blue, mistakes red."""
    matrix = np.array(counts)
    with _figure(5.2, 4.6) as (figure, axes):
        share = matrix / np.maximum(1, matrix.sum(1, keepdims=True))
        colours = np.ones((*matrix.shape, 3))
        right = np.eye(len(matrix), dtype=bool)
        for mask, colour in ((right, BLUE), (~right, RED)):
            tint = np.array(pyplot().matplotlib.colors.to_rgb(colour))
            strength = 0.25 + 0.75 * share[..., None]
            colours = np.where((mask & (matrix > 0))[..., None], 1 - (1 - tint) * strength, colours)
        axes.imshow(colours)
        for row, column in np.argwhere(matrix > 0):
            dark = share[row, column] > 0.5
            axes.text(column, row, matrix[row, column], ha="center", va="center", color="white" if dark else INK)
        axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(labels)), labels)
        axes.set(xlabel="answered", ylabel="was")
        axes.grid(visible=False)
        return _svg(figure)


def flash(layers: list[dict]) -> str:
    """Bytes of constants, layer by layer."""
    with _figure(10, 0.5 + 0.32 * len(layers)) as (figure, axes):
        names = [f"{layer['layer']}  {layer['operator'].lower()}" for layer in layers]
        sizes = [layer["flash_bytes"] for layer in layers]
        bars = axes.barh(names, sizes, color=BLUE, height=0.6)
        axes.bar_label(bars, [f"{size:,} B" for size in sizes], padding=4, color=SOFT)
        axes.invert_yaxis()
        axes.set_xlim(0, max(sizes) * 1.15)
        axes.grid(visible=False, axis="y")
        return _svg(figure)


def arena(buffers: list[dict], layers: list[dict], size: int) -> str:
    """Which tensor lies where while which layer runs."""
    colours = [BLUE, ORANGE, GREEN, "#7d5fb2", "#2a9d9d", "#b0527c"]
    with _figure(10, 3.0) as (figure, axes):
        for number, one in enumerate(buffers):
            width = one["last"] - one["first"] + 1
            box = pyplot().Rectangle(
                (one["first"] - 0.5, one["offset"]), width, one["size"], alpha=0.85, lw=1, ec="white"
            )
            box.set_facecolor(colours[number % len(colours)])
            axes.add_patch(box)
            middle = (one["first"] + width / 2 - 0.5, one["offset"] + one["size"] / 2)
            if one["size"] > size / 14:
                text = f"{one['name']}\n{one['size']:,} B"
                axes.annotate(text, middle, ha="center", va="center", color="white", size=8)
        names = [f"{layer['layer']} {layer['operator'].lower().replace('_', ' ')}" for layer in layers]
        axes.set_xticks(range(len(layers)), names, rotation=20, ha="right", rotation_mode="anchor")
        axes.set(xlim=(-0.6, len(layers) - 0.4), ylim=(0, size * 1.04), ylabel="byte of the arena")
        axes.axhline(size, color=RED, lw=1, ls="--")
        axes.annotate(f"arena {size:,} B", (len(layers) - 0.45, size), ha="right", va="bottom", color=RED)
        axes.grid(visible=False, axis="x")
        return _svg(figure)


def trade_off(kept: dict, target: float) -> str:
    """The fewest missed with at most so many false alarms per hour (ml/evaluate/det.py), with the 95 % band of the miss
    rate; the operating point with both its intervals; the target. What was never heard lies at the left edge."""
    least = 0.4 / max(kept["hours"], 1e-6)  # less than one in all the hours
    points, at = det.rows(kept), det.reached(kept)
    most = 1.5 * max(at["false_interval"][1], target, points[-1]["false_per_hour"], 10 * least)
    across = [*(max(one["false_per_hour"], least) for one in points), most]
    missed, best, worst = (
        [100 * value for value in [*column, column[-1]]]
        for column in zip(*((one["miss_rate"], *one["miss_interval"]) for one in points), strict=True)
    )
    with _figure(10, 3.4) as (figure, axes):
        axes.fill_between(across, best, worst, color=BLUE, alpha=0.15, lw=0, step="post")
        axes.plot(across, missed, color=BLUE, lw=1.6, drawstyle="steps-post")
        axes.axvline(max(target, least), color=GREEN, lw=1.2, ls="--")
        axes.annotate(f" at most {target:g} asked", (max(target, least), 100), color=GREEN, va="top")
        _operating_point(axes, at, least)
        axes.set(xscale="log", xlim=(least, most), ylim=(-3, 103))
        axes.set(xlabel="false alarms an hour (95 % interval: orange)", ylabel="missed, %")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        return _svg(figure)


def _operating_point(axes, at: dict, least: float) -> None:
    x, y = max(at["false_per_hour"], least), 100 * at["miss_rate"]
    aside = [[max(0.0, x - max(low, least)), max(0.0, high - x)] for low, high in [at["false_interval"]]]
    upward = [[max(0.0, y - 100 * low), max(0.0, 100 * high - y)] for low, high in [at["miss_interval"]]]
    look = {"fmt": "o", "color": ORANGE, "capsize": 3, "markersize": 6, "zorder": 5, "clip_on": False}
    axes.errorbar([x], [y], xerr=np.transpose(aside), yerr=np.transpose(upward), **look)
    text = {"xytext": (8, 8), "textcoords": "offset points", "color": ORANGE}
    one = at["threshold"]
    axes.annotate("a threshold for each class" if one is None else f"threshold {one}", (x, y), **text)


def learning_curve(points: list[dict]) -> str:
    """Accuracy of recordings and detection rate of streams, with 95 % intervals, by the number of training subjects."""
    with _figure(10, 3.0) as (figure, axes):
        subjects = [one["subjects"] for one in points]
        heard = [one for one in points if one["stream"] and one["stream"]["detection_rate"] is not None]
        _with_interval(axes, subjects, [(one["int8"]["accuracy"], one["int8"]["interval"]) for one in points], BLUE)
        rates = [(one["stream"]["detection_rate"], one["stream"]["detection_interval"]) for one in heard]
        _with_interval(axes, [one["subjects"] for one in heard], rates, ORANGE)
        axes.set(xscale="log", xlabel="training subjects", ylabel="%", ylim=(None, 101))
        axes.set_xticks(subjects, [str(count) for count in subjects])
        axes.minorticks_off()
        axes.set_title("blue: accuracy of recordings; orange: found in streams", size=9.5, color=SOFT, loc="left")
        return _svg(figure)


def _with_interval(axes, across: Sequence[float], figures: list[tuple[float, Sequence[float]]], colour: str) -> None:
    middle = [100 * value for value, _ in figures]
    spread = [[100 * (value - low), 100 * (high - value)] for value, (low, high) in figures]
    if figures:
        axes.errorbar(across, middle, yerr=np.maximum(0, np.transpose(spread)), color=colour, marker="o", capsize=3)


def timeline(stream: dict, most_rows: int = 20) -> str:
    """Truth as bars, detections as marks above them, a minute a row or, of long streams, as many as it takes."""
    rate = stream["rate_mhz"] / 1000
    row_seconds = 60.0 * math.ceil(stream["samples"] / rate / 60 / most_rows)
    rows = max(1, math.ceil(stream["samples"] / rate / row_seconds))
    found = {one["hit"] for one in stream["detections"]}
    named = (None, None, 0.0)
    with _figure(10, 0.35 + 0.62 * rows) as (figure, axes):
        for index, one in enumerate(stream["truth"]):
            start, end = one["start"] / rate, one["end"] / rate
            row, at = divmod(start, row_seconds)
            colour = BLUE if index in found else "#b9c3ce"
            width = max(end - start, row_seconds / 500)  # still to be seen in a long row
            axes.add_patch(pyplot().Rectangle((at, row + 0.32), width, 0.26, facecolor=colour, lw=0))
            crowded = named[1] == row and at - named[2] < row_seconds / 15
            if (one["label"], row) != named[:2] and not crowded:  # a take repeats one movement: its first says which
                axes.text(at, row + 0.6, one["label"], size=8, color=SOFT, va="top")
                named = (one["label"], row, at)
        told = -np.inf
        for one in stream["detections"]:
            seconds = one["sample"] / rate
            row, at = divmod(seconds, row_seconds)
            right = one["hit"] is not None
            axes.plot(at, row + 0.2, marker="v" if right else "x", color=GREEN if right else RED, markersize=5)
            if not right and seconds - told > row_seconds / 12:  # closer names would overlap
                axes.text(at + row_seconds / 150, row + 0.2, one["label"], size=8, color=RED, va="bottom")
                told = seconds
        axes.set(xlim=(0, row_seconds * 1.03), ylim=(rows, 0), xlabel="seconds")
        axes.set_yticks(np.arange(rows) + 0.45, [f"{row:.0f} min" for row in np.arange(rows) * row_seconds / 60])
        axes.grid(visible=False)
        return _svg(figure)


def robustness(rows: list[dict]) -> str:
    """What is found of the streams, or right of the recordings, under each disturbance, with 95 % intervals; the share
    of the time in which the sensor was not believed, or held otherwise, in grey."""
    with _figure(10, 0.8 + 0.27 * len(rows)) as (figure, axes):
        at = np.arange(len(rows))
        shares = [_share_of(row) for row in rows]
        axes.barh(at, [100 * max(row["flagged"], row["held_otherwise"]) for row in rows], color=GRID, height=0.8)
        axes.barh(at, [100 * share for share, _ in shares], color=BLUE, height=0.5)
        spread = [[100 * (share - low), 100 * (high - share)] for share, (low, high) in shares]
        middle = [100 * share for share, _ in shares]
        axes.errorbar(middle, at, xerr=np.maximum(0, np.transpose(spread)), fmt="none", ecolor=INK, elinewidth=1)
        for row, y in zip(rows, at, strict=True):
            if row["streams"]:
                axes.text(103, y, f"{row['streams']['false_per_hour']:.3g}", va="center", color=RED, size=8.5)
        axes.set_yticks(at, [row["name"] for row in rows])
        axes.set(xlim=(0, 112), ylim=(len(rows) - 0.5, -0.5), xlabel="%; red: false alarms an hour")
        axes.grid(visible=False, axis="y")
        return _svg(figure)


def _share_of(row: dict) -> tuple[float, Sequence[float]]:
    """What of a disturbance's row is drawn."""
    streams, recordings = row["streams"], row["recordings"]
    if streams and streams["movements"]:
        return streams["detection_rate"], streams["detection_interval"]
    return (recordings["accuracy"], recordings["interval"]) if recordings else (0.0, (0.0, 0.0))


def cycles(rows: Sequence[tuple[str, int]], unit: str) -> str:
    """Instructions or cycles, step by step."""
    with _figure(10, 0.6 + 0.32 * len(rows)) as (figure, axes):
        bars = axes.barh([name for name, _ in rows], [count for _, count in rows], color=ORANGE, height=0.6)
        axes.bar_label(bars, [f"{count:,}" for _, count in rows], padding=4, color=SOFT)
        axes.invert_yaxis()
        axes.set(xlabel=unit, xlim=(0, 1.15 * max(count for _, count in rows) or 1))
        axes.grid(visible=False, axis="y")
        return _svg(figure)


def latencies(milliseconds: Sequence[float]) -> str:
    """From the last sample of a window to the event, detection by detection."""
    with _figure(10, 2.0) as (figure, axes):
        axes.vlines(range(1, len(milliseconds) + 1), 0, milliseconds, color=ORANGE, lw=1.5)
        axes.plot(range(1, len(milliseconds) + 1), milliseconds, "o", color=ORANGE, markersize=3.5)
        axes.set(xlabel="detection", ylabel="ms", ylim=(0, 1.15 * max(milliseconds) or 1))
        return _svg(figure)


@contextlib.contextmanager
def _figure(width: float, height: float, columns: int = 1):
    """Figure and axes of that size in inches, in the report's style, closed afterwards."""
    plt = pyplot()
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(1, columns, figsize=(width, height), layout="constrained")
        yield figure, axes
        plt.close(figure)


def _svg(figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None}, transparent=True)
    return text.getvalue().split("?>", 1)[-1].split('.dtd">', 1)[-1].strip()
