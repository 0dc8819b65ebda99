"""`python -m ml compile MODEL.tflite|APP --out DIR`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from click.core import ParameterSource
from rich.console import Console

from ml.cli import false_alarms
from ml.commands.run import compile_app
from ml.compiler.compile import Compiled, compile_model
from ml.compiler.model_file import c_name, read_model
from ml.compiler.operators import Options
from ml.compiler.report import report, summary, table
from ml.compiler.streaming.command import request
from ml.engine.command import write
from ml.errors import UserError

OF_FILES = {"name", "optimise", "weights", "stream", "hop", "board_flash", "board_ram"}


@click.command("compile")
@click.argument("model", metavar="APP|MODEL.tflite")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the header and library.json; of an application its own when left out.",
)
@click.option("--name", help="C name of the model; from the file name when left out.")
@click.option("--optimise", type=click.Choice(["speed", "size", "code"]), default="speed", show_default=True)
@click.option(
    "--weights",
    type=click.Choice(["auto", "4", "8"]),
    default="auto",
    show_default=True,
    help="Bits of a weight where all of a layer's are -8..7: 4 where that costs next to no cycles, wherever it can be "
    "exact, or nowhere.",
)
@click.option(
    "--stream",
    is_flag=False,
    flag_value="auto",
    metavar="[AXIS|auto]",
    help="Write the streaming form: a step takes --hop new rows along this axis of the input (auto: the first).",
)
@click.option("--hop", type=click.IntRange(min=1), help="New rows that a step of the streaming form takes.")
@click.option("--board-flash", type=click.IntRange(min=1), help="Refuse a model whose constants exceed these bytes.")
@click.option(
    "--board-ram", type=click.IntRange(min=1), help="Refuse a model whose arena and state exceed these bytes."
)
@false_alarms(
    "--target-false-alarms-per-hour", "aim", "Of an application: another operating point for the same network."
)
@false_alarms(
    "--upper-bound-per-hour",
    "bound",
    "With it: the most false alarms an hour that the upper end of its 95 % interval may reach.",
)
@click.option(
    "--engine",
    type=click.Choice(["header", "tflm"]),
    default="header",
    show_default=True,
    help="tflm: write sources for TensorFlow Lite Micro's interpreter instead (docs/tflm.md); of an application, with "
    "the settings of its compiled header.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.pass_context
def compile_(
    context: click.Context, model: str, *, out, name, optimise, weights, stream, hop, board_flash, board_ram, aim,
    bound, engine, as_json,
) -> None:  # fmt: skip
    """Compile an int8 .tflite, or an application's trained model, to one C header.

    An application has settings of its own: beside it only --out, --json, --engine and an operating point are taken.
    """
    if engine == "tflm":
        _refuse_others(context, {"name"}, "--out, --name and --json beside --engine tflm")
        write(model, out, name, as_json)
        return
    asked = request(stream, hop, board_ram)
    if model.endswith(".tflite"):
        _refuse_others(context, OF_FILES, "no operating point beside a .tflite file, which has none")
        limits = {"flash": board_flash, "RAM": board_ram}
        made = _compile_file(
            Path(model), out, name, options=Options(optimise, weights=weights), stream=asked, limits=limits
        )
        figures = report(made)
    elif asked:
        raise UserError(f"expected a .tflite file beside --stream, found {model!r}; give the application's model file")
    else:
        _refuse_others(context, {"aim", "bound"}, "--out, --json and an operating point beside an application")
        figures = compile_app(model, str(out) if out else None, aim, bound)
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return
    console = Console() if sys.stdout.isatty() else Console(width=120)
    console.print(table(figures))
    click.echo(summary(figures))
    click.echo(f"wrote {figures['header']}")


def _refuse_others(context: click.Context, kept: set[str], expected: str) -> None:
    """What would have no effect."""
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") == ParameterSource.COMMANDLINE
        if given and parameter.name not in {"model", "out", "engine", "as_json"} | kept:
            raise UserError(f"expected {expected}, found {parameter.opts[0]}; leave it out")


def _compile_file(path: Path, out: Path | None, name: str | None, **choices) -> Compiled:
    if out is None:
        raise UserError("expected a folder for the header, found none; give one with --out DIR")
    return compile_model(read_model(path), name or c_name(path), out, title=path.name, **choices)
