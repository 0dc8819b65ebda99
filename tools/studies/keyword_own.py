#!/usr/bin/env python3
"""The committed keyword network as a Keras model, with recorded clips as examples: what `ml shrink` takes as a model of
one's own. So weights of four bits can be judged without the half hour of training that the network took.

python tools/studies/keyword_own.py --data ../shared/data/speech --out build/keyword_own
python -m ml shrink build/keyword_own/network.keras --examples build/keyword_own/examples.npz --variants int4,int4-aware
"""

import sys
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.compiler.graph import Op
from ml.compiler.reader import read
from ml.errors import UserError
from ml.keyword_spotting import network
from ml.keyword_spotting.app import KeywordSpotting
from ml.keyword_spotting.config import Config
from ml.paths import ROOT
from ml.train.lessons import SCALE

MODEL = ROOT / "lib/keyword_spotting_model/keyword_spotting_model.tflite"
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def float_network(tflite: bytes, config: Config, classes: int):
    """The application's Keras network with the weights that the integers of its `.tflite` stand for; batch
    normalisation, which the converter folded into them, only adds the bias."""
    made = network.build(config, classes)
    ops = iter([op for op in read(tflite).ops if op.kind in WEIGHTED])
    bias = np.zeros(0)
    for layer in made.layers:
        kind = type(layer).__name__
        if kind in ("Conv2D", "DepthwiseConv2D"):
            kernel, bias = _weights(next(ops))
            layer.set_weights([kernel])
        elif kind == "BatchNormalization":
            one = np.ones(len(bias))
            layer.set_weights([one, bias, 0 * one, (1 - layer.epsilon) * one])
        elif kind == "Dense":
            layer.set_weights([*_weights(next(ops))])
    return made


def _weights(op: Op) -> tuple[np.ndarray, np.ndarray]:
    """Kernel as Keras lays it out, and bias."""
    weights, bias = op.inputs[1], op.inputs[2]
    if weights is None or bias is None or weights.data is None or bias.data is None:
        raise UserError(f"expected weights and a bias of every {op.kind}, found none")
    last = op.kind == "DEPTHWISE_CONV_2D"  # where the channels of the output are
    shape = [-1 if axis == (weights.data.ndim - 1 if last else 0) else 1 for axis in range(weights.data.ndim)]
    real = weights.data * (weights.scales.reshape(shape) if len(weights.scales) > 1 else weights.scales)
    kernel = real.T if real.ndim == 2 else real[0][..., None] if last else real.transpose(1, 2, 3, 0)
    return kernel.astype(np.float32), (bias.data * bias.scales).astype(np.float32)


@click.command()
@click.option("--data", required=True, multiple=True, type=click.Path(exists=True, file_okay=False))
@click.option("--out", required=True, type=click.Path(file_okay=False))
@click.option("--model", default=str(MODEL), show_default=True, type=click.Path(exists=True, dir_okay=False))
def command(data: tuple[str, ...], out: str, model: str) -> None:
    """Writes network.keras, and examples.npz: a window of each clip; the split's test people judge."""
    app, folder = KeywordSpotting(), Path(out)
    recorded = app.recorded(tuple(map(Path, data)))
    split, labels = app.split(recorded, ()), app.labels(recorded)
    learnt, judging = (app.held_out(recorded.of(people), labels) for people in (split.train, split.test))
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {"inputs": learnt.inputs, "labels": learnt.labels}
    arrays |= {"test_inputs": judging.inputs, "test_labels": judging.labels, "scale": np.float32(SCALE)}
    np.savez_compressed(folder / "examples.npz", allow_pickle=False, **arrays)
    float_network(Path(model).read_bytes(), app.config, len(labels)).save(folder / "network.keras")
    click.echo(f"wrote {folder}: {len(learnt)} examples, {len(judging)} judge")


if __name__ == "__main__":
    run_cli(command, "keyword_own.py")
