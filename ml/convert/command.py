"""`python -m ml convert MODEL --examples FILE.npz`."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np

from ml.compiler.compile import prepare
from ml.convert import worker
from ml.convert.judge import FAIR_DB, LEAST_DB, Judged, integer_answers, judge
from ml.convert.original import turned
from ml.convert.worker import Made
from ml.data.arrays import DAMAGED, first
from ml.data.untrusted import MAX_EXAMPLES, why
from ml.errors import UserError
from ml.files import replace_file
from ml.progress import echo, say

CALIBRATION = 500  # examples that set the ranges, at most
SPARE = 8  # from how many examples on half of them judge only


@click.command("convert")
@click.argument("model", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--examples",
    "examples_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Inputs as the model takes them, a row each: an .npy file, or the first array of an .npz file.",
)
@click.option("--bits", type=click.Choice(["8", "16"]), default="8", show_default=True, help="Of activations.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The .tflite; MODEL.tflite when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def convert(model: Path, examples_file: Path, bits: str, out: Path | None, as_json: bool) -> None:
    """Convert a model of Keras, TensorFlow, ONNX or PyTorch to an int8 .tflite, judged by the original's answers."""
    examples = _examples(examples_file)
    out = out or Path(f"{model.stem}.tflite")
    if out.resolve() == model.resolve():
        raise UserError(f"{out}: expected another file to write than the model itself; name one with --out")
    worker.check_kind(model)
    chosen, spare = _split(examples)
    say(f"{model.name}: {len(chosen)} examples set the ranges, {len(spare)} judge ...")
    made = worker.run(model, chosen, spare, int(bits))
    judged = judge(made.expected, integer_answers(made.tflite, turned(spare, made.channels_first)))
    if judged.sqnr_db < LEAST_DB:
        raise UserError(
            f"{model.name}: expected answers like the original's, found {judged}; nothing was written: give more, or "
            "more typical, examples, or take --bits 16"
        )
    replace_file(out, made.tflite)
    _tell(model, out, made, judged, examples, as_json)


def _examples(path: Path) -> np.ndarray:
    """float32 [n, ...]."""
    try:
        rows = first(path, MAX_EXAMPLES).astype(np.float32)
    except (*DAMAGED, StopIteration) as error:
        raise UserError(f"{path}: expected examples as an .npy or .npz file of numbers, found: {why(error)}") from None
    if rows.ndim < 2 or not rows.size:
        raise UserError(f"{path}: expected an example a row, found an array of shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise UserError(
            f"{path}: expected finite numbers, found {int((~np.isfinite(rows)).sum())} others; leave them out"
        )
    return rows


def _split(examples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Those that set the ranges, and those that judge: others, where there are enough."""
    order = np.random.default_rng(0).permutation(len(examples))
    if len(examples) < SPARE:
        return examples, examples
    half = len(examples) // 2
    return examples[order[:half][:CALIBRATION]], examples[order[half:]]


def _refusal(tflite: bytes, name: str) -> str | None:
    """Why the compiler does not take it."""
    try:
        prepare(tflite, name)
    except UserError as error:
        return str(error)
    return None


def _tell(model: Path, out: Path, made: Made, judged: Judged, examples: np.ndarray, as_json: bool) -> None:
    refusal = _refusal(made.tflite, out.name)
    last = made.channels_first and examples.ndim > 2
    if as_json:
        figures = {"model": str(out), "bytes": len(made.tflite), "framework": made.framework, "refused": refusal}
        click.echo(json.dumps(figures | vars(judged) | {"channels_last": last}, indent=1))
        return
    echo(f"{out}: {len(made.tflite):,} B; beside {made.framework} on {judged.examples} examples: {judged}")
    if judged.sqnr_db < FAIR_DB:
        echo(f"below {FAIR_DB:g} dB the difference may show: more typical examples or --bits 16 help")
    if len(examples) < SPARE:
        echo(f"the same {len(examples)} examples set the ranges: figures of others may be worse")
    if last:
        taken = turned(examples[:1], True).shape
        echo(f"the .tflite takes channels last, {taken}; {model.name} takes {(1, *examples.shape[1:])}")
    echo(refusal or f"next: python -m ml verify {out} --on virtual; python -m ml compile {out} --out DIR")
