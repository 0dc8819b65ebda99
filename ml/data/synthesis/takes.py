"""Whole recordings of simulated people, written as a data set that the same loader reads as any other.

folder = generate(Plan(), seed=0)   # takes/, repetitions/ and manifest.csv; made once, then found again
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ml.data.recordings import runs
from ml.data.synthesis.folder import LICENCE, SOURCE, made_once
from ml.data.synthesis.gestures import GESTURES, UP, idle, perform, unrelated
from ml.data.synthesis.people import Person, person
from ml.data.synthesis.sensor import measure
from ml.data.synthesis.strokes import Stroke, motion
from ml.errors import UserError

BACKGROUND = "none"  # label of takes in which nothing is meant
MARGIN = 5  # samples kept before and after a repetition cut out


@dataclass(frozen=True)
class Plan:
    """How much is simulated."""

    people: int = 6  # 2..26
    repetitions: int = 8  # of each gesture by each person, 1..100
    rate_hz: float = 33.3
    background_s: float = 60.0  # by each person, seconds of nothing meant

    def __post_init__(self) -> None:
        if not (2 <= self.people <= 26 and 1 <= self.repetitions <= 100):
            raise UserError(f"expected 2..26 people and 1..100 repetitions, found {self.people} and {self.repetitions}")


@dataclass(frozen=True)
class Take:
    """One simulated recording."""

    accel: np.ndarray  # m/s2 (n, 3)
    gyro: np.ndarray  # deg/s (n, 3)
    active: np.ndarray  # bool (n,)


def generate(plan: Plan, seed: int, folder: Path | None = None) -> Path:
    """Writes the data set unless the same was written before; returns its folder."""
    return made_once([plan, seed], lambda made: _write_people(made, plan, seed), folder)


def _write_people(folder: Path, plan: Plan, seed: int) -> list[dict]:
    return [row for one in _people(plan, seed) for row in _write_person(folder, one, plan, seed)]


def _people(plan: Plan, seed: int) -> list[Person]:
    return [person(f"sim_{chr(97 + i)}", np.random.default_rng([seed, i])) for i in range(plan.people)]


def _write_person(folder: Path, one: Person, plan: Plan, seed: int) -> Iterator[dict]:
    for number, label in enumerate([*GESTURES, BACKGROUND]):
        rng = np.random.default_rng([seed, ord(one.name[-1]), number])
        made = background(one, plan, rng) if label == BACKGROUND else take(one, label, plan, rng)
        yield _write(folder, f"takes/{one.name}_{label}.csv", made, one=one, label=label, plan=plan)
        for count, (start, end) in enumerate(runs(made.active)):
            cut = slice(max(0, start - MARGIN), end + MARGIN)
            piece = Take(made.accel[cut], made.gyro[cut], made.active[cut])
            yield _write(
                folder, f"repetitions/{label}/{one.name}_{count:02d}.csv", piece, one=one, label=label, plan=plan
            )


def take(one: Person, label: str, plan: Plan, rng: np.random.Generator) -> Take:
    """A gesture again and again, with rest and now and then an unrelated movement between."""
    strokes: list[Stroke] = []
    spans, at = [], rng.uniform(0.8, 1.6)
    for _ in range(plan.repetitions):
        strokes += perform(GESTURES[label], one, at, rng)
        spans.append((at, strokes[-1].end))
        at = strokes[-1].end + rng.uniform(0.7, 1.6)
        if rng.random() < 0.25:
            until = at + rng.uniform(1.5, 3.5)
            strokes += unrelated(one, at, until, rng)
            at = until + rng.uniform(0.6, 1.0)
    return _record(strokes, spans, at, one=one, plan=plan, rng=rng)


def background(one: Person, plan: Plan, rng: np.random.Generator) -> Take:
    """Rest and unrelated movement only."""
    strokes: list[Stroke] = []
    at = 0.5
    while at < plan.background_s:
        until = at + rng.uniform(1.5, 4.0)
        strokes += unrelated(one, at, until, rng)
        at = until + rng.uniform(0.3, 2.0)
    return _record(strokes, [], at, one=one, plan=plan, rng=rng)


def _record(
    strokes: list[Stroke], spans: list, seconds: float, *, one: Person, plan: Plan, rng: np.random.Generator
) -> Take:
    times = np.arange(int(seconds * plan.rate_hz)) / plan.rate_hz
    held = Stroke(-2.0, 1.0, (0.0, 0.0, 0.0), one.hold)  # taken up before the recording began
    made = motion([held, *strokes, *idle(one, -1.0, seconds, rng)], times)
    accel, gyro = measure(made, one.sensor, rng, UP)
    active = np.zeros(len(times), bool)
    for start, end in spans:
        active |= (times >= start) & (times < end)
    return Take(accel, gyro, active)


def _write(folder: Path, file: str, made: Take, *, one: Person, label: str, plan: Plan) -> dict:
    columns = {f"a{axis}_mps2": made.accel[:, i].round(3) for i, axis in enumerate("xyz")}
    columns |= {f"g{axis}_dps": made.gyro[:, i].round(2) for i, axis in enumerate("xyz")}
    if file.startswith("takes/"):
        columns["active"] = made.active.astype(int)
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(columns).to_csv(path, index=False)
    return {
        "file": file,
        "label": label,
        "subject": one.name,
        "sample_rate_hz": plan.rate_hz,
        "source": SOURCE,
        "licence": LICENCE,
    }
