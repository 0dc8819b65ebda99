"""Progress on a terminal; silence in a pipe, where each step is one line."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ml.printable import printable

console = Console(stderr=True, highlight=False, emoji=False)
T = TypeVar("T")


def say(line: str) -> None:
    """One line for the user, on stderr: stdout is for results. Names of others in it are safe."""
    console.print(printable(line), markup=False, soft_wrap=True)


def echo(line: str) -> None:
    """One line of a result, on stdout. Names of others in it are safe."""
    click.echo(printable(line))


def track(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """Passes `total` items on and shows how far they are."""
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(items, total, description=what)
