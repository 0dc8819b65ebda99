"""What was found becomes the application's model: `design.toml` and `recipe.toml` where `python -m ml run` reads them,
then header and report as it makes them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ml.commands.run import compile_
from ml.compress import recipe
from ml.design import design as designs
from ml.design.design import of_table
from ml.errors import UserError
from ml.files import replace_file
from ml.paths import ROOT
from ml.pipeline.run import Run
from ml.pipeline.summary import print_summary
from ml.progress import say
from ml.report import page
from ml.search.finalists import task_of
from ml.search.subject import Asked


def apply(asked: Asked, row: dict) -> Path:
    """`row` is a finalist. Its stages are those of its first seed, so nothing is trained again. Returns the design's
    path."""
    run, design = asked.run, of_table(row["design"], "search.json")
    task = task_of(asked, design, 0)
    folder = Path(run.out) if run.out else ROOT / "ml" / run.app
    run.save()
    compile_(run, replace(task, candidates=()))
    title = f"{row['name']} of a search with the data {task.data.hash[:16]}, seed {task.seed}"
    replace_file(folder / designs.FILE, designs.text(design, title).encode())
    written = recipe.text(task.recipe, title, "search")
    replace_file(folder / "recipe.toml", written.encode())
    if run.target is not None or run.bound is not None:
        say(f"note: run it with {' '.join(_alarms(run))} too, or its operating point is that of the application")
    say(f"report: {page.write(run.folder)}")
    print_summary(run.folder)
    return folder / designs.FILE


def _alarms(run: Run) -> Iterator[str]:
    """The options of `run` that the operating point follows."""
    for option, value in (("--target-false-alarms-per-hour", run.target), ("--upper-bound-per-hour", run.bound)):
        if value is not None:
            yield f"{option} {value:g}"


def named(found: list[dict], name: str) -> dict:
    """The finalist of that name; the chosen one for "best"."""
    names = {row["name"].removeprefix("trial "): row for row in found}
    if name == "best" and found:
        return found[0]
    if name.removeprefix("trial ") not in names:
        raise UserError(f"--apply: expected best or one of {', '.join(names)}, found {name!r}")
    return names[name.removeprefix("trial ")]


def kept(asked: Asked) -> list[dict]:
    """The finalists of the last search in this folder."""
    path = asked.run.folder / "search.json"
    try:
        return json.loads(path.read_text())["finalists"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{path}: expected what `python -m ml search {asked.run.app}` leaves, found none") from None
