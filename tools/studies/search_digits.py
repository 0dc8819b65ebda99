#!/usr/bin/env python3
"""Searches a network for scikit-learn's handwritten digits: an example of `ml/search` on arrays of one's own.

    python tools/studies/search_digits.py --trials 12 --flash 8k --ram 1k

A recording here is a picture of 8 by 8; a "person" is every fifth of them. The same steps serve any arrays: describe
them as an application (ml/pipeline/contract.py), say a space and a budget, and let the search run.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.data.manifest import Dataset, Item
from ml.data.recordings import Recording
from ml.design.blocks import Block, Blocks
from ml.design.network import keras_network
from ml.design.space import Space
from ml.paths import ROOT
from ml.pipeline.contract import App
from ml.pipeline.run import Run
from ml.pipeline.task import Task
from ml.progress import echo
from ml.search import cost, finalists, loop
from ml.search.command import verdict
from ml.search.loop import Enough
from ml.search.subject import Asked, trying
from ml.shrink import budget
from ml.shrink.budget import Budget
from ml.shrink.own import Decision
from ml.train.examples import Examples, HeldOut, Inputs

SIDE, PARTS, BRIGHT = 8, 5, 7  # BRIGHT: int8 for one of the 16 greys
SPACE = Space(
    depth=(1, 2, 3), kinds=("plain", "separable", "inverted"), widths=(4, 8, 12, 16, 24), kernels=(3, 5), bits=(8, 4)
)


@dataclass(frozen=True)
class Training:
    epochs: int = 20
    batch: int = 64
    learning_rate: float = 3e-3
    label_smoothing: float = 0.05
    checkpoints: int = 1


@dataclass(frozen=True)
class Config:
    training: Training = field(default_factory=Training)
    network: Blocks = field(default_factory=lambda: Blocks((Block("plain", 8, 3, 2),)))


@dataclass(frozen=True)
class Digits(App):
    """Ten digits."""

    config: Config = field(default_factory=Config)
    name: str = "digits"
    sensor: str = "mic"
    health: str = ""
    code: tuple[Path, ...] = (ROOT / "tools/studies/search_digits.py",)
    decision: Decision = field(default_factory=Decision)

    @property
    def training(self):
        return self.config.training

    def quick(self) -> Digits:
        return self

    def data(self, folder: Path | None, seed: int) -> Dataset:
        from sklearn.datasets import load_digits  # noqa: PLC0415  takes a second

        values, digits = load_digits(return_X_y=True)
        pixels = (np.asarray(values) * BRIGHT).astype(np.int16)[:, :, None]
        items = (
            Item(
                f"{at:04}", str(label), f"part{at % PARTS}", "", "scikit-learn digits", "", Recording(one, 1000, False)
            )
            for at, (one, label) in enumerate(zip(pixels, np.asarray(digits), strict=True))
        )
        return Dataset(tuple(items), "digits of scikit-learn")

    def labels(self, data: Dataset) -> list[str]:
        return [str(digit) for digit in range(10)]

    def background(self, labels: list[str]) -> int:
        return 0

    def examples(self, data: Dataset, labels: list[str], seed: int) -> Examples:
        return Examples(_pictures(data), np.array([int(one.label) for one in data.items]))

    def held_out(self, data: Dataset, labels: list[str]) -> HeldOut:
        made, count = self.examples(data, labels, 0), len(data.items)
        samples = np.stack([one.recording.samples for one in data.items])
        files = np.array([one.file for one in data.items])
        return HeldOut(samples, np.full(count, SIDE**2), np.full(count, 1000), made.inputs, made.labels, files)

    def shape(self, labels: list[str]) -> tuple[tuple[int, int, int], int]:
        return (SIDE, SIDE, 1), len(labels)

    def network(self, labels: list[str]):
        return keras_network(self.config.network, self.name, *self.shape(labels))

    def inputs(self, samples: np.ndarray, rate_mhz: int) -> Inputs:
        return Inputs(samples.reshape(1, SIDE, SIDE, 1).astype(np.int8), np.array([len(samples) - 1]))

    def streams(self, data: Dataset, seed: int) -> list:
        return []

    def sections(self, decision) -> list[str]:
        return []


def _pictures(data: Dataset) -> np.ndarray:
    return np.stack([one.recording.samples.reshape(SIDE, SIDE, 1) for one in data.items]).astype(np.int8)


@cache
def _whole(seed: int) -> Task:
    app = Digits()
    data = app.data(None, seed)
    return Task(app, data, app.split(data, ()), seed)


@cache
def _tried(seed: int) -> Task:
    return trying(_whole(seed))


@dataclass(frozen=True)
class Search(Asked):
    """Of the digits."""

    @property
    def full(self) -> Task:
        return _whole(self.run.seed)

    @property
    def task(self) -> Task:
        return _tried(self.run.seed)

    @property
    def designs(self) -> Space:
        return SPACE


@click.command()
@click.option("--trials", default=12, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--flash", default="8k", show_default=True)
@click.option("--ram", default="1k", show_default=True)
@click.option("--accuracy", default=0.95, show_default=True)
@click.option("--random", is_flag=True)
@click.option("--out", default="build/search_digits", show_default=True)
def search_digits(
    trials: int, seed: int, seeds: int, flash: str, ram: str, accuracy: float, random: bool, out: str
) -> None:
    """Search, and judge the best by digits that nobody saw."""
    started, spent = time.monotonic(), time.process_time()
    sizes = budget.size(flash, "--flash"), budget.size(ram, "--ram")
    limits = Budget("nano33ble", None, *sizes, accuracy)
    asked = Search(Run("digits", seed=seed, out=out), limits, random=random)
    cost.check(limits, cost.smallest(asked.task, SPACE.ends()))
    front = loop.front(loop.run(asked, Enough(trials, None)))
    rows = finalists.finalists(asked, front, 1, seeds, workers=1)
    parity = [one["parity"] for one in rows[0]["seeds"]]
    differ = sum(one["mismatches"] for one in parity if one)
    echo(verdict(rows, replace(limits)))
    echo(f"unlike TensorFlow Lite Micro: {differ} of {sum(one['windows'] for one in parity if one)} pictures")
    echo(f"{time.monotonic() - started:.0f} s, {time.process_time() - spent:.0f} s of processor time")


if __name__ == "__main__":
    run_cli(search_digits, "search_digits")
