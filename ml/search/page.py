"""Writes `search.html` from `search.json`: who was found, accuracy against every cost, and each network as a table. No
network, no scripts."""

from pathlib import Path

from ml.design.design import of_table
from ml.evaluate.intervals import short, wilson
from ml.files import replace_file
from ml.profile.measure import clock
from ml.report.page import templates
from ml.report.pareto import Dot, pareto
from ml.shrink.budget import Budget
from ml.shrink.page import AXES, GOOD, PER

MOST = 60  # networks that the page draws as tables


def write(folder: Path, kept: dict, budget: Budget) -> Path:
    """`kept` is what search.json holds."""
    environment = templates(Path(__file__).parent)
    environment.filters |= {"short": short, "found": found}
    shown = kept["front"][:MOST]
    text = environment.get_template("search.html.j2").render(
        kept, pictures=pictures(kept, budget), blocks=blocks, networks=shown, board=budget.board
    )
    path = folder / "search.html"
    replace_file(path, text.encode())
    return path


def blocks(design: dict) -> list[list[str]]:
    """Rows of a table: what each block is."""
    made = of_table(design, "search.json")
    rows = []
    for one in made.network.blocks if made.network else ():
        kernel = "" if one.kind in ("attention", "dense") else str(one.kernel)
        stride = "" if one.kind in ("attention", "dense") else str(one.stride)
        bits = 8 if made.network and made.network.wide else one.bits
        rows.append(
            [one.kind, str(one.width), kernel, stride, str(one.expand) if one.kind == "inverted" else "", str(bits)]
        )
    return rows


def found(row: dict) -> list[str]:
    """Of each seed's streams: found, and false alarms an hour."""
    return [
        f"{one['stream']['hits']}/{one['stream']['movements']}, {short(one['stream']['false_per_hour'] or 0)} false/h"
        for one in row["seeds"]
        if one["stream"]
    ]


def pictures(kept: dict, budget: Budget) -> list[str]:
    """SVG: every candidate of the front by the figure of the search, the finalists by the test's people."""
    floor = 100 * budget.accuracy if budget.accuracy else None
    cycles = None if budget.ms is None else budget.ms / 1000 * clock(budget.board)
    limits = {"flash": budget.flash, "ram": budget.ram, "cycles": cycles}
    named = {row["trial"] for row in kept["finalists"]}
    made = []
    for name in AXES:
        dots = [_candidate(one, name) for one in kept["front"] if one["trial"] not in named]
        dots += [_finalist(row, name) for row in kept["finalists"]]
        limit = limits[name] / PER[name] if limits[name] else None
        made.append(pareto(dots, AXES[name], GOOD, limit, floor))
    heard = [row for row in kept["finalists"] if found(row)]
    if heard:
        made.append(pareto([_stream(row) for row in heard], "false alarms an hour", "found in streams, %"))
    return made


def _candidate(one: dict, name: str) -> Dot:
    good = 100 * one["rungs"][-1]
    return Dot(str(one["trial"]), one["costs"][name] / PER[name], good, good, good, f"#trial-{one['trial']}")


def _finalist(row: dict, name: str) -> Dot:
    good, low, high = (100 * one for one in (row["accuracy"], min(row["by_seed"]), max(row["by_seed"])))
    return Dot(row["name"], row[name] / PER[name], good, low, high, f"#trial-{row['trial']}")


def _stream(row: dict) -> Dot:
    """All seeds together."""
    told = [one["stream"] for one in row["seeds"]]
    hits, events = (sum(one[name] for one in told) for name in ("hits", "movements"))
    hours = sum(one["hours"] for one in told)
    low, high = wilson(hits, events) if events else (0.0, 0.0)
    rate = sum(one["false_detections"] for one in told) / hours if hours else 0.0
    return Dot(row["name"], rate, 100 * hits / max(events, 1), 100 * low, 100 * high, f"#trial-{row['trial']}")
