"""Hand motion as a sum of strokes, each a straight minimum-jerk movement in six dimensions.

Minimum jerk: T. Flash, N. Hogan, "The coordination of arm movements", J. Neuroscience 5(7), 1985. Movements as sums of
overlapping strokes: B. Rohrer, N. Hogan, "Avoiding spurious submovement decompositions", Biol. Cybernetics 89, 2003.
Position, velocity and acceleration are exact, not differences of samples.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Stroke:
    """One movement: from rest to rest."""

    start: float  # seconds
    duration: float  # seconds
    move: tuple[float, float, float]  # metres along the world's axes
    turn: tuple[float, float, float]  # radians about them

    @property
    def end(self) -> float:
        return self.start + self.duration


@dataclass(frozen=True)
class Motion:
    """Where the hand is and how it is turned, with derivatives; every array is (n, 3)."""

    position: np.ndarray  # metres
    acceleration: np.ndarray  # m/s2
    angles: np.ndarray  # radians about x, y, z: the orientation is Rz Ry Rx
    angle_rates: np.ndarray  # rad/s


def minimum_jerk(phase: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Position, velocity and acceleration of a unit movement at phase 0..1, held before and after."""
    p = np.clip(phase, 0, 1)
    position = p**3 * (10 - 15 * p + 6 * p**2)
    velocity = 30 * p**2 * (1 - p) ** 2
    acceleration = 60 * p * (1 - p) * (1 - 2 * p)
    return position, velocity, acceleration


def motion(strokes: list[Stroke], times: np.ndarray) -> Motion:
    """The sum of the strokes at `times` (n,) in seconds."""
    zeros = [np.zeros((len(times), 3)) for _ in range(4)]
    made = Motion(*zeros)
    for stroke in strokes:
        position, velocity, acceleration = minimum_jerk((times - stroke.start) / stroke.duration)
        made.position[:] += np.outer(position, stroke.move)
        made.acceleration[:] += np.outer(acceleration, stroke.move) / stroke.duration**2
        made.angles[:] += np.outer(position, stroke.turn)
        made.angle_rates[:] += np.outer(velocity, stroke.turn) / stroke.duration
    return made
