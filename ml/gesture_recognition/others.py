"""Movement that is not a gesture: steps, handling, blows, in any direction, with the device held in any way.

A network that has only seen ten gestures calls whatever moves one of them. These windows belong to the class `none`:
rhythms (walking, shaking, machines) of three harmonics, each about a direction of its own, and handling, a few
minimum-jerk strokes (ml/data/synthesis/strokes.py) with a blow now and then. They are simulated, with nobody's data;
the ranges are those of what people do with a thing in their hand or on their body.
"""

from dataclasses import dataclass

import numpy as np

from ml.data.augmentation import feel_gravity
from ml.data.recordings import ACCEL_PER_G, GRAVITY, GYRO_PER_DPS
from ml.data.synthesis.strokes import minimum_jerk

HARMONICS = 3
COUNTS = np.repeat([ACCEL_PER_G / GRAVITY, GYRO_PER_DPS], 3)  # in 1 m/s2 and in 1 deg/s


@dataclass(frozen=True)
class Others:
    """How much there is, for each window of a gesture, and how far it may stray; ranges are drawn on a log scale."""

    rhythms: float = 0.4  # windows
    handling: float = 0.7  # windows; with fewer, weak and bent gestures made more events in other movement
    rhythm_hz: tuple[float, float] = (0.8, 4.0)
    rhythm_mps2: tuple[float, float] = (0.2, 6.0)
    rhythm_dps: tuple[float, float] = (5.0, 120.0)
    strokes: int = 3  # at most
    stroke_s: tuple[float, float] = (0.15, 2.0)
    stroke_m: tuple[float, float] = (0.02, 0.5)
    stroke_deg: tuple[float, float] = (3.0, 90.0)
    most_mps2: float = 30.0  # of a stroke: an arm is not stronger
    blows: float = 0.4  # share of the handling with one
    blow_s: tuple[float, float] = (0.03, 0.12)
    blow_mps2: tuple[float, float] = (1.0, 20.0)
    accel_noise: tuple[float, float] = (0.02, 0.6)  # m/s2, standard deviation
    gyro_noise: tuple[float, float] = (0.5, 10.0)  # deg/s


def other_windows(count: int, by: Others, window: int, rate_hz: float, rng: np.random.Generator) -> np.ndarray:
    """Windows of a rhythm and of handling for `count` windows of gestures: float (n, window, 6) in counts."""
    times = np.arange(window) / rate_hz
    moved = [_rhythm(times, by, rng) for _ in range(round(count * by.rhythms))]
    moved += [_handling(times, by, rng) for _ in range(round(count * by.handling))]
    made = np.array([one + _noise(window, by, rng) for one in moved]).reshape(-1, window, 6) * COUNTS
    return feel_gravity(made, rng.normal(size=(len(made), 3)), rate_hz)


def _draw(limits: tuple[float, float], rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(*np.log(limits))))


def _rhythm(times: np.ndarray, by: Others, rng: np.random.Generator) -> np.ndarray:
    made = np.zeros((len(times), 6))
    beat = 2 * np.pi * _draw(by.rhythm_hz, rng) * times
    for harmonic in range(1, HARMONICS + 1):
        for axes, size in ((slice(0, 3), by.rhythm_mps2), (slice(3, 6), by.rhythm_dps)):
            swing = np.sin(harmonic * beat + rng.uniform(0, 2 * np.pi))
            made[:, axes] += np.outer(swing, rng.normal(size=3)) * _draw(size, rng) / harmonic
    return made


def _handling(times: np.ndarray, by: Others, rng: np.random.Generator) -> np.ndarray:
    made = np.zeros((len(times), 6))
    for _ in range(rng.integers(1, by.strokes + 1)):
        seconds = _draw(by.stroke_s, rng)
        start = rng.uniform(-0.5 * seconds, times[-1])
        _, velocity, acceleration = minimum_jerk((times - start) / seconds)
        pushed = np.outer(acceleration, rng.normal(size=3)) * _draw(by.stroke_m, rng) / seconds**2
        made[:, :3] += np.clip(pushed, -by.most_mps2, by.most_mps2)
        made[:, 3:] += np.outer(velocity, rng.normal(size=3)) * _draw(by.stroke_deg, rng) / seconds
    if rng.random() < by.blows:
        blow = np.exp(-(((times - rng.choice(times)) / _draw(by.blow_s, rng)) ** 2))
        made[:, :3] += np.outer(blow, rng.normal(size=3)) * _draw(by.blow_mps2, rng)
    return made


def _noise(window: int, by: Others, rng: np.random.Generator) -> np.ndarray:
    scale = np.repeat([_draw(by.accel_noise, rng), _draw(by.gyro_noise, rng)], 3)
    return rng.normal(size=(window, 6)) * scale
