"""`python -m ml export APP|MODEL.tflite|MODEL.h --for TARGET --out DIR`."""

from __future__ import annotations

from pathlib import Path

import click

from ml.compiler.emit import identifier
from ml.errors import UserError
from ml.export.layouts import TARGETS
from ml.export.model import find
from ml.export.write import write
from ml.progress import echo


@click.command("export")
@click.argument("model", metavar="APP|MODEL.tflite|MODEL.h")
@click.option("--for", "target", required=True, type=click.Choice(list(TARGETS)), help="Where the library goes.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the library; new or empty.")
@click.option("--name", help="Of a .tflite: C name of the library; from the file name when left out.")
@click.option(
    "--arena",
    metavar="NAME",
    help="Use memory of that name, which the program has: libraries with the same name share it.",
)
def export(model: str, target: str, out: Path, name: str | None, arena: str | None) -> None:
    """Write a model as source code for other firmware: push samples, poll events. Needs nothing of this repository."""
    if arena is not None:
        identifier(arena)
    if name is not None and not model.endswith(".tflite"):
        raise UserError(f"expected --name beside a .tflite, found {model!r}, which has a name; leave --name out")
    found = find(model, name)
    places = write(found, TARGETS[target], out, arena)
    units = sum(place.endswith(".c") and "/examples/" not in f"/{place}" for place in places)
    echo(f"{found.name}: {len(places)} files, {units} of them C sources; the self-check passed on this computer")
    echo(f"wrote {out}")
