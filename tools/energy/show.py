"""A measurement as a table, as JSON, as CSV and as a picture."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from rich.table import Table

from ml.files import replace_file
from tools.energy.cells import Cell
from tools.energy.meter import Samples
from tools.energy.windows import Summary, average_current

PICTURE_COLUMNS = 2000  # of a picture; each shows the least and the largest of its samples


def engineering(value: float, unit: str) -> str:
    """`12.3 uA`, with a prefix that leaves one to three digits before the point."""
    if not np.isfinite(value) or value == 0:
        return f"{value:g} {unit}"
    power = int(np.clip(np.floor(np.log10(abs(value)) / 3), -4, 2))
    return f"{value / 1000**power:.3g} {['p', 'n', 'u', 'm', '', 'k', 'M'][power + 4]}{unit}"


def table(summary: Summary, notes: list[str], cell: Cell | None, every_s: float | None, title: str) -> Table:
    return grid(rows(summary, cell, every_s) + [("note", note) for note in notes], title)


def grid(lines: list[tuple[str, str]], title: str) -> Table:
    """Names and what belongs to them."""
    made = Table(title=title, title_justify="left", show_header=False)
    made.add_column(justify="left")
    made.add_column(justify="left")
    for name, text in lines:
        made.add_row(name, text)
    return made


def rows(summary: Summary, cell: Cell | None, every_s: float | None) -> list[tuple[str, str]]:
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
    return found + _battery(summary, cell, every_s)


def _battery(summary: Summary, cell: Cell | None, every_s: float | None) -> list[tuple[str, str]]:
    if cell is None:
        return []
    if every_s is None or summary.inference is None:
        return [(f"life on a {cell.name}", f"{cell.days(summary.average_a):.1f} days as measured")]
    average = average_current(summary.sleep_a, summary.inference.charge_c, every_s)
    return [
        (f"an inference every {every_s:g} s", engineering(average, "A")),
        (f"life on a {cell.name}", f"{cell.days(average):.1f} days ({cell.source})"),
    ]


def as_json(summary: Summary, notes: list[str]) -> dict:
    return dataclasses.asdict(summary) | {"energy_j": summary.energy_j, "notes": notes}


def write_csv(path: Path, samples: Samples, rate_hz: float) -> None:
    """`time_s,current_a,marks`; an empty current is a sample that was lost."""
    times = np.arange(len(samples)) / rate_hz
    frame = pd.DataFrame({"time_s": times, "current_a": samples.current_a, "marks": samples.marks})
    replace_file(path, frame.to_csv(index=False, float_format="%.9g").encode())


def write_picture(path: Path, samples: Samples, rate_hz: float, windows: list[tuple[int, int]], title: str) -> None:
    """Current over time: a band from the least to the largest of the samples under each dot, windows shaded."""
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
