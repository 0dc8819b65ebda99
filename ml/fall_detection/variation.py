"""Varies a recorded acceleration as if another body, device or way of wearing had made it.

Samples are float (n, 3) in counts, before the C front end.
"""

import numpy as np

from ml.data.augmentation import resample, rotation
from ml.data.recordings import ACCEL_PER_G, saturate
from ml.fall_detection.config import Variation

LEVEL_S = 1.0  # a mean over this tells what is gravity


def vary(samples: np.ndarray, rate_mhz: int, by: Variation, rng: np.random.Generator) -> np.ndarray:
    """Another recording like this one: int16 (about as many, 3) in counts."""
    slower = resample(samples.astype(float), float(np.exp(rng.normal(0, by.speed))))
    made = _stronger(slower, rate_mhz, float(np.exp(rng.normal(0, by.strength))))
    gain = np.exp(rng.uniform(-by.scale, by.scale) + rng.normal(0, by.axis_gain, 3))
    made = made @ any_rotation(rng) * gain + rng.uniform(-by.offset_g, by.offset_g, 3) * ACCEL_PER_G
    made += rng.normal(0, rng.uniform(0, by.noise_g) * ACCEL_PER_G, made.shape)
    most = by.ranges_g[rng.integers(len(by.ranges_g))] * ACCEL_PER_G
    made = saturate(np.clip(made, -most, most))
    return _with_gaps(made, round(by.lost_s * rate_mhz / 1000), rng) if rng.random() < by.lost else made


def any_rotation(rng: np.random.Generator) -> np.ndarray:
    """A rotation matrix (3, 3), all directions and angles alike: of a random quaternion (K. Shoemake, 1992)."""
    axis = rng.normal(size=4)
    axis /= np.linalg.norm(axis)
    return rotation(axis[1:] / np.linalg.norm(axis[1:]) * 2 * np.arccos(axis[0]))


def _stronger(samples: np.ndarray, rate_mhz: int, strength: float) -> np.ndarray:
    """All but gravity multiplied; gravity is the mean over a second around each sample."""
    half = max(1, round(LEVEL_S * rate_mhz / 2000))
    total = np.vstack([np.zeros(3), np.cumsum(np.pad(samples, ((half, half), (0, 0)), mode="edge"), axis=0)])
    gravity = (total[2 * half :] - total[: -2 * half])[: len(samples)] / (2 * half)
    return gravity + (samples - gravity) * strength


def _with_gaps(samples: np.ndarray, longest: int, rng: np.random.Generator) -> np.ndarray:
    """Radio links lose samples and repeat the last one: one gap every second or so."""
    made = samples.copy()
    for _ in range(1 + len(made) // (8 * max(1, longest))):
        start, count = rng.integers(len(made)), rng.integers(1, max(2, longest))
        made[start : start + count] = made[start]
    return made
