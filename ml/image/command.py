"""`python -m ml pack APP|MODEL.tflite|HEADER.h`."""

from __future__ import annotations

import importlib
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import click

from ml.compiler.command import c_name, read_model
from ml.compiler.compile import compile_model
from ml.errors import UserError
from ml.image.pack import Packed, pack
from ml.paths import ROOT

COST = (
    "on an emulated Cortex-M4: {image_instructions:,} instructions an inference, {compiled_instructions:,} compiled in;"
    "\n{open_instructions:,} to open it; lib/image {library_flash:,} B of flash and {ram:,} B of RAM beside arena and "
    "state;\n{kernels_flash:,} B more of flash if the firmware has every kernel"
)


@click.command("pack")
@click.argument("model")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The image; <name>.tmb when left out.")
@click.option("--name", help="C name of a .tflite's model; from the file name when left out.")
@click.option("--host", is_flag=True, help="For firmware that runs on this computer (board `host`), not for boards.")
@click.option("--cost", is_flag=True, help="Also measure it against the compiled header, on an emulated Cortex-M4.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def pack_(model: str, *, out: Path | None, name: str | None, host: bool, cost: bool, as_json: bool) -> None:
    """Write a model image: data that firmware takes without being built again.

    MODEL is an application, whose committed model is taken, a .tflite or a compiled header.
    """
    with tempfile.TemporaryDirectory() as folder:
        header = _header(model, name, Path(folder))
        packed = pack(header, host)
        found = figures(packed) | (_cost(header) if cost else {})
    path = out or Path(f"{packed.name}.tmb")
    packed.write(path)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    click.echo(summary(packed))
    if cost:
        click.echo(COST.format(**found["cost"]))
    click.echo(f"wrote {path}")


def _cost(header: Path) -> dict:
    measured = importlib.import_module("ml.image.board").cost(header)  # the emulator is loaded where it is wanted
    return {"cost": asdict(measured)}


def _header(model: str, name: str | None, folder: Path) -> Path:
    """The compiled header to be packed; a .tflite is compiled to `folder` first."""
    if model.endswith(".tflite"):
        path = Path(model)
        return compile_model(read_model(path), name or c_name(path), folder, title=path.name).header
    if name:
        raise UserError(f"expected a .tflite file beside --name, found {model!r}; leave --name out")
    return Path(model) if model.endswith(".h") else committed_header(model)


def committed_header(app: str) -> Path:
    """lib/<app>_model/<app>_model.h."""
    header = ROOT / "lib" / f"{app}_model" / f"{app}_model.h"
    if not header.is_file():
        known = sorted(path.parent.name.removesuffix("_model") for path in (ROOT / "lib").glob("*_model/*_model.h"))
        raise UserError(f"expected {', '.join(known)}, a .tflite or a header, found {app!r}; name one of them")
    return header


def figures(packed: Packed) -> dict:
    """What a firmware must have for the image."""
    return {
        "name": packed.name,
        "bytes": len(packed.data),
        "pointer": packed.pointer,
        "arena": packed.arena,
        "state": packed.state,
        "window": packed.window,
        "params": packed.params,
        "relocations": packed.pointers,
        "layers": packed.layers,
        "classes": packed.classes,
        "check": f"{packed.check:08x}",
        "kernels": {kernel.name: kernel.version for kernel in packed.kernels},
        "settings": list(packed.settings),
    }


def summary(packed: Packed) -> str:
    """For people."""
    kernels = ", ".join(kernel.name for kernel in packed.kernels)
    return (
        f"{packed.name}: {len(packed.data):,} B, {packed.layers} layers, {packed.pointers} relocations; it needs "
        f"an arena of {packed.arena:,} B, {packed.state:,} B of state, {packed.params:,} B for what is relocated, a "
        f"window of {packed.window:,} B\nkernels: {kernels}\nsettings: {', '.join(packed.settings) or 'none'}"
    )
