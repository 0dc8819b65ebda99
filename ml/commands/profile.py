"""`python -m ml profile MODEL.tflite --on virtual`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from ml.compiler.model_file import c_name, model_path, read_model
from ml.compiler.operators import Options
from ml.engine import side_by_side
from ml.profile.measure import LIMIT, Profile, clock, profile


@click.command("profile")
@click.argument("model", metavar="APP|MODEL.tflite", type=model_path)
@click.option("--on", "target", type=click.Choice(["virtual"]), default="virtual", show_default=True)
@click.option(
    "--board", default="nano33ble", show_default=True, help="The board whose clock converts cycles to milliseconds."
)
@click.option("--optimise", type=click.Choice(["speed", "size", "code"]), default="speed", show_default=True)
@click.option(
    "--weights", type=click.Choice(["auto", "4", "8"]), default="auto", show_default=True, help="As compile's."
)
@click.option(
    "--against",
    type=click.Choice(["tflm"]),
    help="Count the model on TensorFlow Lite Micro too, from the checkout at $THIMBLE_TFLM, and put both side by side.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def profile_(
    model: Path, *, target: str, board: str, optimise: str, weights: str, against: str | None, as_json: bool
) -> None:
    """Instructions and estimated cycles of a model on an emulated Cortex-M4, layer by layer."""
    hertz = clock(board)
    made = profile(read_model(model), c_name(model), Options(optimise, weights=weights), title=model.name)
    other = side_by_side.measure(model, made) if against else None
    if as_json:
        beside = {"tflm": side_by_side.figures(other)} if other else {}
        click.echo(json.dumps(figures(made, board, hertz) | beside, indent=2))
        return
    console = Console() if sys.stdout.isatty() else Console(width=160)
    console.print(table(made, hertz))
    console.print(summary(made, board, hertz), highlight=False)
    if other:
        console.print(side_by_side.table(made, other, hertz))
        console.print(side_by_side.summary(other), highlight=False, soft_wrap=True)


def figures(made: Profile, board: str, hertz: int) -> dict:
    """Sizes in bytes, times in ms. Cycles and times are estimates."""
    layers = [
        {
            "layer": layer.number,
            "operator": layer.operator,
            "kernel": layer.kernel,
            "macs": layer.macs,
            "instructions": layer.count.instructions,
            "estimated_cycles": layer.count.cycles,
            "macs_per_cycle": round(layer.macs_per_cycle, 4),
            "estimated_ms": round(layer.count.cycles / hertz * 1e3, 4),
            "share_of_limit": round(layer.macs_per_cycle / LIMIT, 4),
            "why": layer.why,
        }
        for layer in made.layers
    ]
    return {
        "model": made.compiled.hash,
        "check_crc32": f"{made.compiled.check:08x}",
        "agrees": made.agrees,
        "board": board,
        "clock_hz": hertz,
        "instructions": made.total.instructions,
        "estimated_cycles": made.total.cycles,
        "estimated_cycles_range": [made.cycles(1), made.cycles(3)],
        "estimated_ms": round(made.total.cycles / hertz * 1e3, 4),
        "flash_bytes": made.image.flash,
        "ram_bytes": made.image.ram,
        "layers": layers,
    }


def table(made: Profile, hertz: int) -> Table:
    rows = Table(title=f"model {made.compiled.hash} on the emulated Cortex-M4F", title_justify="left")
    rows.add_column("layer")
    rows.add_column("operator", no_wrap=True)
    for heading in ("MACs", "instructions", "cycles ~", "MACs/cycle", "of limit", "ms ~"):
        rows.add_column(heading, justify="right", no_wrap=True)
    rows.add_column("why not the limit")
    for layer in made.layers:
        cycles = layer.count.cycles
        rate = (f"{layer.macs_per_cycle:.2f}", f"{layer.macs_per_cycle / LIMIT:.0%}") if layer.macs else ("", "")
        macs = f"{layer.macs:,}" if layer.macs else ""
        counted = (f"{layer.count.instructions:,}", f"{cycles:,}", *rate, f"{cycles / hertz * 1e3:.2f}")
        rows.add_row(str(layer.number), layer.operator, macs, *counted, layer.why)
    return rows


def summary(made: Profile, board: str, hertz: int) -> str:
    total = made.total
    state = "as on this computer" if made.agrees else "DIFFERENT from this computer's"
    return (
        f"{total.instructions:,} instructions (exact), about {total.cycles:,} cycles ({made.cycles(1):,} to "
        f"{made.cycles(3):,}), about {total.cycles / hertz * 1e3:.2f} ms on {board} at {hertz / 1e6:g} MHz without "
        f"wait states: estimates by the Cortex-M4's manual, not measured on silicon\n"
        f"RAM {made.image.ram:,} B without stack, flash {made.image.flash:,} B with start-up code; output CRC "
        f"{made.compiled.check:08x}, {state}; the limit is {LIMIT:g} multiply-accumulates a cycle, those of SMLAD"
    )
