#!/usr/bin/env python3
"""What the search promises of its prices, measured; search_front.py measures its fronts.

python tools/studies/search_bench.py --designs 50          # predictions of random designs against `ml profile`
"""

from __future__ import annotations

import gc
import sys
import time
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.compiler import streaming, tiling
from ml.compiler.lowering import Program
from ml.compiler.operators import Options
from ml.compiler.predict import Network, Prediction, predict
from ml.compiler.predict.sketch import graph_of
from ml.design import layers
from ml.design.blocks import Blocks
from ml.design.space import Space
from ml.pipeline.apps import APPS
from ml.pipeline.contract import find
from ml.progress import echo
from tools.studies.predict_bench import measured_together

AT_ONCE = 5  # networks in an image: of the largest spaces no more fit
CLASSES = [f"class {number}" for number in range(12)]
KWS = Space(
    depth=(2, 3, 4, 5), kinds=("plain", "separable"), widths=(16, 32, 48, 64), kernels=((10, 4), (3, 3)),
    heads=("average",), network=Blocks((), picture=True),
)  # fmt: skip
IMAGE = replace(KWS, kernels=(3, 5), kinds=("plain", "separable", "inverted"), network=Blocks(()))
MLPERF = {"kws 49x10": (KWS, (49, 10)), "image 32x32x3": (IMAGE, (32, 32, 3))}


def _drawn(name: str, chance: np.random.Generator) -> tuple[Network, Options, streaming.Request | None]:
    """A random network of a space."""

    def choose(_: str, choices: tuple):
        return choices[chance.integers(len(choices))]

    if name in MLPERF:
        space, shape = MLPERF[name]
        made = space.design(choose).network
        return layers.compiled(layers.network(made or Blocks(()), shape, len(CLASSES))), Options(), None
    app = find(name)
    design = app.space().design(choose)
    one = app.designed(design)
    drawn = layers.network(design.network or Blocks(()), *one.shape(CLASSES))
    return layers.compiled(drawn), Options(one.optimise), one.stream_form


def _trained(drawn: tuple[Network, Options, streaming.Request | None], chance: np.random.Generator) -> Program:
    """With random weights of the usual sizes."""
    network, options, request = drawn

    def fill(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
        if dtype in ("int8", "int4"):
            most = 7 if dtype == "int4" else 127
            return np.clip(chance.normal(0, min(18, most / 2), shape), -most, most).astype(np.int8)
        return chance.integers(-2000, 2000, shape).astype(dtype)

    graph = graph_of(network, fill)
    if request:
        return streaming.stream(graph, options, "network", request)
    return tiling.build(graph, options, "network")


def _timed(network: Network, options: Options, request: streaming.Request | None) -> tuple[Prediction, float]:
    """And milliseconds of processor time, without the collection of garbage (50 ms now and then beside TensorFlow), as
    timeit measures."""
    gc.disable()
    start = time.process_time()
    found = predict(network, options, stream=request)
    taken = time.process_time() - start
    gc.enable()
    return found, 1e3 * taken


@click.command()
@click.option("--designs", default=50, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--spaces", default=",".join((*APPS, *MLPERF)), show_default=True)
def cost(designs: int, seed: int, spaces: str) -> None:
    """Compare predicted cycles of random designs of each space with those on the emulated Cortex-M4."""
    for name in spaces.split(","):
        chance, errors, times, ram = np.random.default_rng(seed), [], [], []
        while len(errors) < designs:
            drawn = [_drawn(name, chance) for _ in range(min(AT_ONCE, designs - len(errors)))]
            programs = [_trained(one, chance) for one in drawn]
            counted = measured_together(programs, drawn[0][1])
            for (network, options, request), program, cycles in zip(drawn, programs, counted, strict=True):
                found, milliseconds = _timed(network, options, request)
                times.append(milliseconds)
                errors.append(found.cycles / cycles - 1)
                ram.append(found.ram / program.ram - 1)
        off = 100 * np.abs(errors)
        echo(
            f"{name}: {len(errors)} designs, cycles off by {off.mean():.2f} % on average, {off.max():.2f} % at most; "
            f"RAM by {100 * np.abs(ram).max():.2f} % at most; {np.mean(times):.0f} ms each, {max(times):.0f} at most"
        )


if __name__ == "__main__":
    run_cli(cost, "search_bench")
