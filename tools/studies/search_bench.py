#!/usr/bin/env python3
"""What the search promises, measured.

python tools/studies/search_bench.py cost --designs 50          # predictions of random designs against `ml profile`
python tools/studies/search_bench.py front --trials 16          # fronts against twice as many random trials
"""

from __future__ import annotations

import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.compiler import streaming, tiling
from ml.compiler.lowering import Program
from ml.compiler.operators import Options
from ml.compiler.predict import Network, predict
from ml.compiler.predict.sketch import graph_of
from ml.design import layers
from ml.design.blocks import Blocks
from ml.design.design import Design
from ml.design.space import Space
from ml.pipeline.apps import APPS
from ml.pipeline.contract import find
from ml.pipeline.run import Run
from ml.progress import echo
from ml.search import loop
from ml.search.candidate import Bench
from ml.search.loop import Enough
from ml.shrink.budget import Budget
from tools.studies.predict_bench import measured_together
from tools.studies.search_digits import Search

AT_ONCE = 5  # networks in an image: of the largest spaces no more fit
CLASSES = [f"class {number}" for number in range(12)]
KWS = Space(
    depth=(2, 3, 4, 5), kinds=("plain", "separable"), widths=(16, 32, 48, 64), kernels=((10, 4), (3, 3)),
    heads=("average",), network=Blocks((), picture=True),
)  # fmt: skip
IMAGE = replace(KWS, kernels=(3, 5), kinds=("plain", "separable", "inverted"), network=Blocks(()))
MLPERF = {"kws 49x10": (KWS, (49, 10)), "image 32x32x3": (IMAGE, (32, 32, 3))}


@click.group()
def search_bench() -> None:
    """Measure what the search promises."""


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


@search_bench.command()
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
                start = time.process_time()
                found = predict(network, options, stream=request)
                times.append(1e3 * (time.process_time() - start))
                errors.append(found.cycles / cycles - 1)
                ram.append(found.ram / program.ram - 1)
        off = 100 * np.abs(errors)
        echo(
            f"{name}: {len(errors)} designs, cycles off by {off.mean():.2f} % on average, {off.max():.2f} % at most; "
            f"RAM by {100 * np.abs(ram).max():.2f} % at most; {np.mean(times):.0f} ms each, {max(times):.0f} at most"
        )


DRAWS = 200_000


def hypervolume(found: list[dict], ends: np.ndarray, chance: np.random.Generator) -> float:
    """The share of the box between `ends` (2, 4), of error and logarithms of costs, that a front dominates; by chance
    points, the same for all."""
    points = np.array([_point(one) for one in found if loop.is_new(one)])
    drawn = chance.uniform(ends[0], ends[1], (DRAWS, 4))
    covered = np.zeros(DRAWS, bool)
    for point in points:
        covered |= (point <= drawn).all(axis=1)
    return float(covered.mean())


def _point(one: dict) -> list[float]:
    return [1 - one["rungs"][-1], *(np.log2(one["costs"][name]) for name in ("cycles", "flash", "ram"))]


def formula(bench: Bench, design: Design, share: float) -> float:
    """What an accuracy might be: more multiplications are better with less and less gain, more blocks a little, fewer
    bits a little worse; a per cent of noise that comes from the design."""
    shape, classes = bench.task.app.shape(bench.task.labels)
    blocks = design.network or Blocks(())
    macs = predict(layers.network(blocks, shape, classes)).macs
    noise = zlib.crc32(str(design).encode()) / 2**32 - 0.5
    narrow = sum(one.bits == 4 for one in blocks.blocks)
    made = 0.97 - 0.8 * np.exp(-np.log2(1 + macs / 2000) / 1.6) + 0.01 * len(blocks.blocks) - 0.008 * narrow
    return float(np.clip(share**0.1 * made + 0.01 * noise, 0, 1))


@search_bench.command()
@click.option("--trials", default=16, show_default=True)
@click.option("--seeds", default=3, show_default=True)
@click.option("--out", default="build/search_bench", show_default=True)
@click.option("--formula", "by_formula", is_flag=True, help="Accuracy by a formula of the design: nothing is trained.")
def front(trials: int, seeds: int, out: str, by_formula: bool) -> None:
    """Compare the hypervolume of a search's front with that of twice as many random trials, on digits."""
    limits = Budget("nano33ble", flash=8192, ram=1024)
    if by_formula:
        Bench.quality = formula  # type: ignore[method-assign]
    for seed in range(seeds):
        sides = []
        for random, count in ((False, trials), (True, 2 * trials)):
            asked = Search(Run("digits", seed=seed, out=f"{out}/{seed}{random}"), limits, random=random)
            sides.append(loop.run(asked, Enough(count, None)))
        every = np.array([_point(one) for side in sides for one in side if loop.is_new(one)])
        ends = np.stack([every.min(0), every.max(0)])
        found, by_chance = (hypervolume(side, ends, np.random.default_rng(0)) for side in sides)
        echo(f"seed {seed}: {trials} trials {found:.4f}, {2 * trials} random ones {by_chance:.4f}")


if __name__ == "__main__":
    run_cli(search_bench, "search_bench")
