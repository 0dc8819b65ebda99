"""`python -m ml data split DATA`: who trains, validates and tests, written down for good."""

from collections import Counter
from pathlib import Path

import click

from ml.cli import Between
from ml.data.commands.tables import print_table
from ml.data.manifest import find_rows
from ml.data.rows import Row
from ml.data.split import check_unit
from ml.data.split_file import PARTS, Shares, assign, read_split, write_split
from ml.errors import UserError
from ml.progress import say


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False))
@click.option(
    "--test", default=Shares.test, show_default=True, type=Between(0, 1), help="Share of the subjects in the test."
)
@click.option(
    "--validation",
    default=Shares.validation,
    show_default=True,
    type=Between(0, 1),
    help="Share of the subjects in validation.",
)
@click.option("--salt", default="", help="Another text gives another split.")
@click.option("--move", multiple=True, metavar="SUBJECT=PART", help="Set a subject's part by hand.")
@click.option(
    "--by",
    "unit",
    default="subject",
    show_default=True,
    help="Only `subject` is allowed; anything else is refused, with the reason.",
)
def split(data: str, test: float, validation: float, salt: str, move: tuple[str, ...], unit: str) -> None:
    """Write split.csv beside the manifest of folder DATA; the pipeline keeps to it.

    A subject's part depends on its name alone. A subject in split.csv keeps its part; new subjects are added.
    """
    check_unit(unit)
    root, rows = find_rows(Path(data).resolve())
    folder = root.parent if root.is_file() else root
    before = read_split(folder)
    parts = assign({row.subject for row in rows}, before, Shares(test, validation), salt) | dict(map(_move, move))
    path = write_split(folder, parts)
    _print(rows, parts)
    say(f"{len(set(parts) - set(before))} subjects are new: {path}")


def _move(text: str) -> tuple[str, str]:
    subject, _, part = text.rpartition("=")
    if not subject or part not in PARTS:
        raise UserError(f"--move: expected SUBJECT={'|'.join(PARTS)}, found {text!r}")
    return subject, part


def _print(rows: list[Row], parts: dict[str, str]) -> None:
    recordings = Counter(parts[row.subject] for row in rows)
    people = Counter(parts[subject] for subject in {row.subject for row in rows})
    labels = {part: len({row.label for row in rows if parts[row.subject] == part}) for part in PARTS}
    print_table("split", ("part", "subjects", "recordings", "labels"),
                [(part, people[part], recordings[part], labels[part]) for part in PARTS])  # fmt: skip
