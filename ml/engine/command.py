"""`python -m ml compile APP|MODEL.tflite --engine tflm --out DIR`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click

from ml.compiler.model_file import c_name, read_model
from ml.engine.write import Made, of_app, of_file
from ml.errors import UserError
from ml.pipeline.contract import find


def write(model: str, out: Path | None, name: str | None, as_json: bool) -> None:
    """Writes the sources, and says what they take."""
    if out is None:
        raise UserError("expected a folder for the sources, found none; give one with --out DIR")
    made = _made(model, Path(out), name)
    if as_json:
        click.echo(json.dumps(figures(made), indent=2))
        return
    arena = made.arena
    click.echo(
        f"model {made.hash}: {made.bytes:,} B, {len(made.model.nodes)} operators of {len(made.model.kinds)} kinds: "
        f"{', '.join(made.model.kinds)}"
    )
    click.echo(
        f"arena {arena.narrow:,} B where pointers have 32 bits ({arena.wide:,} B measured, where they have 64), "
        f"{arena.cmsis_nn:,} B more with CMSIS-NN"
    )
    click.echo(f"wrote {made.header} and what it needs; build it with lib/engine_tflm: docs/tflm.md")


def _made(model: str, out: Path, name: str | None) -> Made:
    if model.endswith(".tflite"):
        return of_file(Path(model), read_model(Path(model)), name or c_name(Path(model)), out)
    if name:
        raise UserError(f"expected no --name, for it is the application's, found {name!r}; leave it out")
    find(model)
    return of_app(model, out)


def figures(made: Made) -> dict:
    """Sizes in bytes."""
    return {
        "engine": "tflm",
        "header": str(made.header),
        "model": made.hash,
        "model_bytes": made.bytes,
        "operators": list(made.model.kinds),
        "layers": len(made.model.nodes),
        "resource_variables": made.model.variables,
        "arena": dataclasses.asdict(made.arena),
    }
