"""A few features of a whole recording, for comparing recordings. They find similar recordings; no model uses them.

Sound: how loud each of 20 bands is in each of 10 parts of the second around its loudest (the firmware's log-mel).
Motion: of each axis level, spread and change in each of 6 equal parts, and the power of its length in 12 bands.
"""

from itertools import pairwise

import numpy as np

from ml.data.audio import resample_audio
from ml.data.recordings import Recording
from ml.native.logmel import LogmelConfig, log_mel

SOUND_HZ = 16000
AROUND_S = 1.0
BANDS, PARTS = 20, 10
MOTION_PARTS, MOTION_BANDS = 6, 12


def features(recordings: list[Recording]) -> np.ndarray:
    """float (n, d) of recordings of one kind of sensor, each column of mean 0 and deviation 1."""
    described = _sound(recordings) if recordings[0].sensor == "mic" else [_motion(one) for one in recordings]
    made = np.array(described)
    spread = made.std(0)
    return (made - made.mean(0)) / np.where(spread > 0, spread, 1)


def _sound(recordings: list[Recording]) -> list[np.ndarray]:
    cut = [_loudest(_at_16k(one)) for one in recordings]
    frames = log_mel(cut, LogmelConfig(rate_hz=SOUND_HZ, bands=BANDS)).frames
    return [_in_parts(one.astype(float), PARTS).ravel() for one in frames]


def _at_16k(one: Recording) -> np.ndarray:
    rate = one.rate_mhz // 1000
    return one.samples[:, 0] if rate <= SOUND_HZ else resample_audio(one.samples[:, 0], rate, SOUND_HZ)


def _loudest(samples: np.ndarray) -> np.ndarray:
    """The second around the middle of the energy's loudest half second, with silence where the recording ends."""
    count, half = int(AROUND_S * SOUND_HZ), int(AROUND_S * SOUND_HZ) // 2
    power = np.concatenate([np.zeros(half), (samples.astype(float) - samples.mean()) ** 2, np.zeros(half)])
    total = np.concatenate([[0.0], np.cumsum(power)])
    middle = int(np.argmax(total[half:] - total[:-half])) + half // 2
    padded = np.concatenate([np.zeros(count, np.int16), samples, np.zeros(count, np.int16)])
    start = min(max(0, middle - half - half + count), len(padded) - count)
    return np.ascontiguousarray(padded[start : start + count])


def _in_parts(rows: np.ndarray, parts: int) -> np.ndarray:
    """(n, d) -> (parts, d): means of equal parts; of few rows each the nearest."""
    edges = np.linspace(0, len(rows), parts + 1)
    pieces = [rows[int(a) : max(int(a) + 1, int(b))] for a, b in pairwise(edges)]
    return np.array([piece.mean(0) if len(piece) else rows[-1] for piece in pieces])


def _motion(one: Recording) -> np.ndarray:
    samples = one.samples.astype(float)
    change = np.abs(np.diff(samples, axis=0, prepend=samples[:1]))
    spread = np.sqrt(_in_parts((samples - samples.mean(0)) ** 2, MOTION_PARTS))
    level = _in_parts(samples, MOTION_PARTS)
    shape = np.log1p(np.concatenate([spread.ravel(), _in_parts(change, MOTION_PARTS).ravel()]))
    return np.concatenate([level.ravel() / 256, shape, _spectrum(np.linalg.norm(samples[:, :3], axis=1))])


def _spectrum(length: np.ndarray) -> np.ndarray:
    """Power of a signal (n,) in bands of equal ratio up to half the rate, in nepers."""
    power = np.abs(np.fft.rfft((length - length.mean()) * np.hanning(len(length)))) ** 2 / max(1, len(length))
    edges = np.geomspace(1, max(2, len(power)), MOTION_BANDS + 1).astype(int)
    return np.log1p([power[a : max(a + 1, b)].sum() for a, b in pairwise(edges)])
