#!/usr/bin/env python3
"""A transformer from training to the emulated board: `tools/studies/transformer.py [--epochs N] [--out DIR]`.

Two blocks of attention (one head) and GELU with layer normalisation, 32 wide, on 48 frames, written as one writes it in
Keras: no fixed batch. What it learns is simulated: two of three patterns sound in noise, and their order is the class,
so that one frame alone says nothing. It is quantised and compiled as every model; the figures are printed.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.compiler.compile import compile_model
from ml.compiler.host import HostModel
from ml.compress.quantise import int8
from ml.profile.image import build
from ml.profile.measure import whole
from ml.progress import console
from ml.train.keras import keras_module
from ml.train.training import to_float

FRAMES, FEATURES = 48, 16
WIDTH, BLOCKS = 32, 2
PATTERNS = 3
LENGTH = 8  # frames of a pattern
CLASSES = list(itertools.permutations(range(PATTERNS), 2))
NAME = "transformer"


def simulated(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Windows int8 (count, FRAMES, FEATURES) as a front end would give them, and their classes int (count,)."""
    chance = np.random.default_rng(seed)
    bands = np.random.default_rng(0).normal(size=(PATTERNS, LENGTH, FEATURES))  # the same for every seed
    windows = chance.normal(scale=0.35, size=(count, FRAMES, FEATURES))
    labels = chance.integers(0, len(CLASSES), count)
    for window, label in zip(windows, labels, strict=True):
        first = chance.integers(0, FRAMES - 2 * LENGTH)
        second = chance.integers(first + LENGTH, FRAMES - LENGTH + 1)
        for start, pattern in zip((first, second), CLASSES[label], strict=True):
            window[start : start + LENGTH] += bands[pattern] * chance.uniform(0.5, 0.9)
    return np.clip(np.round(windows * 64), -128, 127).astype(np.int8), labels


def positions(width: int):
    """A Keras layer that adds to each frame what is learned of its place."""
    keras = keras_module()

    class Positions(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.table = keras.layers.Embedding(FRAMES, width)

        def call(self, x):
            return x + self.table(keras.ops.arange(FRAMES))

    return Positions()


def network(width: int = WIDTH, blocks: int = BLOCKS):
    """A Keras model, the same weights at the start every time; the batch is left open."""
    keras_module().utils.set_random_seed(1)
    layers = keras_module().layers
    given = layers.Input((FRAMES, FEATURES))
    x = positions(width)(layers.Dense(width)(given))
    for _ in range(blocks):
        normal = layers.LayerNormalization()(x)
        x = layers.Add()([x, layers.MultiHeadAttention(1, width)(normal, normal)])
        hidden = layers.Dense(2 * width, activation="gelu")(layers.LayerNormalization()(x))
        x = layers.Add()([x, layers.Dense(width)(hidden)])
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    return keras_module().Model(given, layers.Dense(len(CLASSES), activation="softmax")(x))


def train(net, windows: np.ndarray, labels: np.ndarray, epochs: int) -> None:
    net.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    net.fit(to_float(windows), labels, batch_size=64, epochs=epochs, verbose=0)


def quantised(net, windows: np.ndarray) -> bytes:
    """The `.tflite`; the first window gets both ends of the front end's range, so that the input's scale is its own."""
    calibration = windows[:200].copy()
    calibration[0, 0, :2] = -128, 127
    return int8(net, calibration)


def accuracy(scores: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(scores.argmax(axis=1) == labels))


@click.command()
@click.option("--epochs", default=30, show_default=True, help="Passes over the training data.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder that keeps model and header.")
def transformer(epochs: int, out: Path | None) -> None:
    """Train a transformer on simulated data, compile it, count its cycles on the emulated Cortex-M4."""
    net = network()
    with console.status(f"training, {epochs} epochs"):
        train(net, *simulated(4000, 1), epochs)
    windows, labels = simulated(600, 2)
    tflite = quantised(net, simulated(200, 3)[0])
    with tempfile.TemporaryDirectory() as scratch:
        folder = out or Path(scratch)
        made = compile_model(tflite, NAME, folder, labels=["".join("abc"[i] for i in pair) for pair in CLASSES])
        (folder / "model.tflite").write_bytes(tflite)
        host = HostModel(made.header)
        in_c = host.answers(windows)
        image = build(made.header, NAME, Path(scratch))
        total, agrees = whole(image.path)
    click.echo(
        f"{accuracy(net.predict(to_float(windows), verbose=0), labels):.1%} of {len(labels)} windows right in floating "
        f"point, {accuracy(in_c, labels):.1%} in C\n"
        f"{made.program.macs:,} multiply-accumulates, about {total.cycles:,} cycles, RAM {image.ram:,} B, flash "
        f"{image.flash:,} B; the board's bytes are {'' if agrees else 'NOT '}this computer's"
    )


if __name__ == "__main__":
    run_cli(transformer, NAME)
