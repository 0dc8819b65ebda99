"""Hours of daily life with falls in them, joined from recordings of a few seconds.

One stream for each person and sensor rate: every recording once as it is, then varied copies of the daily activities.
A join leaves no trace that could look like a fall, or hide one: a recording goes on in a mirror of time while it fades
into the next, which is turned so that gravity stays where it was. That changes no window inside a recording,
for a window does not depend on how the device is held.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ml.data.augmentation import rotation
from ml.data.manifest import Dataset, Item
from ml.data.recordings import saturate
from ml.data.streams import Stream, Truth
from ml.fall_detection.config import FALL, Config
from ml.fall_detection.examples import fall_of, mirrored, shares
from ml.fall_detection.variation import vary


@dataclass(frozen=True)
class Part:
    """A recording on its way into a stream."""

    samples: np.ndarray  # int16 (n, 3)
    falls: tuple[tuple[int, int], ...]  # first and last sample of each


def streams(dataset: Dataset, config: Config, seed: int) -> list[Stream]:
    """One stream for each person and rate."""
    by_sensor = sorted(dataset.items, key=_sensor)
    return [_stream(sensor, list(items), config, seed) for sensor, items in itertools.groupby(by_sensor, _sensor)]


def _sensor(item: Item) -> tuple[str, int]:
    return item.subject, item.recording.rate_mhz


def _stream(sensor: tuple[str, int], items: list[Item], config: Config, seed: int) -> Stream:
    subject, rate = sensor
    rng = np.random.default_rng([seed, rate, *subject.encode()])
    daily = [item for item in items if item.label != FALL]
    copies = [item for item in daily for _ in range(shares(item, config.streams.copies))]
    parts = itertools.chain(
        (Part(item.recording.samples, falls(item, config)) for item in items),
        (Part(vary(item.recording.samples, rate, config.training.variation, rng), ()) for item in copies),
    )
    samples, truth = join(parts, round(config.streams.blend_s * rate / 1000))
    return Stream(subject, samples, rate, tuple(truth), "accel")


def falls(item: Item, config: Config) -> tuple[tuple[int, int], ...]:
    """The falls in a recording: first and last sample of each."""
    return (fall_of(item),) if item.label == FALL else ()


def join(parts: Iterable[Part], blend: int) -> tuple[np.ndarray, list[Truth]]:
    """One recording after another; `blend` samples between two are of both, each in mirrored time and fading."""
    pieces: list[np.ndarray] = []
    truth: list[Truth] = []
    at = 0
    for part in parts:
        samples = mirrored(part.samples, blend, blend).astype(float)
        if pieces:
            samples = samples @ _turn(_mean(samples[:blend]), _mean(pieces[-1][-blend:])).T
            fade = np.linspace(0, 1, blend)[:, None]
            samples[:blend] = pieces[-1][-blend:] * (1 - fade) + samples[:blend] * fade
            pieces[-1] = pieces[-1][:-blend]
            at -= blend
        truth += [Truth(FALL, at + blend + first, at + blend + last + 1) for first, last in part.falls]
        pieces.append(samples)
        at += len(samples)
    return saturate(np.concatenate(pieces)), truth


def _mean(samples: np.ndarray) -> np.ndarray:
    """The direction of gravity in some samples; any where there is none."""
    mean = samples.mean(0)
    length = np.linalg.norm(mean)
    return mean / length if length else np.array([0.0, 0.0, 1.0])


def _turn(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The rotation (3, 3) by the shortest way from one direction to another."""
    axis = np.cross(one, other)
    sine, cosine = np.linalg.norm(axis), one @ other
    if sine < 1e-9:  # the same, or opposite: then any axis across it will do
        axis, sine = np.cross(one, np.eye(3)[np.abs(one).argmin()]), 0.0
    return rotation(axis / np.linalg.norm(axis) * np.arctan2(sine, cosine))
