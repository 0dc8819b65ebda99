"""Rows of the comparison, for JSON, for people, and for whoever has a budget."""

import dataclasses

import numpy as np
from rich.table import Table

from ml.evaluate.intervals import short
from ml.shrink import make
from ml.shrink.budget import Budget
from ml.shrink.make import Trial
from ml.shrink.measure import costs
from ml.shrink.paired import Difference, difference
from ml.shrink.subject import Subject, plain
from ml.shrink.variants import BASE, FLOAT, Variant

COSTS = ("flash", "ram", "cycles")


def rows(subject: Subject, variants: tuple[Variant, ...], trials: list[Trial]) -> list[dict]:
    """One of each variant, in their order, JSON-able."""
    by_name = {one.name: [trial for trial in trials if trial.name == one.name] for one in variants}
    made = [_row(subject, one, by_name) for one in variants]
    for row in made:
        row["dominated_by"] = dominating(row, made)
        row["verdict"] = verdict(row)
    return made


def _row(subject: Subject, variant: Variant, by_name: dict[str, list[Trial]]) -> dict:
    mine = by_name[variant.name]
    task = plain(subject)
    row: dict = {"name": variant.name, "says": variant.says, "recipe": variant.recipe.table(), "twin": variant.twin}
    row["epochs"] = variant.epochs(task.app.training.epochs)
    refused = next((trial.refused for trial in mine if trial.refused), "")
    if refused:
        return row | {"refused": refused}
    first = mine[0].folders
    tflite = (first["convert"] / "model.tflite").read_bytes()
    row |= {"on_hosts": variant.on_hosts, "file": len(tflite), "parity": None, "stream": None}
    if not variant.on_hosts:
        row |= costs(tflite, task.app)
        metrics = make.read(first["judge"], "metrics.json") if "judge" in first else {}
        row |= {name: metrics.get(name) for name in ("parity", "stream")}
    found = [make.accuracy(subject, trial) for trial in mine]
    row |= {"accuracy": float(np.mean([one["accuracy"] for one in found])), "items": found[0]["repetitions"]}
    row["by_seed"] = [one["accuracy"] for one in found]
    row["less_float"] = dataclasses.asdict(
        difference(_right(mine), np.array([trial.right(FLOAT) for trial in by_name[BASE]]))
    )
    row["against"] = {
        other: dataclasses.asdict(_against(mine, by_name[other]))
        for other in dict.fromkeys((BASE, variant.twin))
        if other and other != variant.name and not any(trial.refused for trial in by_name[other])
    }
    return row


def on_boards(row: dict) -> bool:
    """The variant was made, and a board runs it."""
    return "refused" not in row and not row["on_hosts"]


def _against(mine: list[Trial], others: list[Trial]) -> Difference:
    return difference(_right(mine), _right(others))


def _right(trials: list[Trial]) -> np.ndarray:
    """bool (seeds, items)."""
    return np.array([trial.right() for trial in trials])


def dominating(row: dict, every: list[dict]) -> str | None:
    """Who is at least as right and costs no more, and is better in something; the most accurate of them."""
    if not on_boards(row):
        return None
    better = [other for other in every if on_boards(other) and _dominates(other, row)]
    return max(better, key=lambda other: other["accuracy"])["name"] if better else None


def _dominates(other: dict, row: dict) -> bool:
    pairs = [(other[name], row[name]) for name in COSTS] + [(-other["accuracy"], -row["accuracy"])]
    return all(theirs <= mine for theirs, mine in pairs) and any(theirs < mine for theirs, mine in pairs)


def verdict(row: dict) -> str:
    """What the figures say, in a line."""
    if "refused" in row:
        return f"not made: {row['refused']}"
    if row["name"] == BASE:
        return "the baseline"
    said = [f"on hosts only: {row['on_hosts']}"] if row["on_hosts"] else []
    said += [f"dominated by {row['dominated_by']}"] if row["dominated_by"] else []
    for other, figures in row["against"].items():
        found = Difference(**figures)
        if found.is_noise:
            said.append(f"within noise of {other}" if other == BASE else f"no gain over {other}: within noise")
        else:
            said.append(f"{'better' if found.points > 0 else 'worse'} than {other}")
    return "; ".join(said)


def table(rows_: list[dict], budget: Budget) -> Table:
    """For people: sizes, time on one board, accuracy and how it differs."""
    board = budget.board
    made = Table(title="variants; cycles, time and energy are estimates", title_justify="left")
    differences = ("less float", "less int8", "less twin")
    for name in ("variant", "flash B", "RAM B", "cycles", f"ms, {board}", "uJ", "accuracy %", *differences):
        made.add_column(name, justify="left" if name == "variant" else "right", no_wrap=True)
    made.add_column("found")
    made.add_column("verdict")
    for row in rows_:
        if "refused" in row:
            made.add_row(row["name"], *[""] * 10, row["verdict"])
        else:
            made.add_row(row["name"], *cells(row, board), row["verdict"])
    return made


def cells(row: dict, board: str) -> list[str]:
    """The figures of a row as text."""
    seeds = f"{100 * row['accuracy']:.1f} ({100 * min(row['by_seed']):.1f}..{100 * max(row['by_seed']):.1f})"
    against = [_signed(row.get("less_float")), *(_signed(row["against"].get(other)) for other in (BASE, row["twin"]))]
    return [*_costs(row, board), seeds, *against, _found(row["stream"])]


def _costs(row: dict, board: str) -> list[str]:
    if not on_boards(row):
        return [f"file {row['file']:,}", *[""] * 4]
    there = row["boards"][board]
    return [
        *(f"{row[name]:,}" for name in COSTS),
        short(there["ms"]),
        "" if there["uj"] is None else short(there["uj"]),
    ]


def _signed(found: dict | None) -> str:
    return f"{found['points']:+.1f} ({found['low']:+.1f}..{found['high']:+.1f})" if found else ""


def _found(stream: dict | None) -> str:
    """Of the first seed's streams."""
    if not stream:
        return ""
    return f"{stream['hits']}/{stream['movements']}, {short(stream['false_per_hour'] or 0)} false/h"
