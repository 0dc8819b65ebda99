"""`python -m ml data list`: the data sets at hand, by their lists alone."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from ml.data.commands.tables import print_table
from ml.data.manifest import listed
from ml.data.sources import licence
from ml.data.speech_commands import is_tree
from ml.errors import UserError
from ml.paths import ROOT

DEEP = 4  # folders below the one that is looked through


@click.command("list")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def list_(folders: tuple[str, ...], as_json: bool) -> None:
    """Data sets in FOLDERS, or in datasets/."""
    places = [Path(folder) for folder in folders] or [ROOT / "datasets"]
    found = [describe(folder) for place in places for folder in data_sets(place)]
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return
    if not found:
        where = ", ".join(map(str, places))
        raise UserError(f"{where}: expected data sets, found none; record (tools/collect.py), fetch or import one")
    columns = ("folder", "recordings", "labels", "subjects", "rates Hz", "licence", "problem")
    print_table("data sets", columns, [[one[name] for name in columns] for one in found])


def data_sets(folder: Path, depth: int = DEEP) -> Iterator[Path]:
    """Folders with a list of recordings; what lies inside one of them belongs to it."""
    if (folder / "manifest.csv").is_file() or is_tree(folder):
        yield folder
    elif depth:
        for inside in sorted(folder.iterdir()):
            if inside.is_dir() and not inside.is_symlink() and not inside.name.startswith("."):
                yield from data_sets(inside, depth - 1)


def describe(folder: Path) -> dict:
    """A row of the table."""
    try:
        _, rows = listed(folder)
    except UserError as error:
        nothing = dict.fromkeys(("recordings", "labels", "subjects"), 0) | {"rates Hz": "", "licence": ""}
        return {"folder": str(folder)} | nothing | {"problem": str(error)}
    return {
        "folder": str(folder),
        "recordings": len(rows),
        "labels": len({row.label for row in rows}),
        "subjects": len({row.subject for row in rows}),
        "rates Hz": ", ".join(f"{rate:g}" for rate in sorted({row.rate_hz for row in rows})[:6]),
        "licence": ", ".join(sorted({licence(row) for row in rows} - {""})) or "not stated",
        "problem": "",
    }
