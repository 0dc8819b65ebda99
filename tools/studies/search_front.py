#!/usr/bin/env python3
"""The front that a search finds against that of twice as many random trials: hypervolume, of three seeds.

    python tools/studies/search_front.py --trials 16            # gestures of simulated people; candidates are trained
    python tools/studies/search_front.py --trials 40 --formula  # accuracy by a formula of the design

Space, prices, budget and proposals are those of `ml search gesture_recognition`. So that hundreds of candidates can be
trained, each learns for a few epochs from a few people, without the rungs of successive halving and in a loop of its
own: Keras' `fit` takes 1.5 s before its first step. Each accuracy is kept, so a killed command goes on.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.compiler.predict import predict
from ml.compress.sensitivity import with_bits
from ml.data.synthesis import Plan
from ml.design import layers
from ml.design.blocks import Blocks
from ml.design.design import Design
from ml.design.network import narrow
from ml.files import replace_file
from ml.gesture_recognition.app import GestureRecognition
from ml.gesture_recognition.config import Config
from ml.pipeline.run import Run
from ml.pipeline.task import Task
from ml.progress import echo
from ml.search import candidate, loop
from ml.search.candidate import Bench
from ml.search.loop import Enough
from ml.search.subject import Asked, trying
from ml.shrink.budget import Budget
from ml.train import training
from ml.train.examples import Examples
from ml.train.keras import keras_module
from ml.train.training import FloatModel

LIMITS = Budget("nano33ble", ms=2, flash=10 * 1024, ram=1024)
DRAWS = 200_000


def few() -> GestureRecognition:
    """Gestures of five people, each made six times."""
    whole = Config()
    shown = replace(whole.training, variations=4, epochs=10, batch=32, checkpoints=1)
    return GestureRecognition(replace(whole, training=shown, synthesis=Plan(people=5, repetitions=6, background_s=10)))


@cache
def _task(seed: int) -> Task:
    """Of people, trainings and proposals."""
    app = few()
    data = app.data(None, seed)
    return trying(Task(app, data, app.split(data, ()), seed))


@dataclass(frozen=True)
class Gestures(Asked):
    """Of these few."""

    @property
    def task(self) -> Task:
        return _task(self.run.seed)


def hypervolume(found: list[dict], ends: np.ndarray, chance: np.random.Generator) -> float:
    """The share of the box between `ends` (2, 4), of error and logarithms of costs, that a front dominates; by chance
    points, the same for all."""
    drawn = chance.uniform(ends[0], ends[1], (DRAWS, 4))
    covered = np.zeros(DRAWS, bool)
    for point in points(found):
        covered |= (point <= drawn).all(axis=1)
    return float(covered.mean())


def points(found: list[dict]) -> np.ndarray:
    """float (n, 4) of the trained ones, all to be small."""
    costs = ("cycles", "flash", "ram")
    made = [
        [1 - one["rungs"][-1], *(np.log2(one["costs"][name]) for name in costs)] for one in found if loop.is_new(one)
    ]
    return np.array(made)


def formula(bench: Bench, design: Design, share: float) -> float:
    """What an accuracy might be: more multiplications are better with less and less gain, more blocks a little, fewer
    bits a little worse; a per cent of noise that comes from the design."""
    shape, classes = bench.task.app.designed(design).shape(bench.task.labels)
    blocks = design.network or Blocks(())
    macs = predict(layers.network(blocks, shape, classes)).macs
    noise = zlib.crc32(str(design).encode()) / 2**32 - 0.5
    bits = sum(one.bits == 4 for one in blocks.blocks)
    made = 0.97 - 0.8 * np.exp(-np.log2(1 + macs / 2000) / 1.6) + 0.01 * len(blocks.blocks) - 0.008 * bits
    return float(np.clip(share**0.1 * made + 0.01 * noise, 0, 1))


def trained(path: Path) -> Callable[[Bench, Design, float], float]:
    """A design's accuracy, trained once, whoever proposes it, and kept in `path`."""
    known: dict[str, float] = json.loads(path.read_text()) if path.exists() else {}

    def quality(bench: Bench, design: Design, share: float) -> float:
        key = str(design)
        if key not in known:
            known[key] = learned(bench, design)
            replace_file(path, json.dumps(known, indent=1).encode())
        return known[key]

    return quality


def learned(bench: Bench, design: Design) -> float:
    """As `Bench.quality`, by `fit`."""
    task, labels = bench.task, bench.task.labels
    app = task.app.designed(design)
    arrays, shown = bench._of(design.front_end)
    keras_module().utils.set_random_seed(task.seed)
    network = app.network(labels)
    fit(network, app.of_arrays(arrays, task.data, task.seed), app.training, task.seed)
    bits = narrow(design.network, *app.shape(labels)) if design.network else {}
    judged = FloatModel(with_bits(network, bits) if bits else network)
    found = app.quality(shown, app.scores(judged, shown.inputs))
    keras_module().backend.clear_session()
    return found


def fit(network, examples: Examples, settings: training.Settings, seed: int) -> None:
    """As `training.fit`, by a plain loop over whole batches."""
    import tensorflow as tf  # noqa: PLC0415  takes seconds

    keras, rng, batch = keras_module(), np.random.default_rng(seed), settings.batch
    inputs, targets = training.to_float(examples.inputs), np.eye(network.output_shape[-1], dtype=np.float32)
    count = len(inputs) // batch
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.epochs * count)
    optimiser = keras.optimizers.Adam(rate)
    optimiser.build(network.trainable_variables)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing)

    @tf.function
    def step(given, wanted):
        with tf.GradientTape() as tape:
            made = loss(wanted, network(given, training=True))
        optimiser.apply(tape.gradient(made, network.trainable_variables), network.trainable_variables)

    for _ in range(settings.epochs):
        for part in rng.permutation(len(inputs))[: count * batch].reshape(count, batch):
            step(tf.constant(inputs[part]), tf.constant(targets[examples.labels[part]]))


@click.command()
@click.option("--trials", default=16, show_default=True, type=click.IntRange(1))
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--formula", "by_formula", is_flag=True, help="Accuracy by a formula of the design: nothing is trained.")
@click.option("--out", default="build/search_front", show_default=True, type=click.Path(path_type=Path))
def front(trials: int, seeds: int, by_formula: bool, out: Path) -> None:
    """Compare the hypervolume of a search's front with that of twice as many random trials."""
    out.mkdir(parents=True, exist_ok=True)
    candidate.RUNGS = (1.0,)
    how = "formula" if by_formula else "trained"
    for seed in range(seeds):
        sides = []
        Bench.quality = formula if by_formula else trained(out / f"accuracies-{seed}.json")  # type: ignore
        for random, count in ((False, trials), (True, 2 * trials)):
            folder = out / f"{how}-{seed}-{count}-{'random' if random else 'search'}"
            asked = Gestures(Run("gesture_recognition", seed=seed, out=str(folder)), LIMITS, random=random)
            sides.append(loop.run(asked, Enough(count, None)))
        every = np.concatenate([points(side) for side in sides])
        ends = np.stack([every.min(0), every.max(0)])
        found, by_chance = (hypervolume(side, ends, np.random.default_rng(0)) for side in sides)
        echo(f"seed {seed}: {trials} trials {found:.4f}, {2 * trials} random ones {by_chance:.4f}")


if __name__ == "__main__":
    run_cli(front, "search_front")
