"""Simulated people wear an accelerometer, go about their day, and fall now and then.

folder = generate(Plan(), seed=0)   # recordings/ and manifest.csv; made once, then found again

A coarse physical model: the body turns between postures (minimum jerk), weighs less while it goes down, and is struck
when it lands or steps; how the device is held is drawn for each person. Figures reached on simulated people say that
the machinery works; they say nothing about real falls.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ml.data.recordings import GRAVITY
from ml.data.synthesis.folder import LICENCE, SOURCE, made_once
from ml.data.synthesis.sensor import Sensor, measure
from ml.data.synthesis.strokes import Motion, Stroke, motion
from ml.errors import UserError

SECONDS = 12.0
UP = (0.0, 1.0, 0.0)  # of the world


@dataclass(frozen=True)
class Plan:
    """How much is simulated."""

    people: int = 8  # 2..26
    falls: int = 10  # by each person, 1..100
    activities: int = 3  # recordings of each daily activity by each person, 1..100
    rate_hz: float = 50.0

    def __post_init__(self) -> None:
        if not (2 <= self.people <= 26 and 1 <= self.falls <= 100 and 1 <= self.activities <= 100):
            raise UserError("expected 2..26 people, 1..100 falls and 1..100 recordings of each activity")


@dataclass(frozen=True)
class Wearer:
    """A simulated person."""

    name: str
    weight: float  # how hard this person steps and lands
    pace: float  # durations are multiplied by it
    mount: tuple[float, float, float]  # radians: how the device is worn
    sensor: Sensor


@dataclass
class Scene:
    """What happens to the device: turns of the body, and forces on it."""

    turns: list[Stroke]
    pulses: list[tuple[float, float, float]]  # time, width (s), size along the way up (m/s2)

    def turn(self, start: float, duration: float, angle: float, side: float) -> None:
        """Leans by an angle (radians), forwards (side 0) to sideways (side 1)."""
        direction = (float(angle * np.cos(side * np.pi / 2)), 0.0, float(angle * np.sin(side * np.pi / 2)))
        self.turns.append(Stroke(start, duration, (0.0, 0.0, 0.0), direction))

    def pulse(self, time: float, width: float, size_g: float) -> None:
        self.pulses.append((time, width, size_g * GRAVITY))


def generate(plan: Plan, seed: int, folder: Path | None = None) -> Path:
    """Writes the data set unless the same was written before; returns its folder."""
    return made_once(["falls", plan, seed], lambda made: list(_rows(made, plan, seed)), folder)


def _rows(folder: Path, plan: Plan, seed: int) -> Iterator[dict]:
    (folder / "recordings").mkdir()
    for number in range(plan.people):
        who = wearer(f"sim_{chr(97 + number)}", np.random.default_rng([seed, number]))
        for activity, (act, label) in ACTIVITIES.items():
            for trial in range(plan.falls if label == "fall" else plan.activities):
                rng = np.random.default_rng([seed, number, *activity.encode(), trial])
                file = f"recordings/{who.name}_{activity}_{trial:02d}.csv"
                _write(folder / file, perform(act, who, plan.rate_hz, rng))
                yield {"file": file, "label": label, "subject": who.name, "sample_rate_hz": plan.rate_hz} | {
                    "activity": activity, "source": SOURCE, "licence": LICENCE,
                }  # fmt: skip


def _write(path: Path, accel: np.ndarray) -> None:
    pd.DataFrame(accel.round(3), columns=["ax_mps2", "ay_mps2", "az_mps2"]).to_csv(path, index=False)


def wearer(name: str, rng: np.random.Generator) -> Wearer:
    """Draws a person."""
    return Wearer(
        name=name,
        weight=float(np.exp(rng.normal(0, 0.2))),
        pace=float(np.exp(rng.normal(0, 0.15))),
        mount=_three(rng.uniform(-np.pi, np.pi, 3) * (1, 0.4, 1)),
        sensor=Sensor(accel_noise=float(rng.uniform(0.05, 0.3)), accel_range=float(rng.choice([2, 4, 8])) * GRAVITY),
    )


def _three(values: np.ndarray) -> tuple[float, float, float]:
    one, two, three = values.tolist()
    return one, two, three


def perform(
    act: Callable[[Scene, Wearer, np.random.Generator], None], who: Wearer, rate_hz: float, rng: np.random.Generator
) -> np.ndarray:
    """One recording: acceleration in m/s2 (n, 3) as the device reports it."""
    held = Stroke(-2.0, 1.0, (0.0, 0.0, 0.0), who.mount)  # put on before the recording began
    scene = Scene([held], [])
    act(scene, who, rng)
    times = np.arange(round(SECONDS * rate_hz)) / rate_hz
    made = motion(scene.turns, times)
    force = sum(size * np.exp(-(((times - at) / width) ** 2)) for at, width, size in scene.pulses)
    sway = np.stack(
        [np.interp(times, np.arange(0, SECONDS + 1, 0.1), rng.normal(0, 0.4, 131)[:130]) for _ in range(3)], 1
    )
    pushed = np.multiply.outer(force + 0 * times, np.array(UP) + rng.normal(0, 0.3, 3)) + sway
    moved = Motion(made.position, made.acceleration + pushed, made.angles, made.angle_rates)
    return measure(moved, who.sensor, rng, UP)[0]


def stand(scene: Scene, who: Wearer, rng: np.random.Generator) -> None:
    """Nothing but small turns."""
    for _ in range(rng.integers(0, 4)):
        scene.turn(rng.uniform(0, SECONDS), rng.uniform(0.8, 2), rng.normal(0, 0.2), rng.uniform(-1, 1))


def steps(scene: Scene, who: Wearer, rng: np.random.Generator, gait: tuple[float, float, float], until: float) -> None:
    """Steps at a rate (Hz), with a blow of some g and a width (s) each, and less weight between them."""
    rate, size, width = gait
    at = rng.uniform(0, 1)
    while at < until:
        scene.pulse(at, width, size * who.weight * np.exp(rng.normal(0, 0.15)))
        scene.pulse(at + 0.5 * who.pace / rate, 0.2 / rate, -min(0.9, 0.6 * size))
        at += who.pace / rate * np.exp(rng.normal(0, 0.05))


def walk(scene: Scene, who: Wearer, rng: np.random.Generator) -> None:
    steps(scene, who, rng, (1.8, rng.uniform(0.2, 0.9), 0.06), SECONDS)


def stairs(scene: Scene, who: Wearer, rng: np.random.Generator) -> None:
    steps(scene, who, rng, (1.6, rng.uniform(0.5, 1.4), 0.07), SECONDS)


def jog(scene: Scene, who: Wearer, rng: np.random.Generator) -> None:
    steps(scene, who, rng, (2.6, rng.uniform(1.3, 3), 0.06), SECONDS)


def hop(scene: Scene, who: Wearer, rng: np.random.Generator) -> None:
    steps(scene, who, rng, (1.5, rng.uniform(2, 4), 0.08), rng.uniform(4, SECONDS))


def posture(scene: Scene, who: Wearer, rng: np.random.Generator, angle: float, bump: float) -> None:
    """Down to another posture in one to two seconds, and up again."""
    side, down = rng.uniform(-1, 1), rng.uniform(2, 4)
    for start, turned in ((down, angle), (rng.uniform(7, 9), -angle)):
        seconds = rng.uniform(1.0, 2.2) * who.pace
        scene.turn(start, seconds, turned, side)
        scene.pulse(start + 0.4 * seconds, 0.25, -0.25)
        scene.pulse(start + 0.9 * seconds, 0.07, bump * who.weight * rng.uniform(0.4, 1))


def sit(scene: Scene, who: Wearer, rng: np.random.Generator) -> None:
    posture(scene, who, rng, rng.uniform(0.3, 1.6), 1.2)


def lie_down(scene: Scene, who: Wearer, rng: np.random.Generator) -> None:
    posture(scene, who, rng, rng.uniform(1.3, 1.7), 0.9)


def bend(scene: Scene, who: Wearer, rng: np.random.Generator) -> None:
    posture(scene, who, rng, rng.uniform(0.7, 1.4), 0.3)


def fall(scene: Scene, who: Wearer, rng: np.random.Generator) -> None:
    """A walk or a stand, half a second with little weight, one to three blows, then lying still."""
    impact = rng.uniform(3.5, 6)
    seconds = rng.uniform(0.6, 1.1)
    if rng.random() < 0.7:
        steps(scene, who, rng, (1.8, rng.uniform(0.2, 0.7), 0.06), impact - seconds)
    scene.turn(impact - 0.8 * seconds, seconds, rng.uniform(1.1, 1.8), rng.uniform(-2, 2))
    scene.pulse(impact - 0.35 * seconds, 0.18, -rng.uniform(0.4, 0.8))
    scene.pulse(impact, rng.uniform(0.05, 0.09), rng.uniform(1.6, 5) * who.weight)
    for _ in range(rng.integers(0, 3)):
        scene.pulse(impact + rng.uniform(0.15, 0.6), 0.06, rng.uniform(0.3, 1.2) * who.weight)


ACTIVITIES = {
    "standing": (stand, "adl"), "walking": (walk, "adl"), "stairs": (stairs, "adl"), "jogging": (jog, "adl"),
    "hopping": (hop, "adl"), "sitting": (sit, "adl"), "lying_down": (lie_down, "adl"), "bending": (bend, "adl"),
    "falling": (fall, "fall"),
}  # fmt: skip
