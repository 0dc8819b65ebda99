#!/usr/bin/env python3
"""The MLPerf Tiny benchmark for any int8 model, data set and board.

    python tools/mlperf.py build kws_ref_model.tflite --id kws01
    pio run -e inference_bench-virtual -t upload
    python tools/mlperf.py run --port virtual --data kws01/          # a folder with y_labels.csv, or held_out.npz

The firmware speaks the device protocol of MLPerf Tiny: the runner published with it drives it as well (docs/mlperf.md).
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ml.cli import Between, run_cli
from ml.errors import UserError
from ml.link.bench import INFER_S, Bench
from ml.link.port import BAUD
from ml.progress import say, track
from tools.mlperf_tiny import build as building
from tools.mlperf_tiny import dataset, published
from tools.mlperf_tiny.score import LEAST_S, WINDOWS, Accuracy, Performance, accuracy, performance


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """The MLPerf Tiny benchmark for any int8 model, data set and board."""


@cli.command()
@click.argument("model")
@click.option(
    "--id", "identity", required=True, metavar="NAME", help="The model's name for the runner: kws01, vww01, ic01, ad01."
)
@click.option(
    "--input", "inputs", type=click.Choice(list(building.INPUTS)), help="The type of the host's data. [by the id]"
)
@click.option(
    "--result", type=click.Choice(list(building.RESULTS)), help="The kind of result for the host. [by the id]"
)
@click.option("--vendor", default="thimble", show_default=True)
@click.option("--mode", type=click.Choice(list(building.BAUDS)), default="performance", show_default=True)
def build(model: str, identity: str, inputs: str | None, result: str | None, vendor: str, mode: str) -> None:
    """Put MODEL into apps/inference_bench: a .tflite file, a compiled header, or an application's name."""
    for what, text in (("--id", identity), ("--vendor", vendor)):
        if not text.replace("-", "").replace("_", "").isalnum() or not text.isascii() or len(text) > 31:
            raise UserError(f"{what}: expected up to 31 letters, digits, - and _, found {text[:40]!r}")
    usual = building.KNOWN.get(identity, ("int8", "scores"))
    choice = building.Choice(identity, inputs or usual[0], result or usual[1], vendor, mode)
    folder = building.build(model, choice)
    say(f"for {mode} at {building.BAUDS[mode]} baud: {folder}")
    say("flash it with: pio run -e inference_bench-virtual -t upload")


@cli.command()
@click.option("--port", default="virtual", show_default=True, help="A board or a serial port.")
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder with y_labels.csv, or an .npz.")
@click.option("--baud", default=BAUD, show_default=True)
@click.option("--iterations", type=click.IntRange(1), help=f"Of each window. [as many as fill {LEAST_S:g} s]")
@click.option("--warmups", default=10, show_default=True, type=click.IntRange(0))
@click.option("--no-performance", is_flag=True, help="Accuracy only.")
@click.option("--no-accuracy", is_flag=True, help="Performance only.")
@click.option("--limit", type=click.IntRange(1), help="Ask only the first of the data set's inputs.")
@click.option("--timeout", default=INFER_S, show_default=True, type=Between(0), help="Seconds to wait for `infer`.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def run(
    port: str,
    *,
    data: Path,
    baud: int,
    iterations: int | None,
    warmups: int,
    no_performance: bool,
    no_accuracy: bool,
    limit: int | None,
    timeout: float,
    as_json: bool,
) -> None:
    """Performance and accuracy of the model on the board at --port."""
    questions = dataset.load(data)[:limit]
    speed = right = None
    with contextlib.closing(Bench(port, baud, timeout)) as bench:
        name, model = bench.name, bench.model
        if not no_performance:
            speed = performance(
                bench, questions[0], iterations, warmups, lambda these: track(these, "performance", WINDOWS)
            )
        if not no_accuracy:
            right = accuracy(bench, questions, lambda these: track(these, "accuracy", len(questions)))
    if as_json:
        click.echo(json.dumps(summary(name, model, speed, right), indent=1))
    else:
        (Console() if sys.stdout.isatty() else Console(width=100)).print(table(name, model, speed, right))


@cli.command()
@click.argument("checkout", type=click.Path(file_okay=False, path_type=Path))
@click.option("--port", default="virtual", show_default=True, help="A board or a serial port.")
@click.option(
    "--data", required=True, type=click.Path(path_type=Path), help="Folder with kws01/y_labels.csv and so on."
)
@click.option("--mode", type=click.Choice(list(published.MODES)), default="accuracy", show_default=True)
@click.option("--python", default=sys.executable, help=f"With {published.NEEDS}. [this one]")
@click.option("--limit", type=click.IntRange(1), help="Only the first of the data set's inputs.")
def runner(checkout: Path, *, port: str, data: Path, mode: str, python: str, limit: int | None) -> None:
    """Drive the board by the runner published with MLPerf Tiny, unchanged; CHECKOUT is one of mlcommons/tiny."""
    folder = published.run(checkout, port, data, mode, python, limit)
    say(f"its settings and sessions: {folder}")


def summary(name: str, model: str, speed: Performance | None, right: Accuracy | None) -> dict:
    found: dict = {"device": name, "model": model}
    if speed:
        found["performance"] = dataclasses.asdict(speed) | {"per_second": speed.per_second, "valid": speed.valid}
    if right:
        found["accuracy"] = dataclasses.asdict(right)
    return found


def table(name: str, model: str, speed: Performance | None, right: Accuracy | None) -> Table:
    made = Table(title=f"{model} on {name}", title_justify="left", show_header=False)
    if speed:
        short = "" if speed.valid else f" (not valid: windows of {min(speed.seconds):.2f} s, {LEAST_S:g} s are asked)"
        made.add_row("throughput", f"{speed.per_second:.3f} inferences a second{short}")
        made.add_row("windows", ", ".join(f"{one:.3f} s" for one in speed.seconds) + f", {speed.iterations} each")
    if right:
        spread = f" ({right.interval[0]:.1%} to {right.interval[1]:.1%})" if right.interval else ""
        made.add_row(right.metric, f"{right.value:.3%}{spread} of {right.inputs} inputs")
    return made


if __name__ == "__main__":
    run_cli(cli, "mlperf")
