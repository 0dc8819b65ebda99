"""How one simulated person differs from the next."""

from dataclasses import dataclass

import numpy as np

from ml.data.synthesis.sensor import Sensor


@dataclass(frozen=True)
class Person:
    """Habits of one person and the device in that person's hand."""

    name: str
    pace: float  # durations are multiplied by it
    reach: float  # so are distances
    wrist: float  # and angles
    snap: float  # duration of the way out, as a share of out and back
    hold: tuple[float, float, float]  # radians about x, y, z: how the device is held
    wander: float  # how far a stroke strays from its direction, as a share of it
    variation: float  # from repetition to repetition, standard deviation of the logarithm
    sensor: Sensor


def person(name: str, rng: np.random.Generator) -> Person:
    """Draws a person."""
    return Person(
        name=name,
        pace=float(np.exp(rng.normal(0, 0.22))),
        reach=float(np.exp(rng.normal(0, 0.35))),
        wrist=float(np.exp(rng.normal(0, 0.35))),
        snap=float(rng.uniform(0.36, 0.54)),
        hold=tuple(np.radians(rng.normal((-12, 0, 0), (18, 12, 12)))),
        wander=float(rng.uniform(0.1, 0.35)),
        variation=float(rng.uniform(0.08, 0.2)),
        sensor=Sensor(
            accel_bias=tuple(rng.normal(0, 0.12, 3)),
            gyro_bias=tuple(rng.normal(0, 0.8, 3)),
            accel_noise=float(rng.uniform(0.03, 0.1)),
            gyro_noise=float(rng.uniform(0.1, 0.5)),
        ),
    )
