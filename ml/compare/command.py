"""`python -m ml compare [BASE [HEAD]]`."""

import json
import sys
from pathlib import Path

import click
from rich.console import Console

from ml.compare import repository, table
from ml.compare.accepted import accepted
from ml.compare.compare import Comparison, compare
from ml.compare.figures import TOLERANCES, Processor
from ml.compare.sides import side
from ml.errors import UserError
from ml.profile.measure import clock
from ml.profile.supply import supply
from ml.progress import say


@click.command("compare")
@click.argument("base", required=False)
@click.argument("head", default=".")
@click.option(
    "--board", default="nano33ble", show_default=True, help="The board for which times and energy are estimated."
)
@click.option("--firmware", is_flag=True, help="The size of each application's whole firmware as well.")
@click.option(
    "--tolerance", "asked", multiple=True, metavar="FIGURE=PERCENT", help="A figure and by how much it may get worse."
)
@click.option(
    "--markdown", "as_markdown", is_flag=True, help="Print Markdown; this is the default if stdout is not a terminal."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def compare_(
    base: str | None, head: str, *, board: str, firmware: bool, asked: tuple[str, ...], as_markdown: bool, as_json: bool
) -> None:
    """Compare BASE with HEAD: commits, folders, headers or .tflite files.

    Without HEAD the command takes the work tree, without BASE the last commit on main (on main itself, the commit
    before). The exit status is 1 if a figure is worse than the tolerance allows.
    """
    here, tolerance, on = Path.cwd(), tolerances(asked), _board(board)
    if base is None:
        base, why = repository.main_before(here)
        if not base:
            say(f"nothing to compare with: {why}")
            return
    on_purpose, notes = accepted(here, base, head)
    made = compare(side(base, here), side(head, here), on, tolerance, firmware, on_purpose)
    made.notes.extend(notes)
    if as_json:
        click.echo(json.dumps(table.as_json(made), indent=1))
    elif as_markdown or not sys.stdout.isatty():
        click.echo(table.markdown(made))
    else:
        _show(made)
    if made.regressions:
        more = f" ({len(made.regressions)} in all)" if len(made.regressions) > MOST else ""
        raise UserError(f"worse than is tolerated: {'; '.join(made.regressions[:MOST])}{more}")


MOST = 5  # regressions in the last line; the table has them all


def tolerances(asked: tuple[str, ...]) -> dict[str, float]:
    """Percent by figure, of FIGURE=PERCENT."""
    chosen = dict(TOLERANCES)
    for word in asked:
        key, _, percent = word.partition("=")
        try:
            chosen[key] = float(percent.removesuffix("%"))
        except ValueError:
            chosen[key] = -1
        if key not in TOLERANCES or not 0 <= chosen[key] < float("inf"):
            raise UserError(
                f"expected --tolerance FIGURE=PERCENT with one of {', '.join(TOLERANCES)} and 0 or more, found {word!r}"
            )
    return chosen


def _board(name: str) -> Processor:
    return Processor(name, clock(name), supply(name))


def _show(made: Comparison) -> None:
    console = Console()
    console.print(table.terminal(made))
    for line in [*made.notes, *table.foot(made)]:
        console.print(line, markup=False, highlight=False)
