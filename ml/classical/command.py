"""`python -m ml classical APP|--examples FILE.npz --bytes 2048`."""

import json
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ml.classical import rows
from ml.classical.explain import explain
from ml.classical.families import FAMILIES
from ml.classical.product import named, write
from ml.classical.products import PRODUCTS
from ml.classical.search import Result, search
from ml.classical.uno import missing
from ml.errors import UserError
from ml.evaluate.intervals import wilson
from ml.pipeline.apps import APPS
from ml.pipeline.run import Run
from ml.printable import printable
from ml.progress import console, echo, say

WIDTH = 100  # of the table at least


@click.command()
@click.argument("app", required=False)
@click.option(
    "--examples", type=click.Path(path_type=Path), help="An .npz: inputs (n, inputs) in -128..127, labels, subjects."
)
@click.option("--data", type=click.Path(), help="Recordings for APP; simulated ones when left out.")
@click.option("--hold-out", multiple=True, help="Whom the model is judged by; may be given several times.")
@click.option(
    "--bytes", "budget", type=click.IntRange(1), default=2048, show_default=True, help="Of all tables, at most."
)
@click.option("--family", "families", multiple=True, type=click.Choice(FAMILIES), help="Only these; all when left out.")
@click.option("--name", help="Of the header and its functions, a C identifier.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the header.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--quick", is_flag=True, help="A trial of APP on little data.")
@click.option("--explain", "explained", is_flag=True, help="Also print the best tree as text.")
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
def classical(app, examples, data, hold_out, budget, families, name, out, seed, quick, explained, as_json) -> None:
    """Train every family of classical models within a budget, compare them, write the best as a C header.

    APP is an application whose windows become features (gesture_classical: the gestures, on an Arduino Uno). All models
    are integers; accuracy is that of the C.
    """
    if (app is None) == (examples is None):
        raise UserError(
            f"expected an application ({', '.join((*PRODUCTS, *APPS))}) or --examples FILE.npz, and not both"
        )
    if examples is not None and (data or quick):
        raise UserError("--examples: expected no --data and no --quick beside it; leave them out")
    name = named(app, examples, name)
    if examples is not None:
        material = rows.of_file(examples, hold_out, seed)
    else:
        base = PRODUCTS.get(app, app)
        if base not in APPS:
            raise UserError(f"expected an application ({', '.join((*PRODUCTS, *APPS))}), found {app!r}")
        say(f"windows of {base} ...")
        material = rows.of_app(Run(base, data, hold_out, seed, quick))
    if missing():
        say(f"no figures of an Uno: {missing()}")
    results = search(material, budget, families, seed, measure=True)
    if app in PRODUCTS and results[0].too_large:
        raise UserError(f"{app}: expected a model that an Uno has room for, found a larger one; lower --bytes")
    written = write(results[0], material, name, app, out)
    if as_json:
        click.echo(json.dumps([_row(result) for result in results], indent=1))
        return
    _print(results, material, budget)
    best = results[0]
    echo(f"{written}: {best.family}, {best.form.bytes if best.form else 0:,} B of tables")
    if explained:
        trees = next((one for one in results if one.family == "tree" and one.form), best)
        for line in explain(trees.form, material.names, material.labels).splitlines():
            echo(line)


def _row(result: Result) -> dict:
    row: dict = {"family": result.family, "shape": result.shape}
    if result.form is None:
        return row | {"needs_bytes": result.least}
    cost = result.cost
    uno = (
        {"flash": cost.flash, "ram": cost.ram, "cycles": cost.cycles, "most_cycles": cost.most_cycles} if cost else None
    )
    judged = {"right": result.right, "total": result.total, "accuracy": result.right / max(1, result.total)}
    judged |= {"interval": wilson(result.right, result.total), "validated": result.validated}
    return row | {"bytes": result.form.bytes, "uno": uno, "differ_from_scikit_learn": result.differ} | judged


def _print(results: list[Result], material: rows.Material, budget: int) -> None:
    table = Table(
        title=Text(printable(f"Within {budget:,} B of tables; judged by {len(material.test):,} rows: {material.said}")),
        title_justify="left",
    )
    for column in ("family", "bytes", "flash", "RAM", "cycles", "validated", "right", "95 %", "differ"):
        table.add_column(column, justify="left" if column == "family" else "right")
    for result in results:
        name = f"{result.family} {result.shape}".strip()
        if result.form is None:
            table.add_row(name, f"needs {result.least:,}")
            continue
        cost = result.cost
        none = ("too large", "-", "-") if result.too_large else ("-", "-", "-")
        uno = (f"{cost.flash:,}", f"{cost.ram:,}", f"{cost.cycles:,}") if cost else none
        low, high = wilson(result.right, result.total)
        share = result.right / max(1, result.total)
        judged = (f"{result.validated:.1%}", f"{share:.1%}", f"{100 * low:.1f} to {100 * high:.1f}", str(result.differ))
        table.add_row(name, f"{result.form.bytes:,}", *uno, *judged)
    Console(width=max(WIDTH, console.width)).print(table)
    say("flash, RAM, cycles: of the model alone on an Uno; validated: on who was left out in turns, mean of classes")
    say("differ: rows, of all, on which the C's answer is not that of scikit-learn's floats")
