"""Windows to compare a committed model on where no recordings are at hand: noise that swells, on top of gravity."""

import numpy as np

from ml.errors import UserError
from ml.evaluate.parity import Case
from ml.trial.committed import Committed

CASES = 8
LONGEST_S = 60  # of a window
GRAVITY = {"imu": (0, 0, 2048, 0, 0, 0), "accel": (0, 0, 2048), "mic": (0,)}  # of a sensor that lies still


def cases(made: Committed, count: int = CASES) -> list[Case]:
    """A window each of `count` signals, from near silence to such that clip; the same on every computer."""
    seconds = _seconds(made)
    return [_case(made, number, count, seconds) for number in range(count)]


def _seconds(made: Committed) -> int:
    """How long it takes to fill a window."""
    seconds = 1
    while seconds <= LONGEST_S:
        if len(made.app.inputs(_signal(made, 0, 1, seconds), _rate(made)).windows):
            return seconds
        seconds *= 2
    raise UserError(f"{made.header}: expected a window within {LONGEST_S} s, found none; compile it again")


def _case(made: Committed, number: int, count: int, seconds: int) -> Case:
    samples, rate = _signal(made, number, count, seconds), _rate(made)
    found = made.app.inputs(samples, rate)
    return Case(f"signal {number}", samples[: found.sample[-1] + 1], rate, found.windows[-1])


def _rate(made: Committed) -> int:
    if made.rate_mhz is None:
        raise UserError(f"{made.header}: expected a front end, found none; compile it again")
    return made.rate_mhz


def _signal(made: Committed, number: int, count: int, seconds: int) -> np.ndarray:
    """int16 (n, channels): louder from number to number."""
    still = np.array(GRAVITY[made.app.sensor])
    samples = round(seconds * _rate(made) / 1000)
    draw = np.random.default_rng(number)
    loud = 40_000 * 2.0 ** (-12 * (1 - (number + 1) / count))
    swell = np.abs(np.sin(np.linspace(0, draw.uniform(1, 9), samples)))[:, None]
    noise = draw.normal(0, loud, (samples, len(still))) * swell
    smooth = np.cumsum(noise, axis=0) * 0.05 if number % 2 else noise
    return np.clip(np.rint(still + smooth), -32768, 32767).astype(np.int16)
