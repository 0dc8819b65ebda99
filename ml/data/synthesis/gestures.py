"""The strokes of ten gestures and of movements that are none of them.

The gestures are those of D. Jirak, S. Tietz, H. Ali, S. Wermter, "Echo State Networks and Long Short-Term Memory for
Continuous Gesture Recognition", Cognitive Computation 2020: a device held flat in the hand, its screen up, is snapped
out and back, turned and back, or shaken. Axes as those people's recordings have them: x to the right, y away from the
person, z up.
"""

from dataclasses import dataclass

import numpy as np

from ml.data.synthesis.people import Person
from ml.data.synthesis.strokes import Stroke


@dataclass(frozen=True)
class Gesture:
    """The way out; the way back is its opposite."""

    move: tuple[float, float, float]  # metres: right, away, up
    turn: tuple[float, float, float]  # radians about the same axes
    seconds: float  # out and back
    swings: int = 1  # times out and back


UP = (0.0, 0.0, 1.0)
GESTURES = {
    "left": Gesture((-0.16, 0.02, 0.0), (0.0, 0.1, 0.6), 0.75),
    "right": Gesture((0.16, 0.02, 0.0), (0.0, -0.1, -0.6), 0.75),
    "forward": Gesture((0.0, -0.02, -0.14), (-0.6, 0.0, 0.0), 0.75),
    "backward": Gesture((0.0, 0.01, 0.12), (0.6, 0.0, 0.0), 0.8),
    "bounce_up": Gesture((0.0, 0.13, 0.0), (0.12, 0.0, 0.0), 0.75),
    "bounce_down": Gesture((0.0, -0.13, 0.0), (-0.12, 0.0, 0.0), 0.75),
    "turn_left": Gesture((-0.02, 0.0, 0.0), (0.0, 0.0, 1.1), 0.9),
    "turn_right": Gesture((0.02, 0.0, 0.0), (0.0, 0.0, -1.1), 0.9),
    "shake_lr": Gesture((0.1, 0.0, 0.0), (0.0, 0.0, -0.5), 0.42, swings=4),
    "shake_ud": Gesture((0.0, 0.08, 0.03), (0.5, 0.0, 0.0), 0.42, swings=4),
}


def perform(gesture: Gesture, person: Person, start: float, rng: np.random.Generator) -> list[Stroke]:
    """One repetition, in that person's way, slightly different each time."""
    pace, reach, wrist = np.exp(rng.normal(0, person.variation, 3)) * (person.pace, person.reach, person.wrist)
    stray = 1 + rng.normal(0, person.wander, 3)
    leak = rng.normal(0, person.wander, (2, 3))
    move = reach * (gesture.move * stray + leak[0] * np.linalg.norm(gesture.move))
    turn = wrist * (gesture.turn * stray + leak[1] * np.linalg.norm(gesture.turn))
    swings = gesture.swings + (int(rng.integers(-1, 2)) if gesture.swings > 1 else 0)
    out = gesture.seconds * pace * person.snap
    back = gesture.seconds * pace - out
    strokes = []
    for _ in range(swings):
        strokes.append(Stroke(start, out, tuple(move), tuple(turn)))
        strokes.append(Stroke(start + out, back, tuple(-move), tuple(-turn)))
        start += out + back
    return strokes


def idle(person: Person, start: float, end: float, rng: np.random.Generator) -> list[Stroke]:
    """A hand is never quite still: slow, small strokes that cancel out over time."""
    strokes, at = [], start
    last_move, last_turn = np.zeros(3), np.zeros(3)
    while at < end:
        duration = rng.uniform(0.5, 1.5)
        move, turn = rng.normal(0, 0.006, 3), rng.normal(0, 0.025, 3) * person.wrist
        strokes.append(Stroke(at, duration, tuple(move - last_move), tuple(turn - last_turn)))
        last_move, last_turn = move, turn
        at += duration * 0.6
    return strokes


def unrelated(person: Person, start: float, end: float, rng: np.random.Generator) -> list[Stroke]:
    """Movement that means nothing: putting the hand somewhere else and back, or the sway of walking."""
    if rng.random() < 0.4:
        return _walk(person, start, end, rng)
    third = (end - start) / 3
    move = rng.normal(0, 0.2, 3) * person.reach
    turn = rng.normal(0, 0.5, 3)
    away = Stroke(start, third * rng.uniform(0.6, 1.4), tuple(move), tuple(turn))
    back = Stroke(end - third, third, tuple(-move), tuple(-turn))
    return [away, back]


def _walk(person: Person, start: float, end: float, rng: np.random.Generator) -> list[Stroke]:
    step = rng.uniform(0.45, 0.6) * person.pace
    strokes, side = [], 1.0
    for at in np.arange(start, end - step, step):
        bob, sway, roll = 0.025 * np.exp(rng.normal(0, 0.2)), 0.02 * side, 0.06 * side
        strokes.append(Stroke(at, step / 2, (sway, 0.0, bob), (0.03, roll, 0.0)))
        strokes.append(Stroke(at + step / 2, step / 2, (-sway, 0.0, -bob), (-0.03, -roll, 0.0)))
        side = -side
    return strokes
