"""`python -m ml data fetch NAME`: a public data set, proven and unpacked."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from ml.data.commands.tables import print_table
from ml.data.fetching.catalogue import CATALOGUE, Entry, find, read_catalogue
from ml.data.fetching.get import fetch
from ml.paths import ROOT
from ml.progress import console, say


@click.command("fetch")
@click.argument("name", required=False)
@click.option(
    "--to", type=click.Path(file_okay=False), help="Folder for the data set, instead of datasets/fetched/NAME."
)
@click.option("--accept", metavar="SHA256", help="The SHA-256 of the archive, if the catalogue states none.")
@click.option("--catalogue", type=click.Path(exists=True, dir_okay=False), default=CATALOGUE, help="Another catalogue.")
def fetch_(name: str | None, to: str | None, accept: str | None, catalogue: str) -> None:
    """Download the data set NAME of the catalogue; without NAME list them.

    An interrupted download continues where it stopped. The archive is used only if its SHA-256 is right.
    """
    if name is None:
        _list(Path(catalogue))
        return
    entry = find(name, Path(catalogue))
    folder = Path(to) if to else ROOT / "datasets" / "fetched" / name
    say(f"{entry.about}; licence {entry.licence}")
    files = fetch(entry, folder.resolve(), lambda found: _vouched(entry, found, accept), bar)
    say(f"{files} files in {folder}; cite: {entry.cite}")
    click.echo(entry.then.format(folder=folder))


def _list(catalogue: Path) -> None:
    rows = [
        (entry.name, f"{entry.size / 1e6:,.0f}" if entry.size else "?", entry.licence, _sum(entry), entry.about)
        for entry in read_catalogue(catalogue).values()
    ]
    print_table("public data sets", ("name", "MB", "licence", "SHA-256", "what"), rows)


def _sum(entry: Entry) -> str:
    return f"{entry.sha256[:8]}..." if entry.sha256 else "not known"


def _vouched(entry: Entry, found: str, accept: str | None) -> bool:
    """Nobody published a sum: the user says whether it is right."""
    if accept is not None:
        return accept.strip().lower() == found
    if not sys.stdin.isatty():
        return False
    say(f"the catalogue knows no SHA-256 of {entry.name}; the archive from {entry.url} has {found}")
    return click.confirm("Is that right, or are you content with it?", default=False, err=True)


@contextlib.contextmanager
def bar(what: str) -> Iterator:
    """Bytes on a terminal; silence elsewhere."""
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
