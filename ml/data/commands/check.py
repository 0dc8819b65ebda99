"""`python -m ml data check DATA`."""

import html
import json
from collections import Counter
from pathlib import Path

import click

from ml.data.checking.check import Report, check
from ml.data.checking.neighbours import LEAST
from ml.data.commands.tables import print_table
from ml.errors import UserError
from ml.files import replace_file, write_json

SHOWN = 15  # findings of a kind that are printed; --all prints all


@click.command("check")
@click.argument("data", type=click.Path(exists=True, file_okay=False))
@click.option("--all", "everything", is_flag=True, help=f"Print more than {SHOWN} findings of a kind.")
@click.option("--no-compare", is_flag=True, help="Do not compare recordings with each other: faster.")
@click.option("--strict", is_flag=True, help="Fail when a recording is unusable.")
@click.option("--out", type=click.Path(file_okay=False), help="Folder for check.json and check.html.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check_(data: str, everything: bool, no_compare: bool, strict: bool, out: str | None, as_json: bool) -> None:
    """Look for faults of the data set in folder DATA.

    Clipping, silence, gaps, drift, wrong rates and units, unreadable files, duplicates and near duplicates, and
    recordings that look like another label.
    """
    report = check(Path(data), compare=not no_compare)
    if as_json:
        click.echo(json.dumps(report.json(), indent=1))
    else:
        _print(report, everything)
    if out:
        write_json(Path(out) / "check.json", report.json())
        replace_file(Path(out) / "check.html", _page(report).encode())
    if strict and report.unusable:
        raise UserError(
            f"{data}: expected every recording to be usable (--strict), found {report.unusable} that are not"
        )


def _print(report: Report, everything: bool) -> None:
    kinds = Counter(one.kind for one in report.told)
    seen: Counter[str] = Counter()
    rows = []
    for one in report.told:
        seen[one.kind] += 1
        if everything or seen[one.kind] <= SHOWN:
            rows.append((one.kind + (" (unusable)" if one.unusable else ""), one.file, one.text))
    if rows:
        print_table(f"findings in {report.folder}", ("kind", "file", "what"), rows)
    for kind, count in kinds.items():
        if count > SHOWN and not everything:
            click.echo(f"{kind}: {count} in all; --all shows them")
    for line in headlines(report):
        click.echo(line)


def headlines(report: Report) -> list[str]:
    """What it comes to."""
    kinds = Counter(one.kind for one in report.told)
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
    lines = [f"{report.recordings} recordings, {report.unusable} unusable; findings: {said}"]
    for sensor, share in report.neighbours_right.items():
        unsure = "" if share >= LEAST else ": too few to tell a wrong label, none is reported"
        lines.append(f"{sensor}: the neighbours of {share:.0%} of the recordings have their label{unsure}")
    return lines


def _page(report: Report) -> str:
    rows = [
        f"<tr><td>{html.escape(one.kind)}<td><code>{html.escape(one.file)}</code><td>{html.escape(one.text)}</tr>"
        for one in report.told
    ]
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in headlines(report))
    head = f"<!doctype html><meta charset=utf-8><title>Check</title><h1>{html.escape(report.folder)}</h1>{lines}"
    return "\n".join([head, "<table><tr><th>kind<th>file<th>what</tr>", *rows, "</table>", ""])
