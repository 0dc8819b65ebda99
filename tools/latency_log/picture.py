"""A log as a picture: the distribution of its times, and the times over the log."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.errors import UserError
from ml.files import replace_file
from tools.latency_log.figures import late, microseconds, stages
from tools.latency_log.log import TIMED, Log

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = (".png", ".svg", ".pdf")
BINS = 60
MOST_POINTS = 20_000  # of the timeline; of more, every so many-th and each slowest of those left out
SHOWN = ("frontend", "inference", "decide", "sum", "latency")


def checked(path: Path) -> Path:
    if path.suffix.lower() not in KINDS:
        raise UserError(f"{path}: expected a name that ends in {', '.join(KINDS)}, found {path.suffix or 'no ending'}")
    return path


def write(path: Path, log: Log, against: Log | None) -> None:
    """Share of the inferences done by a time, a histogram of the sum, and a timeline. The other log is dashed."""
    import matplotlib as mpl  # noqa: PLC0415 - takes half a second that only a picture needs

    mpl.use("agg")
    mpl.rcParams["svg.hashsalt"] = "latency"  # the same figures give the same file
    import matplotlib.pyplot as plt  # noqa: PLC0415 - after the choice of the backend

    figure, places = plt.subplot_mosaic([["share", "count"], ["time", "time"]], figsize=(12, 8), layout="constrained")
    _shares(places["share"], log, against)
    _histogram(places["count"], log, against)
    _timeline(places["time"], log)
    header = log.header
    figure.suptitle(f"{log.name}: {header.app} on {header.board}, model {header.model_hash or 'none'}")
    out = io.BytesIO()
    kind = path.suffix.lower().lstrip(".")
    figure.savefig(
        out,
        format=kind,
        dpi=110,
        metadata=None if kind == "png" else {"Date" if kind == "svg" else "CreationDate": None},
    )
    plt.close(figure)
    replace_file(path, out.getvalue())


def _shares(axes: "Axes", log: Log, against: Log | None) -> None:
    for each, style in ((log, "-"), (against, "--")):
        for number, (name, values) in enumerate(_times(each).items() if each else ()):
            x = np.sort(np.maximum(values, 0.1))
            label = name if each is log else None
            axes.step(x, np.arange(1, len(x) + 1) / len(x), style, where="post", color=f"C{number}", label=label)
    axes.set(xscale="log", xlabel="us", ylabel="share of the inferences", ylim=(0, 1.02), title=_title(log, against))
    if not axes.lines:
        axes.text(0.5, 0.5, "the network slept in every window", transform=axes.transAxes, ha="center")
    axes.grid(alpha=0.3)
    _legend(axes)


def _title(log: Log, against: Log | None) -> str:
    return f"done within a time (dashed: {against.name})" if against else "done within a time"


def _histogram(axes: "Axes", log: Log, against: Log | None) -> None:
    found = [(each.name, _times(each)["sum"]) for each in (log, against) if each and "sum" in _times(each)]
    if found:
        edges = np.histogram_bin_edges(np.concatenate([values for _, values in found]), BINS).tolist()
        for (name, values), style in zip(found, ("stepfilled", "step"), strict=False):
            axes.hist(values, edges, histtype=style, label=name, alpha=0.7 if style == "stepfilled" else 1)
        _legend(axes)
    axes.set(xlabel="us", ylabel="inferences", title="sum of the stages")


def _timeline(axes: "Axes", log: Log) -> None:
    rows, header = log.rows, log.header
    seconds = _continued(rows["start"], rows["time_us"]) / 1e6
    total = np.sum([rows[name] for name in TIMED], axis=0) * (1e6 / header.cycles_hz)
    shown = _thinned(total)
    awake = rows["awake"][shown] == 1
    axes.plot(seconds[shown][awake], total[shown][awake], ".", markersize=3, label="sum, network awake")
    axes.plot(seconds[shown][~awake], total[shown][~awake], ".", markersize=3, color="0.6", label="sum, asleep")
    axes.plot(seconds[shown], rows["latency_us"][shown], ".", markersize=1.5, color="C4", label="latency")
    if header.window_rate_mhz:
        axes.axhline(1e9 / header.window_rate_mhz, color="C3", linewidth=0.8, label="deadline of the latency")
        missed = late(rows, header)
        if missed.any():
            axes.plot(seconds[missed], rows["latency_us"][missed], "x", color="C3", label=f"{missed.sum()} missed")
    _gaps(axes, seconds, rows["lost"], rows["start"])
    axes.set(xlabel="s", ylabel="us", yscale="log", title="in the board's time")
    axes.grid(alpha=0.3)
    _legend(axes)


def _legend(axes: "Axes") -> None:
    """Below, where it hides nothing."""
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=6, fontsize="small", frameon=False)


def _gaps(axes: "Axes", seconds: np.ndarray, lost: np.ndarray, start: np.ndarray) -> None:
    for at in np.flatnonzero(lost)[:MOST_POINTS]:
        axes.axvspan(float(seconds[max(0, at - 1)]), float(seconds[at]), color="C3", alpha=0.15, linewidth=0)
    for at in np.flatnonzero(np.diff(start)):
        axes.axvline(seconds[at + 1], color="k", linestyle=":", linewidth=1)


def _times(log: Log) -> dict[str, np.ndarray]:
    """Microseconds of each stage, of inferences."""
    found = stages(log.rows)
    return {name: microseconds(name, found[name], log.header) for name in SHOWN if len(found[name])}


def _continued(start: np.ndarray, time_us: np.ndarray) -> np.ndarray:
    """Times that go on through restarts: each start begins where the one before ended."""
    steps = np.diff(time_us, prepend=time_us[:1])
    return np.cumsum(np.where(np.diff(start, prepend=start[:1]) == 0, steps, 0))


def _thinned(values: np.ndarray) -> np.ndarray:
    """Which are shown: of each stretch the slowest, so that no outlier is hidden."""
    size = max(1, -(-len(values) // MOST_POINTS))
    return np.array([at + int(np.argmax(values[at : at + size])) for at in range(0, len(values), size)], int)
