"""The short table at the end of a run."""

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ml.data.split import named
from ml.evaluate import untested
from ml.evaluate.accuracy import flat
from ml.evaluate.operating_point import in_words, operating_point


def print_summary(folder: Path) -> None:
    """Prints what the results in `folder` came to, on stdout."""
    names = ("metrics", "compiled", "data")
    metrics, compiled, data = (json.loads((folder / f"{name}.json").read_text()) for name in names)
    table = Table(show_header=False, title=f"tested with {named(data['split']['test'])}", title_justify="left")
    table.add_column("figure", no_wrap=True)
    table.add_column("value")
    for name, value in [*_rows(metrics, compiled), *_untested(metrics, data)]:
        table.add_row(name, value)
    for name, value in (*flat(metrics.get("more") or {}), *_candidates(folder)):
        table.add_row(name, value)
    for line in operating_point(folder):
        table.add_row(*line.split(": ", 1))
    (Console() if sys.stdout.isatty() else Console(width=100)).print(table)


def _untested(metrics: dict, data: dict) -> list[tuple[str, str]]:
    line = untested.in_words(metrics.get("untested", []), data["split"]["test"])
    return [("not tested", line)] if line else []


def _candidates(folder: Path) -> list[tuple[str, str]]:
    """The models among which the pipeline chose; none where there was no choice."""
    path = folder / "candidates.json"
    rows = json.loads(path.read_text()) if path.is_file() else []
    return [(f"{row['variant']}{', chosen' if row['chosen'] else ''}", _merit(row)) for row in rows]


def _merit(row: dict) -> str:
    merit = row["validation"]["merit"]
    return "no merit: nothing to validate with" if merit is None else f"merit {merit:.4g}"


def _rows(metrics: dict, compiled: dict) -> list[tuple[str, str]]:
    seen = f" of {count} classes" if (count := untested.tested(metrics)) else ""
    rows = [
        (f"{kind} accuracy", f"{metrics[kind]['accuracy']:.1%} of {metrics[kind]['repetitions']} recordings{seen}")
        for kind in ("float", "int8")
    ]
    if metrics["parity"]:
        parity = metrics["parity"]
        rows.append(("parity with TFLM", f"{parity['mismatches']} of {parity['windows']} windows differ"))
    if metrics["stream"]:
        rows.append(("as streams", in_words(metrics["stream"])))
    rows.append(("flash, constants", f"{compiled['flash_bytes']:,} B"))
    rows.append(("RAM, arena", f"{compiled['arena_bytes']:,} B"))
    if compiled["state_bytes"]:
        rows.append(("RAM, state between steps", f"{compiled['state_bytes']:,} B"))
    return rows
