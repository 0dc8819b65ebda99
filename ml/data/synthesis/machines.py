"""A simulated machine with an accelerometer on it: a shaft's harmonics, noise, and three faults.

folder = generate(Plan(), seed=0)   # recordings/ and manifest.csv; made once, then found again

The shaft shakes the sensor at its own frequency, less at twice and three times it; flow and friction make noise that
grows with the speed. Faults: unbalance (more at the shaft's own frequency, with the square of the speed), a bearing's
blows (bursts that ring at a resonance, some times in a turn) and looseness (more harmonics, and half ones). Figures
reached on it say that the machinery works; they say nothing about real machines.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ml.data.recordings import GRAVITY
from ml.data.synthesis.folder import LICENCE, SOURCE, made_once
from ml.errors import UserError

FAULTS = ("normal", "unbalance", "bearing", "looseness")
RESONANCE = 0.37  # of the rate
BLOWS = 3.58  # in a turn: of a ball bearing's outer race, about 0.4 times its eight or nine balls


@dataclass(frozen=True)
class Plan:
    """How much is simulated."""

    speeds: int = 8  # 2..26, from slow to fast
    seconds: float = 60.0  # of each recording
    rate_hz: float = 200.0

    def __post_init__(self) -> None:
        if not (2 <= self.speeds <= 26 and 5 <= self.seconds <= 3600 and 20 <= self.rate_hz <= 20000):
            raise UserError("expected 2..26 speeds, recordings of 5..3600 s and a rate of 20..20000 Hz")


def generate(plan: Plan, seed: int, folder: Path | None = None) -> Path:
    """Writes the data set unless the same was written before; returns its folder."""
    return made_once(["machines", plan, seed], lambda made: list(_rows(made, plan, seed)), folder)


def _rows(folder: Path, plan: Plan, seed: int) -> Iterator[dict]:
    (folder / "recordings").mkdir()
    for number in range(plan.speeds):
        shaft_hz = plan.rate_hz * (0.04 + 0.16 * number / (plan.speeds - 1))
        for fault in FAULTS:
            rng = np.random.default_rng([seed, number, *fault.encode()])
            file = f"recordings/speed{number:02d}_{fault}.csv"
            made = vibrate(plan, shaft_hz, fault, rng)
            pd.DataFrame(made.round(4), columns=["ax_mps2", "ay_mps2", "az_mps2"]).to_csv(folder / file, index=False)
            yield {"file": file, "label": fault, "subject": "sim", "session": f"speed{number:02d}"} | {
                "sample_rate_hz": plan.rate_hz, "source": SOURCE, "licence": LICENCE,
            }  # fmt: skip


def vibrate(plan: Plan, shaft_hz: float, fault: str, rng: np.random.Generator) -> np.ndarray:
    """One recording: acceleration in m/s2 (n, 3)."""
    count = round(plan.seconds * plan.rate_hz)
    speed = shaft_hz / plan.rate_hz / 0.2  # 0.2 to 1
    jitter = np.cumsum(rng.normal(0, 0.002, count))
    turns = shaft_hz * np.arange(count) / plan.rate_hz + jitter + rng.random()
    size = 0.4 * speed
    made = rng.normal(0, 0.08 + 0.25 * speed**2, (count, 3)) * (1.0, 0.8, 0.6)
    for harmonic, share in ((1, 1.0), (2, 0.35), (3, 0.15)):
        made += _shake(turns * harmonic, size * share, rng)
    if fault == "unbalance":
        made += _shake(turns, 2.5 * speed**2 + 0.5, rng)
    if fault == "bearing":
        made += _blows(turns, 1.5 + 2.5 * speed, rng)[:, None] * (1.0, 0.8, 0.5)
    if fault == "looseness":
        for order in (0.5, 1.5, 2.5, 4, 5):
            made += _shake(turns * order, 0.25 + 0.5 * speed, rng)
    return made + np.array([0.0, 0.0, GRAVITY])


def _shake(turns: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    phase, share = rng.random(3), np.array([1.0, 0.9, 0.4]) * np.exp(rng.normal(0, 0.05, 3))
    return size * share * np.sin(2 * np.pi * (turns[:, None] + phase))


def _blows(turns: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    """Bursts that die away within a few samples, where BLOWS times the turns passes a whole number."""
    struck = np.flatnonzero(np.diff(np.floor(turns * BLOWS), prepend=0) > 0)
    force = np.zeros(len(turns))
    force[struck] = size * np.exp(rng.normal(0, 0.3, len(struck)))
    ring = np.exp(-np.arange(12) / 3) * np.cos(2 * np.pi * RESONANCE * np.arange(12))
    return np.convolve(force, ring)[: len(turns)]
