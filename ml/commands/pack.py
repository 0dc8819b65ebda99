"""`python -m ml pack APP|MODEL.tflite|HEADER.h`."""

from __future__ import annotations

import importlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TypedDict, Unpack

import click

from ml.compiler.compile import compile_model
from ml.compiler.model_file import c_name, read_model
from ml.errors import UserError
from ml.image.pack import Packed, pack
from ml.paths import ROOT
from ml.update.firmware import read_program, sign_firmware
from ml.update.keys import read as read_keys
from ml.update.package import Update
from ml.update.sign import Release, read_image, sign

GIVEN = click.Path(exists=True, dir_okay=False, path_type=Path)
COST = (
    "on an emulated Cortex-M4: {image_instructions:,} instructions an inference, {compiled_instructions:,} compiled in;"
    "\n{open_instructions:,} to open it; lib/image {library_flash:,} B of flash and {ram:,} B of RAM beside arena and "
    "state;\n{kernels_flash:,} B more of flash if the firmware has every kernel"
)


class Given(TypedDict):
    """The command line, as click hands it over."""

    model: str
    out: Path | None
    name: str | None
    host: bool
    cost: bool
    firmware: bool
    as_json: bool
    sign: str | None
    counter: int | None
    version: str | None
    trial: int
    base: Path | None
    key: str | None


@click.command("pack")
@click.argument("model")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The image; <name>.tmb when left out.")
@click.option("--name", help="C name of a .tflite's model; from the file name when left out.")
@click.option("--host", is_flag=True, help="For firmware that runs on this computer (board `host`), not for boards.")
@click.option("--cost", is_flag=True, help="Also measure it against the compiled header, on an emulated Cortex-M4.")
@click.option("--firmware", is_flag=True, help="MODEL is the firmware.elf of a build, --base that of what boards run.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option(
    "--sign", metavar="KEYS", help="Product, or file of its keys, that signs: also write a .tmu beside --out."
)
@click.option("--counter", type=click.IntRange(1, 2**32 - 1), help="Of the update: above that of every one before it.")
@click.option("--version", help="Of the update, for people; the counter when left out.")
@click.option("--trial", type=click.IntRange(1, 65535), default=8, show_default=True, help="Windows on trial.")
@click.option("--base", type=GIVEN, help="Image that the board has confirmed: send only what changed against it.")
@click.option("--key", metavar="ID", help="Which key of the product signs; the newest when left out.")
def pack_(**given: Unpack[Given]) -> None:
    """Write a model image: data that firmware takes without being built again.

    MODEL is an application, whose committed model is taken, a .tflite or a compiled header. With --firmware the update
    is a patch of the firmware itself.
    """
    if given["firmware"]:
        _pack_firmware(given)
        return
    signing = _signing(given)
    with tempfile.TemporaryDirectory() as folder:
        header = _header(given["model"], given["name"], Path(folder))
        packed = pack(header, given["host"])
        found = figures(packed) | (_cost(header) if given["cost"] else {})
    path = given["out"] or Path(f"{packed.name}.tmb")
    if given["base"] and path.resolve() == given["base"].resolve():
        raise UserError(f"{path}: expected another file than --base to write to, found the same; give --out")
    update = signing(packed) if signing else None
    packed.write(path)
    if update:
        update.write(path.with_suffix(".tmu"))
        found |= {"sent": update.sent, "payload": len(update.payload), "digest": update.manifest.digest.hex()}
    if given["as_json"]:
        click.echo(json.dumps(found, indent=2))
        return
    click.echo(summary(packed))
    if given["cost"]:
        click.echo(COST.format(**found["cost"]))
    click.echo(f"wrote {path}")
    if update:
        click.echo(f"wrote {path.with_suffix('.tmu')}: {update.sent:,} B to send, {len(update.payload):,} B of payload")


def _pack_firmware(given: Given) -> None:
    """Writes the update alone: there is no image without a base."""
    if given["sign"] is None or given["counter"] is None or given["base"] is None:
        raise UserError(
            "expected --sign, --counter and --base beside --firmware, found one missing; --base is the firmware.elf "
            "that the boards run"
        )
    program, base = (read_program(path, given["name"]) for path in (Path(given["model"]), given["base"]))
    release = Release(given["counter"], given["version"] or str(given["counter"]), given["trial"])
    update = sign_firmware(program, base, read_keys(given["sign"]), release, given["key"])
    path = (given["out"] or Path(program.app)).with_suffix(".tmu")
    update.write(path)
    share = 100 * len(update.payload) / len(program.data)
    found = {"name": program.app, "bytes": len(program.data), "sent": update.sent, "payload": len(update.payload)}
    told = f"{update.sent:,} B to send; the patch has {share:.1f} % of the firmware's {len(program.data):,} B"
    click.echo(json.dumps(found, indent=2) if given["as_json"] else f"wrote {path}: {told}")


def _signing(given: Given) -> Callable[[Packed], Update] | None:
    """What makes the update; reads the keys and the base before anything is compiled."""
    asked = [name for name in ("counter", "version", "base", "key") if given[name] is not None]
    if given["sign"] is None:
        if asked:
            raise UserError(f"expected --sign beside --{asked[0]}, found none; name the product whose key signs")
        return None
    if given["counter"] is None:
        raise UserError("expected --counter beside --sign, found none; it must be above that of the last update")
    keys, base = read_keys(given["sign"]), read_image(given["base"]) if given["base"] else None
    release = Release(given["counter"], given["version"] or str(given["counter"]), given["trial"])
    return lambda packed: sign(packed, keys, release, key=given["key"], base=base)


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
