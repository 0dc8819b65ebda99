#!/usr/bin/env python3
"""Measures the error of predictions: `tools/studies/predict_bench.py [--networks 50]`, usual random networks.

Each is predicted from its shapes alone (ml/compiler/predict) and measured with random weights on the emulated
Cortex-M4, as `python -m ml profile` does.
"""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.compiler import lowering, tiling
from ml.compiler.cycles import A_LAYER
from ml.compiler.lowering import Program
from ml.compiler.operators import Options, lower
from ml.compiler.predict import Layer, Network, predict
from ml.compiler.predict.sketch import graph_of
from ml.errors import UserError
from tools.studies.fit_cycles import layer_cycles

AT_ONCE = 25  # networks in an image


def random_network(chance: np.random.Generator, bits: int = 8) -> Network:
    """A classifier of one of the usual kinds, with activations of 8 or 16 bits."""
    kinds = (_plain_2d, _separable, _residual, _in_time, _perceptron) + (_mixer,) * (bits == 8)
    while True:
        network = replace(kinds[chance.integers(len(kinds))](chance), bits=bits)
        with contextlib.suppress(UserError):  # windows without padding have used the image up
            graph_of(network)
            return network


def _pick(chance, *choices):
    return choices[chance.integers(len(choices))]


def _head(chance, pooled: bool = True) -> tuple[Layer, ...]:
    hidden = (Layer("dense", int(chance.integers(8, 40))),) if chance.uniform() < 0.3 else ()
    pool = (Layer("global_average") if pooled else Layer("reshape"),)
    return (*pool, *hidden, Layer("dense", int(chance.integers(2, 13)), activation="none"), Layer("softmax"))


def _image(chance) -> tuple[int, int, int]:
    return int(chance.integers(12, 50)), int(chance.integers(8, 40)), int(_pick(chance, 1, 1, 3))


def _plain_2d(chance) -> Network:
    layers, width = [], int(_pick(chance, 4, 6, 8, 12))
    for _ in range(chance.integers(1, 4)):
        kernel = _pick(chance, (3, 3), (3, 3), (5, 5), (1, 3))
        layers.append(
            Layer(
                "conv",
                width,
                kernel=kernel,
                stride=_pick(chance, (1, 1), (2, 2)),
                padding=_pick(chance, "same", "valid"),
            )
        )
        if chance.uniform() < 0.5:
            layers.append(
                Layer(_pick(chance, "max_pool", "average_pool"), kernel=(2, 2), stride=(2, 2), padding="same")
            )
        width = int(width * _pick(chance, 1, 1.5, 2))
    return Network(_image(chance), (*layers, *_head(chance, chance.uniform() < 0.7)))


def _separable(chance) -> Network:
    width = int(_pick(chance, 8, 12, 16, 24, 32, 64))
    layers = [Layer("conv", width, kernel=_pick(chance, (10, 4), (3, 3), (5, 3)), stride=(2, 2))]
    for _ in range(chance.integers(1, 5)):
        width = int(_pick(chance, width, width, 2 * width)) if width < 48 else width
        layers += [
            Layer(
                "depthwise", kernel=_pick(chance, (3, 3), (3, 3), (5, 5)), stride=_pick(chance, (1, 1), (1, 1), (2, 2))
            )
        ]
        layers += [Layer("conv", width, activation=_pick(chance, "relu", "relu6"))]
    return Network(_image(chance), (*layers, *_head(chance)))


def _residual(chance) -> Network:
    width = int(_pick(chance, 8, 12, 16))
    layers = [Layer("conv", width, kernel=(3, 3), stride=(2, 2))]
    for _ in range(chance.integers(1, 4)):
        before = len(layers)
        layers += [Layer("conv", width, kernel=(3, 3)), Layer("conv", width, kernel=(3, 3), activation="none")]
        layers += [Layer("add", inputs=(before, before + 2), activation=_pick(chance, "none", "relu"))]
    return Network(_image(chance), (*layers, *_head(chance)))


def _in_time(chance) -> Network:
    layers, width = [], int(_pick(chance, 8, 16, 24))
    for _ in range(chance.integers(2, 5)):
        layers.append(
            Layer("conv", width, kernel=(1, int(_pick(chance, 3, 5, 7))), stride=(1, int(_pick(chance, 1, 2))))
        )
        width = int(_pick(chance, width, width + 8))
    frames, features = int(chance.integers(24, 90)), int(_pick(chance, 3, 6, 10, 40))
    return Network((1, frames, features), (*layers, *_head(chance, chance.uniform() < 0.5)))


def _perceptron(chance) -> Network:
    hidden = tuple(Layer("dense", int(chance.integers(8, 129))) for _ in range(chance.integers(2, 6)))
    outputs = Layer("dense", int(chance.integers(2, 40)), activation="none")
    return Network((int(chance.integers(16, 641)),), (*hidden, outputs, *_pick(chance, (), (Layer("softmax"),))))


def _mixer(chance) -> Network:
    """Attention without its normalisation."""
    frames, width = int(chance.integers(12, 49)), int(_pick(chance, 8, 16, 32))
    layers = [Layer("dense", width, activation="none")]
    for _ in range(chance.integers(1, 3)):
        at = len(layers)
        linear = [Layer("dense", width, activation="none", inputs=(at,)) for _ in range(3)]
        scores = [
            Layer("matmul", 1, inputs=(at + 1, at + 2)),
            Layer("softmax"),
            Layer("matmul", inputs=(at + 5, at + 3)),
        ]
        layers += [*linear, *scores, Layer("add", inputs=(at, at + 6), activation="none")]
        layers += [
            Layer("dense", 2 * width, activation="none"),
            Layer("gelu"),
            Layer("dense", width, activation="none"),
        ]
        layers += [Layer("add", inputs=(at + 7, at + 10), activation="none")]
    return Network((frames, int(_pick(chance, 8, 16, 40))), (*layers, *_head(chance)))


NARROW = Options(weights="4")


def trained(network: Network, chance: np.random.Generator, options: Options | None = None) -> Program:
    """The network with random weights of the usual sizes; of four bits with NARROW."""
    most = 7 if options == NARROW else 127

    def fill(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
        if dtype == "int8":
            return np.clip(chance.normal(0, min(18, most), shape), -most, most).astype(np.int8)
        return chance.integers(-2000, 2000, shape).astype(dtype)

    graph = graph_of(network, fill)
    lowering.check(graph, "network")
    return tiling.build(graph, options or Options(), "network")


def measured_together(programs: list[Program], options: Options | None = None) -> list[int]:
    """Cycles of an inference of each on the emulated Cortex-M4, all in one image: the sum of its layers."""
    layers = [layer for program in programs for layer in program.layers]
    own = [
        replace(layer, lowered=lower(layer.op, options or Options())) for layer in layers
    ]  # constants that none shares
    cycles = iter(layer_cycles(own))
    return [sum(next(cycles) + A_LAYER for _ in program.layers) for program in programs]


@click.command()
@click.option("--networks", default=50, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option(
    "--bits", type=click.Choice(["4", "8", "16"]), default="8", show_default=True, help="Of weights or activations."
)
def predict_bench(networks: int, seed: int, bits: str) -> None:
    """Compare predicted cycles of random networks with measured ones."""
    options = NARROW if bits == "4" else Options()
    chance, errors, times = np.random.default_rng(seed), [], []
    for first in range(0, networks, AT_ONCE):
        drawn = [random_network(chance, max(8, int(bits))) for _ in range(min(AT_ONCE, networks - first))]
        programs = [trained(network, chance, options) for network in drawn]
        for network, program, found in zip(drawn, programs, measured_together(programs, options), strict=True):
            start = time.process_time()
            predicted = predict(network).cycles
            times.append(time.process_time() - start)
            if options == NARROW:  # what fits in four bits is known from the weights alone
                predicted = sum(layer.lowered.cycles + A_LAYER for layer in program.layers)
            errors.append(predicted / found - 1)
            click.echo(
                f"{errors[-1]:+6.2%}  {predicted:12,.0f} of {found:12,}  {times[-1] * 1e3:5.1f} ms  "
                f"{list(network.input)} {' '.join(layer.kind for layer in network.layers)}"
            )
    off = np.abs(errors)
    click.echo(
        f"{networks} networks: off by {np.mean(off):.2%} on average, {np.max(off):.2%} at most; "
        f"{np.mean(times) * 1e3:.0f} ms of processor time on average, {np.max(times) * 1e3:.0f} ms at most"
    )


if __name__ == "__main__":
    run_cli(predict_bench, "predict_bench")
