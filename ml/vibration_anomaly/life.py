"""What a machine in order lives through besides running: it is switched off and on, somebody knocks at it, its sensor
is mounted the other way round. None of that is a fault.

The recordings are made from real ones: steady running, joined with silence at the noise of a sensor, with ramps between
them, and with knocks added.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.data.recordings import saturate
from ml.data.streams import Stream
from ml.evaluate.streams import detect
from ml.native.machine import State, watch
from ml.trial.committed import Committed
from ml.vibration_anomaly.pieces import Piece

NOISE = 2.0  # counts, standard deviation: 1 mg, that of a quiet accelerometer
RAMPS_S = (0.5, 2.0, 5.0)  # from off to full speed, and back
KNOCK = (2000, 8000)  # counts, 1 to 4 g
KNOCK_S = 0.03  # in which a knock fades
RUN_S, OFF_S = 30.0, 30.0  # of what starts and stops
SHORTEST_S = 60.0


@dataclass(frozen=True)
class Lived:
    """What came of one recording."""

    scenario: str
    file: str
    seconds: float
    events: int
    judged: float  # share of the windows
    states: dict[str, float]  # share of the time


def scenarios(samples: np.ndarray, rate_mhz: int, seed: int) -> Iterator[tuple[str, np.ndarray]]:
    """Names and int16 recordings (n, 3) made from one of a machine in order."""
    rng, rate = np.random.default_rng(seed), rate_mhz / 1000
    run = at_least(samples, round(SHORTEST_S * rate))
    gravity = samples.mean(0)
    yield "runs on", run
    yield "is off", silence(gravity, round(2 * SHORTEST_S * rate), rng)
    for ramp_s in RAMPS_S:
        yield f"starts and stops within {ramp_s:g} s, every 30 s", cycles(samples, rate, ramp_s, 5, rng)
    yield (
        "stops and stays off",
        np.concatenate([run, ramped(samples, rate, RAMPS_S[1], -1), silence(gravity, round(SHORTEST_S * rate), rng)]),
    )
    for knocks in (1, 3):
        yield f"is knocked at, {knocks} x", knocked(np.concatenate([run, run]), rate, knocks, rng)
    yield "is off and knocked at", knocked(silence(gravity, len(run), rng), rate, 3, rng)
    yield "axes exchanged", np.ascontiguousarray(run[:, [2, 0, 1]])
    yield "axes turned round", np.ascontiguousarray(run[:, [1, 0, 2]] * np.array([1, -1, -1], np.int16))
    yield "sensor frozen", np.concatenate([run, np.tile(run[-1], (len(run), 1))])


def at_least(samples: np.ndarray, count: int) -> np.ndarray:
    """The recording, again and again."""
    return np.tile(samples, (-(-count // len(samples)), 1))[: max(count, len(samples))]


def silence(gravity: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """A sensor on a machine that is off."""
    return saturate(gravity + rng.normal(0, NOISE, (count, len(gravity))))


def ramped(samples: np.ndarray, rate: float, seconds: float, direction: int) -> np.ndarray:
    """So many seconds of it that swell (direction 1) or fade (-1)."""
    part = at_least(samples, round(seconds * rate))[: round(seconds * rate)]
    share = np.linspace(0, 1, len(part))[::direction, None]
    return saturate(part.mean(0) + (part - part.mean(0)) * share)


def cycles(samples: np.ndarray, rate: float, ramp_s: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """Starts, runs, stops and rests, so many times; each run is another part of the recording."""
    gravity, length = samples.mean(0), round(RUN_S * rate)
    long = at_least(samples, 2 * length)
    parts = []
    for _ in range(count):
        start = int(rng.integers(len(long) - length))
        run = long[start : start + length]
        parts += [ramped(run, rate, ramp_s, 1), run, ramped(run, rate, ramp_s, -1)]
        parts.append(silence(gravity, round(OFF_S * rate), rng))
    return np.concatenate(parts)


def knocked(samples: np.ndarray, rate: float, knocks: int, rng: np.random.Generator) -> np.ndarray:
    """With so many short impacts, ten seconds apart or more."""
    made = samples.astype(float)
    places = np.linspace(0.3, 0.9, knocks) * len(samples)
    fade = np.exp(-np.arange(max(2, round(5 * KNOCK_S * rate))) / (KNOCK_S * rate))
    for place in places.astype(int):
        strength = rng.uniform(*KNOCK) * rng.choice([-1, 1], 3) * rng.uniform(0.3, 1, 3)
        end = min(place + len(fade), len(made))
        ringing = fade * np.where(np.arange(len(fade)) % 2, -1, 1)
        made[place:end] += (ringing[:, None] * strength)[: end - place]
    return saturate(made)


def live(shipped: Committed, piece: Piece, seed: int) -> list[Lived]:
    """Every scenario by a compiled model, as the board does it."""
    app: Any = shipped.app
    made = []
    for name, samples in scenarios(piece.samples, piece.rate_mhz, seed):
        stream = Stream(piece.subject, samples, piece.rate_mhz, (), "accel")
        scored = shipped.app.score(stream, shipped.model)
        seen = watch(samples, app.machine(piece.rate_mhz))
        states = {state.name.lower(): seen.share(state) for state in State}
        judged = float(scored.awake.mean()) if scored.awake is not None and len(scored.awake) else 0.0
        events = len(detect(scored, ["normal", "anomalous"], shipped.config))
        made.append(Lived(name, piece.file, len(samples) * 1000 / piece.rate_mhz, events, judged, states))
    return made
