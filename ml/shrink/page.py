"""Writes `shrink.html` from `tradeoff.json`: the table, and accuracy against every cost. No network, no scripts."""

from pathlib import Path

from ml.evaluate.intervals import short, wilson
from ml.files import replace_file
from ml.report.page import templates
from ml.report.pareto import Dot, pareto
from ml.shrink.budget import Budget
from ml.shrink.table import cells, on_boards

AXES = {
    "flash": "constants in flash, KiB",
    "ram": "arena and state in RAM, KiB",
    "cycles": "thousand cycles (estimate)",
}
PER = {"flash": 1024, "ram": 1024, "cycles": 1000}
GOOD = "accuracy, %"


def write(folder: Path, kept: dict, budget: Budget) -> Path:
    """`kept` is what tradeoff.json holds."""
    rows = [row for row in kept["rows"] if on_boards(row)]
    environment = templates(Path(__file__).parent)
    environment.filters |= {"short": short, "cells": lambda row: cells(row, budget.board)}
    template = environment.get_template("shrink.html.j2")
    text = template.render(kept, board=budget.board, pictures=_pictures(rows, budget))
    path = folder / "shrink.html"
    replace_file(path, text.encode())
    return path


def _pictures(rows: list[dict], budget: Budget) -> list[str]:
    floor = 100 * budget.accuracy if budget.accuracy else None
    limits = {"flash": budget.flash, "ram": budget.ram, "cycles": None}
    made = [
        pareto(
            [_dot(row, row[name] / PER[name]) for row in rows],
            AXES[name],
            GOOD,
            limits[name] / PER[name] if limits[name] else None,
            floor,
        )
        for name in AXES
    ]
    made.append(_on(rows, budget.board, "ms", f"ms on {budget.board} (estimate)", budget.ms, floor))
    metered = next((board for board, there in rows[0]["boards"].items() if there["uj"] is not None), None)
    if metered:
        board = budget.board if rows[0]["boards"][budget.board]["uj"] is not None else metered
        made.append(_on(rows, board, "uj", f"uJ an inference on {board} (estimate)", None, floor))
    heard = [row for row in rows if row["stream"] and row["stream"]["movements"]]
    if heard:
        made.append(pareto([_stream(row) for row in heard], "false alarms an hour", "found in streams, %"))
    return made


def _on(rows: list[dict], board: str, what: str, axis: str, limit: float | None, floor: float | None) -> str:
    return pareto([_dot(row, row["boards"][board][what]) for row in rows], axis, GOOD, limit, floor)


def _dot(row: dict, cost: float) -> Dot:
    """The spread is that of the seeds."""
    return Dot(row["name"], cost, *(100 * one for one in (row["accuracy"], min(row["by_seed"]), max(row["by_seed"]))))


def _stream(row: dict) -> Dot:
    found = row["stream"]
    low, high = wilson(found["hits"], found["movements"])
    rate = found["false_detections"] / found["hours"] if found["hours"] else 0.0
    return Dot(row["name"], rate, 100 * found["hits"] / found["movements"], 100 * low, 100 * high)
