"""Weights of four bits after training: an int8 `.tflite` whose convolutions and dense layers hold -7..7.

The file stays an ordinary int8 model of the same size, so every tool reads it; the compiler packs what fits.

    python -m ml.compress.four_bits MODEL.tflite SMALL.tflite
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from ml.cli import run_cli
from ml.compiler.graph import Op
from ml.compiler.model_file import read_model
from ml.compiler.reader import read
from ml.files import replace_file

KINDS = ("CONV_2D", "FULLY_CONNECTED")  # depthwise weights are few, and need their eight bits most
LARGEST = 7
CLIPS = np.linspace(0.3, 1.0, 36)  # shares of a channel's largest weight that become LARGEST


def four_bits(tflite: bytes, name: str = "model") -> bytes:
    """The model with every weight of a convolution or dense layer at -7..7, each channel (or tensor, where it has one
    scale) clipped where the squared error is least; scales and biases follow. What the file holds in four bits stays.
    Raises UserError for a damaged file."""
    made, source = bytearray(tflite), np.frombuffer(tflite, np.uint8)
    seen: set[int] = set()
    for op in read(tflite, name).ops:
        if op.kind in KINDS and _learned(op):
            weights = op.inputs[1]
            if weights.index not in seen and np.may_share_memory(weights.values, source):  # int4 is read into a copy
                seen.add(weights.index)
                _narrow(made, tflite, op)
    return bytes(made)


def _learned(op: Op) -> bool:
    weights = op.inputs[1] if len(op.inputs) > 1 else None
    return weights is not None and weights.data is not None and weights.dtype == "int8" and len(weights.scales) > 0


def _narrow(made: bytearray, source: bytes, op: Op) -> None:
    weights, bias = op.inputs[1], (op.inputs[2] if len(op.inputs) == 3 else None)
    by_scale = weights.values.reshape(len(weights.scales), -1).astype(np.float64)
    steps = np.array([_step(row) for row in by_scale])  # of the old integers to a new one
    integers = np.clip(np.rint(by_scale / steps[:, None]), -LARGEST, LARGEST).astype(np.int8)
    _replace(made, source, weights.values, integers)
    _replace(made, source, weights.scales, weights.scales * steps)
    if bias is not None and bias.data is not None:
        _replace(made, source, bias.data, np.rint(bias.data / np.broadcast_to(steps, bias.data.shape)))
        _replace(made, source, bias.scales, bias.scales * np.broadcast_to(steps, bias.scales.shape))


def _step(row: np.ndarray) -> float:
    """The step that leaves the least squared error in a row of weights."""
    largest = np.abs(row).max(initial=0)
    if largest == 0:
        return 1.0
    steps = CLIPS * largest / LARGEST
    rounded = np.clip(np.rint(row[None] / steps[:, None]), -LARGEST, LARGEST) * steps[:, None]
    return float(steps[((rounded - row) ** 2).sum(axis=1).argmin()])


def _replace(made: bytearray, source: bytes, old: np.ndarray, new: np.ndarray) -> None:
    """Writes `new` where `old`, a view of `source`, lies."""
    start = old.__array_interface__["data"][0] - np.frombuffer(source, np.uint8).__array_interface__["data"][0]
    made[start : start + old.nbytes] = np.ascontiguousarray(new, old.dtype).tobytes()


@click.command()
@click.argument("model", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("small", type=click.Path(dir_okay=False, path_type=Path))
def _command(model: Path, small: Path) -> None:
    """Bring the weights of an int8 MODEL's convolutions and dense layers to -7..7; write SMALL."""
    replace_file(small, four_bits(read_model(model), model.name))


if __name__ == "__main__":
    run_cli(_command, "four_bits")
