"""Impacts to learn from: recordings varied in raw units, then through the C front end.

In a recording of a fall the impact of the fall is the hardest one; peaks before it are daily life, and those after it
(rolling over, getting up) are left out: they are neither.
"""

from collections.abc import Iterator

import numpy as np

from ml.data.manifest import Dataset, Item
from ml.data.recordings import runs
from ml.fall_detection.config import FALL, Config
from ml.fall_detection.variation import vary
from ml.native.impact import ImpactConfig, impacts
from ml.native.imu import span
from ml.train.examples import Examples, HeldOut

USUAL_S = 20.0  # recordings of up to so many seconds count alike
NEAR_S = 1.0  # a peak so close to a fall's impact is part of it
IMPACT_S = 0.05  # a blow is at least as long: one odd sample is none


def training_examples(dataset: Dataset, labels: list[str], config: Config, seed: int) -> Examples:
    """Windows around the impacts of every recording, varied, in random order."""
    rng = np.random.default_rng(seed)
    made = [one for item in dataset.items for one in _varied(item, labels, config, rng)]
    windows = np.concatenate([windows for windows, _ in made])
    classes = np.concatenate([classes for _, classes in made])
    order = rng.permutation(len(windows))
    return Examples(windows[order], classes[order])


def _varied(
    item: Item, labels: list[str], config: Config, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    samples, rate = item.recording.samples, item.recording.rate_mhz
    front_end = config.front_end.impact()
    least = round(config.gate.gate().open_at * config.training.softer)
    for _ in range(shares(item, config.training.variations)):
        varied = vary(samples, rate, config.training.variation, rng)
        at, windows = peaks(varied, rate, front_end, least)
        classes = _classes(item, labels, at, len(varied) / len(samples))
        yield windows[classes >= 0], classes[classes >= 0]


def shares(item: Item, count: int) -> int:
    """How many of `count` variations a recording gets: a long one fewer, so that it counts no more than others."""
    return min(count, max(1, round(count * USUAL_S / item.recording.seconds)))


def _classes(item: Item, labels: list[str], at: np.ndarray, stretch: float) -> np.ndarray:
    """The class of each peak, int (k,), -1 where it is neither."""
    other = next(number for number, label in enumerate(labels) if label != FALL)
    if item.label != FALL:
        return np.full(len(at), other)
    first, last = (place * stretch for place in fall_of(item))
    return np.where(at < first, other, np.where(at <= last, labels.index(FALL), -1))


def fall_of(item: Item) -> tuple[int, int]:
    """Where in a recording of a fall the impact lies: samples [first, last]."""
    recording = item.recording
    if recording.active is not None and recording.active.any():
        start, end = runs(recording.active)[0]
        return start, end - 1
    near = round(NEAR_S * recording.rate_mhz / 1000)
    impact = hardest(recording.samples, recording.rate_mhz)
    return max(0, impact - near), min(len(recording.samples) - 1, impact + near)


def hardest(samples: np.ndarray, rate_mhz: int) -> int:
    """The sample with the largest magnitude, smoothed over the shortest blow."""
    size = np.linalg.norm(samples.astype(float), axis=1)
    width = max(1, round(IMPACT_S * rate_mhz / 1000))
    return int(np.convolve(size, np.ones(width) / width, "same").argmax())


def peaks(samples: np.ndarray, rate_mhz: int, front_end: ImpactConfig, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Peaks of `least` counts and more: samples int (k,), and windows int8 (k, window, 4). The recording goes on in a
    mirror of time at both ends, so that all of it is looked at."""
    before, after = (round((n + 1) * rate_mhz / front_end.rate_mhz) for n in (front_end.before, front_end.after))
    made = impacts(mirrored(samples, before, after), front_end, rate_mhz, least=least)
    behind = before + round(front_end.after * rate_mhz / front_end.rate_mhz)
    return made.sample[made.level >= least] - behind, made.windows


def mirrored(samples: np.ndarray, before: int, after: int) -> np.ndarray:
    """The samples, going on backwards at both ends."""
    return np.pad(samples, ((before, after), (0, 0)), mode="reflect" if len(samples) > 1 else "edge")


def held_out(dataset: Dataset, labels: list[str], config: Config) -> HeldOut:
    """The hardest impact of every recording, whether it would wake the network or not, exactly as a stream shows it."""
    front_end = config.front_end.impact()
    shown = [_hardest_window(item, front_end) for item in dataset.items]
    rates = [item.recording.rate_mhz for item in dataset.items]
    longest = max(len(samples) for samples in shown)
    windows = [
        impacts(samples, front_end, rate, least=0).windows[-1] for samples, rate in zip(shown, rates, strict=True)
    ]
    return HeldOut(
        samples=np.stack([np.pad(samples, ((0, longest - len(samples)), (0, 0))) for samples in shown]),
        count=np.array([len(samples) for samples in shown]),
        rate_mhz=np.array(rates),
        inputs=np.stack(windows),
        labels=np.array([labels.index(item.label) for item in dataset.items]),
        files=np.array([item.file for item in dataset.items]),
    )


def _hardest_window(item: Item, front_end: ImpactConfig) -> np.ndarray:
    """Samples int16 (n, 3) of which the last completes the window with the impact in its middle."""
    samples, rate = item.recording.samples, item.recording.rate_mhz
    count = span(front_end.window, front_end.rate_mhz, rate)
    whole = mirrored(samples, count, count)
    made = impacts(whole, front_end, rate)
    middle = made.sample - round(front_end.after * rate / front_end.rate_mhz) - count
    inside = np.flatnonzero((middle >= 0) & (middle < len(samples)))
    end = made.sample[inside[made.level[inside].argmax()]] + 1
    return whole[end - count : end]
