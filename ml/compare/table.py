"""A comparison as Markdown, as a table at a terminal, and as JSON."""

import math
import re

from rich.markup import escape
from rich.table import Table

from ml.compare.changes import Row
from ml.compare.compare import Comparison
from ml.compare.figures import Value
from ml.compare.statistics import METHODS
from ml.evaluate.intervals import short
from ml.evaluate.record import Rate, Share

HEADINGS = ("application", "figure", "base", "head", "change", "beyond noise", "verdict")
VERDICTS = {"regression": "REGRESSION"}
WORDS = {"better": "better", "worse": "worse, as tolerated", "regression": "worse than is tolerated"}


def markdown(made: Comparison) -> str:
    """For a pull request."""
    lines = [f"### {_plain(made.base.title)} → {_plain(made.head.title)}", "", _plain(headline(made)), ""]
    lines.append(_line(HEADINGS))
    lines.append("|---|---|---:|---:|---:|---|---|")
    for cells in (_cells(row, made) for row in made.rows):
        bold = f"**{cells[-1]}**" if cells[-1] == VERDICTS["regression"] else cells[-1]
        lines.append(_line((*map(_plain, cells[:-1]), bold)))
    told = [f"- **{_plain(line)}**" for line in made.regressions] + [f"- {_plain(line)}" for line in made.notes]
    return "\n".join([*lines, "", *([*told, ""] if told else []), " ".join(foot(made))]) + "\n"


def headline(made: Comparison) -> str:
    """How many rows have changed by more than chance."""
    told = [row.verdict for row in made.rows if row.verdict]
    counts = [f"{told.count(one)} {word}" for one, word in WORDS.items() if one in told]
    if counts:
        return f"Of {len(made.rows)} figures {', '.join(counts)}."
    return "Not everything could be measured." if made.regressions else "Nothing changed beyond the noise."


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """What Markdown or HTML would take for its own is shown as it is."""
    return re.sub(r"[\\`*<>|\[\]]", r"\\\g<0>", text)


def terminal(made: Comparison) -> Table:
    table = Table(title=escape(f"{made.base.title} -> {made.head.title}"), title_justify="left")
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading in ("base", "head", "change") else "left")
    for cells in (_cells(row, made) for row in made.rows):
        table.add_row(*map(escape, cells), style="red" if cells[-1] == VERDICTS["regression"] else "")
    return table


def _cells(row: Row, made: Comparison) -> tuple[str, ...]:
    named = (row.application, row.figure.title.format(board=made.board.name), value(row.base), value(row.head))
    if row.change is None:
        return (*named, "", "", "")
    noise = "" if row.change.size == 0 else "yes" if row.change.beyond else "no"
    return (*named, row.change.text, noise, VERDICTS.get(row.verdict, row.verdict))


def value(one: Value | None) -> str:
    """For people."""
    if one is None:
        return "-"
    if isinstance(one, Share):
        return f"{100 * one.right / one.total:.1f} % ({one.right}/{one.total})" if one.total else "0/0"
    if isinstance(one, Rate):
        return f"{short(one.count / one.hours)} ({one.count} in {one.hours:.2f} h)" if one.hours else "0 h"
    return f"{one:,}" if isinstance(one, int) else short(one)


def foot(made: Comparison) -> list[str]:
    """What a reader must know to judge the table."""
    allowed = ", ".join(f"{key} {percent:g} %" for key, percent in made.tolerance.items())
    supply = made.board.supply
    energy = f", energy {supply.supply_v:g} V times {1e3 * supply.active_a:g} mA ({supply.source})" if supply else ""
    return [
        f"Tolerated: {allowed} worse; counts: nothing beyond the noise.",
        f"Noise, two-sided at 95 %: {'; '.join(METHODS)}.",
        "Both take the sides as independent.",
        "Instructions are exact, of one inference on an emulated Cortex-M4F;",
        f"~ is an estimate: cycles by the Cortex-M4's manual at {made.board.hertz / 1e6:g} MHz{energy}.",
    ]


def as_json(made: Comparison) -> dict:
    return {
        "base": made.base.title,
        "head": made.head.title,
        "changed_files": made.head.changed,
        "board": made.board.name,
        "tolerance_percent": dict(made.tolerance),
        "methods": list(METHODS),
        "rows": [_row(row) for row in made.rows],
        "notes": made.notes,
        "regressions": made.regressions,
    }


def _row(row: Row) -> dict:
    kept = {"application": row.application, "figure": row.figure.key, "base": _bare(row.base), "head": _bare(row.head)}
    if row.change is None:
        return kept | {"change": None, "beyond_noise": None, "verdict": None}
    percent = row.change.percent
    kept["change"] = round(row.change.size, 6)
    kept["percent"] = round(percent, 4) if percent is not None and math.isfinite(percent) else None
    return kept | {"text": row.change.text, "beyond_noise": row.change.beyond, "verdict": row.verdict}


def _bare(one: Value | None) -> dict | float | None:
    if isinstance(one, Share | Rate):
        return vars(one)
    return round(one, 6) if isinstance(one, float) else one
