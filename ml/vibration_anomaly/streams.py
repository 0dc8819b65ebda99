"""Streams of a machine at a speed: for each fault a share of the normal windows, then the fault.

Where the data has no faults of it, they are made from what is normal: more shaking at some frequency, and blows. So a
threshold can be chosen, and the models compared, with nothing but recordings of a machine in order.
"""

import zlib
from collections.abc import Iterator

import numpy as np

from ml.data.manifest import Dataset
from ml.data.recordings import saturate
from ml.data.streams import Stream, Truth
from ml.vibration_anomaly.config import ANOMALOUS, NORMAL, Config
from ml.vibration_anomaly.pieces import Piece, pieces, rate_of

SHAKE = (1.5, 4.0)  # times the normal deviation: amplitude of a simulated unbalance
BLOW = (4.0, 12.0)  # likewise, of a simulated bearing fault
BLOWS = (0.02, 0.2)  # of them in a sample


def streams(data: Dataset, config: Config, seed: int) -> list[Stream]:
    """Those of each subject with a normal recording; the sensor goes straight from one recording to the next."""
    rate = rate_of(data)
    made = pieces(data, config.front_end.vibration(rate).span)
    subjects = sorted({piece.subject for piece in made if piece.normal or piece.off})
    return [
        one for name in subjects for one in _streams(name, [piece for piece in made if piece.subject == name], seed)
    ]


def _streams(subject: str, made: list[Piece], seed: int) -> Iterator[Stream]:
    for piece in made:
        if piece.off:  # a machine that is off has no fault
            yield Stream(subject, piece.samples, piece.rate_mhz, (), "accel")
    normal = [piece.samples for piece in made if piece.normal]
    if not normal:
        return
    faults = [piece.samples for piece in made if piece.label != NORMAL and not piece.off]
    faults = faults or list(simulated(subject, normal, seed))
    for share, fault in zip(np.array_split(np.concatenate(normal), len(faults)), faults, strict=True):
        truth = Truth(ANOMALOUS, len(share), len(share) + len(fault))
        yield Stream(subject, np.concatenate([share, fault]), made[0].rate_mhz, (truth,), "accel")


def simulated(subject: str, normal: list[np.ndarray], seed: int) -> Iterator[np.ndarray]:
    """Faults made from normal recordings, int16 (n, 3): each with more shaking at a frequency, and each with blows."""
    rng = np.random.default_rng([seed, zlib.crc32(subject.encode())])
    for samples in normal:
        yield saturate(samples + _shaking(samples, rng))
        yield saturate(samples + _blows(samples, rng))


def _shaking(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    turns = rng.uniform(0.05, 0.45) * np.arange(len(samples))[:, None] + rng.random(3)
    return rng.uniform(*SHAKE) * samples.std(0) * np.sin(2 * np.pi * turns)


def _blows(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    struck = rng.random((len(samples), 1)) < np.exp(rng.uniform(*np.log(BLOWS)))
    return struck * rng.choice([-1, 1], (len(samples), 1)) * rng.uniform(*BLOW) * samples.std(0)
