"""Examples: windows that the model of the normal state learns from, and windows that judge it."""

import itertools
from dataclasses import dataclass

import numpy as np

from ml.data.manifest import Dataset
from ml.errors import UserError
from ml.native.vibration import vibration
from ml.train.examples import Examples, HeldOut
from ml.vibration_anomaly.config import Config
from ml.vibration_anomaly.pieces import Piece, pieces, rate_of


@dataclass(frozen=True)
class Normal(Examples):
    """Windows of machines in order, all of class 0."""

    rate_mhz: int = 0


def windows(made: list[Piece], config: Config, rate_mhz: int) -> list[np.ndarray]:
    """Of each piece int8 (windows, features)."""
    return vibration([piece.samples for piece in made], config.front_end.vibration(rate_mhz)).blocks


def normal_examples(data: Dataset, config: Config, seed: int) -> Normal:
    """Every window of the normal recordings and, where a machine was recorded at many speeds, as many between each two
    neighbours of them."""
    rate = rate_of(data)
    found = [piece for piece in pieces(data, config.front_end.vibration(rate).span) if piece.normal]
    if not found:
        raise UserError("expected recordings with the label normal to learn from, found none; correct the manifest")
    by_subject: dict[str, list[np.ndarray]] = {}
    for piece, made in zip(found, windows(found, config, rate), strict=True):
        by_subject.setdefault(piece.subject, []).append(made)
    speeds = [np.concatenate(made) for _, made in sorted(by_subject.items())]
    if len(speeds) >= config.training.continuum:
        speeds += _between(speeds, np.random.default_rng(seed))
    inputs = np.concatenate(speeds)
    return Normal(inputs, np.zeros(len(inputs), int), rate)


def _between(speeds: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Mixtures of windows of neighbours, in order of how much they shake."""
    ordered = sorted(speeds, key=lambda one: float(one.mean()))
    return [_mixed(slow, fast, rng) for slow, fast in itertools.pairwise(ordered)]


def _mixed(slow: np.ndarray, fast: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    count = min(len(slow), len(fast))
    share = rng.random((count, 1))
    mixed = slow[rng.integers(0, len(slow), count)] * (1 - share) + fast[rng.integers(0, len(fast), count)] * share
    return np.rint(mixed).astype(np.int8)


def held_out(data: Dataset, config: Config) -> HeldOut:
    """Windows side by side, none of which shares a sample with another; files are `file[start:end]`."""
    rate = rate_of(data)
    span = config.front_end.vibration(rate).span
    cut = [(piece, start) for piece in pieces(data, span) for start in range(0, len(piece.samples) - span + 1, span)]
    if not cut:
        raise UserError(f"expected recordings of {span * 1000 / rate:.2g} s and more to judge by, found none")
    samples = np.stack([piece.samples[start : start + span] for piece, start in cut])
    made = vibration(list(samples), config.front_end.vibration(rate)).blocks
    return HeldOut(
        samples,
        np.full(len(cut), span),
        np.full(len(cut), rate),
        np.concatenate(made),
        np.array([int(not piece.normal) for piece, _ in cut]),
        np.array([f"{piece.file}[{start}:{start + span}]" for piece, start in cut]),
    )
