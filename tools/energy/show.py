"""A measurement as a table, as JSON, as CSV and as a picture."""

from __future__ import annotations

import dataclasses
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.table import Table
from rich.text import Text

from ml.files import replace_file
from ml.printable import printable
from tools.energy.align import STRENGTH_LIMIT, Alignment
from tools.energy.cells import Cell
from tools.energy.meter import Samples
from tools.energy.windows import Spans, Summary, average_current, awake_current

PICTURE_COLUMNS = 2000  # of a picture; each shows the least and the largest of its samples


def engineering(value: float, unit: str) -> str:
    """`12.3 uA`, with a prefix that leaves one to three digits before the point."""
    if not np.isfinite(value) or value == 0:
        return f"{value:g} {unit}"
    power = int(np.clip(np.floor(np.log10(abs(value)) / 3), -4, 2))
    return f"{value / 1000**power:.3g} {['p', 'n', 'u', 'm', '', 'k', 'M'][power + 4]}{unit}"


@dataclass(frozen=True)
class Use:
    """How a battery is used: on which cell, and how often an inference runs or for what share of the time."""

    cell: Cell | None
    every_s: float | None = None
    duty: float | None = None


def table(summary: Summary, notes: list[str], use: Use, title: str) -> Table:
    return grid(rows(summary, use) + [("note", note) for note in notes], title)


def grid(lines: list[tuple[str, str]], title: str) -> Table:
    """Names and what belongs to them."""
    made = Table(title=Text(printable(title), style="table.title"), title_justify="left", show_header=False)
    made.add_column(justify="left")
    made.add_column(justify="left")
    for name, text in lines:
        made.add_row(name, Text(printable(text)))
    return made


def rows(summary: Summary, use: Use) -> list[tuple[str, str]]:
    share = summary.lost / max(1, summary.samples + summary.lost)
    found = [
        ("measured", f"{summary.seconds:.2f} s, {summary.samples} samples at {summary.voltage_v:.2f} V"),
        ("lost", f"{summary.lost} samples ({share:.2%})"),
        ("average current", engineering(summary.average_a, "A")),
        ("largest current", engineering(summary.largest_a, "A")),
        ("sleep current", engineering(summary.sleep_a, "A")),
        ("energy", engineering(summary.energy_j, "J")),
    ]
    one = summary.inference
    if one:
        left_out = f", {one.incomplete} left out because samples in them were lost" if one.incomplete else ""
        spread = "" if np.isnan(one.half_interval_j) else f" +- {engineering(one.half_interval_j, 'J')} (95 %)"
        found.append(("inferences", f"{one.windows}{left_out}"))
        found.append(("energy per inference", engineering(one.energy_j, "J") + spread))
        found.append(("of it above sleep", engineering(one.charge_c * summary.voltage_v, "J")))
        if np.isfinite(one.seconds):
            found.append(("length of an inference", engineering(one.seconds, "s")))
    return found + _battery(summary, use)


def _average(summary: Summary, use: Use) -> tuple[float, str]:
    """Amperes in the battery's life, and what they stand for."""
    one, average, at = summary.inference, summary.average_a, "as measured"
    if use.every_s is not None and one:
        average, at = (
            average_current(summary.sleep_a, one.charge_c, use.every_s),
            f"an inference every {use.every_s:g} s",
        )
    elif use.duty is not None and np.isfinite(awake_current(summary)):
        average = use.duty * awake_current(summary) + (1 - use.duty) * summary.sleep_a
        at = f"awake {use.duty:.3%} of the time"
    return average, at


def _battery(summary: Summary, use: Use) -> list[tuple[str, str]]:
    cell = use.cell
    if cell is None:
        return []
    average, at = _average(summary, use)
    return [
        (f"average, {at}", engineering(average, "A")),
        (f"life on a {cell.name}", f"{cell.days(average):.1f} days at most ({cell.source})"),
        ("which holds", cell.caveats(summary.largest_a)),
    ]


def placed(alignment: Alignment) -> str:
    """How the board's report and the current were matched."""
    jitter = "" if np.isnan(alignment.jitter_s) else f", windows within {engineering(alignment.jitter_s, 's')}"
    regular = "; the pattern is regular and fits elsewhere as well, with the same means" if alignment.repeats else ""
    return (
        f"windows are placed by the board's link: correlation {alignment.strength:.2f} (least {STRENGTH_LIMIT:g}), "
        f"clocks {alignment.drift * 1e6:+.0f} ppm apart{jitter}{regular}"
    )


def as_json(summary: Summary, notes: list[str], alignment: Alignment | None, use: Use) -> dict:
    average, at = _average(summary, use)
    life = {"cell": use.cell.name, "average_a": average, "at": at, "days": use.cell.days(average)} if use.cell else None
    return dataclasses.asdict(summary) | {
        "life": life,
        "energy_j": summary.energy_j,
        "alignment": dataclasses.asdict(alignment) if alignment else None,
        "notes": notes,
    }


def write_csv(path: Path, samples: Samples, rate_hz: float) -> None:
    """`time_s,current_a,marks`; an empty current is a sample that was lost."""
    import pandas as pd  # noqa: PLC0415 - takes a second that only those wait for who want a file

    times = np.arange(len(samples)) / rate_hz
    frame = pd.DataFrame({"time_s": times, "current_a": samples.current_a, "marks": samples.marks})
    replace_file(path, frame.to_csv(index=False, float_format="%.9g").encode())


def write_picture(path: Path, samples: Samples, rate_hz: float, windows: Spans, title: str) -> None:
    """Current over time: a band from the least to the largest of the samples under each dot, windows shaded."""
    import matplotlib as mpl  # noqa: PLC0415 - as pandas

    mpl.use("agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415 - after the choice of the backend

    size = max(1, len(samples) // PICTURE_COLUMNS)
    count = len(samples) // size * size
    blocks = samples.current_a[:count].reshape(-1, size) * 1000
    times = np.arange(len(blocks)) * size / rate_hz
    known = ~np.isnan(blocks).all(axis=1)
    figure, axes = plt.subplots(figsize=(10, 4), layout="constrained")
    axes.fill_between(times[known], np.nanmin(blocks[known], 1), np.nanmax(blocks[known], 1), step="mid", alpha=0.4)
    axes.plot(times[known], np.nanmean(blocks[known], 1), linewidth=0.8)
    for start, end in windows[:PICTURE_COLUMNS]:
        axes.axvspan(start / rate_hz, end / rate_hz, color="C1", alpha=0.2, linewidth=0)
    axes.set(xlabel="s", ylabel="mA", title=title, ylim=(0, None))
    out = io.BytesIO()
    figure.savefig(out, format=path.suffix.lstrip(".") or "png")
    plt.close(figure)
    replace_file(path, out.getvalue())
