"""Progress on a terminal; silence in a pipe, where each step is one line."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

console = Console(stderr=True, highlight=False)
T = TypeVar("T")


def say(line: str) -> None:
    """One line for the user, on stderr: stdout is for results."""
    console.print(line, markup=False, soft_wrap=True)


def track(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """Passes `total` items on and shows how far they are."""
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(items, total, description=what)
