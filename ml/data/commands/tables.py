"""Tables on stdout."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table


def print_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """The first column is text; the others stand right where they are numbers."""
    rows = [[str(value) for value in row] for row in rows]
    made = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        numbers = bool(rows) and all(row[index][:1].isdigit() for row in rows)
        made.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        made.add_row(*(value.replace("[", "\\[") for value in row))
    (Console() if sys.stdout.isatty() else Console(width=140)).print(made)
