"""The Nordic PPK2's stream of 32-bit words: from bytes to amperes, with its loss counter honoured.

A word, little-endian: ADC in bits 0 to 13, range in 14 to 16, a counter in 18 to 23 that goes up by one a sample, logic
inputs in 24 to 31. Current of a range: r = (4 ADC - O) 1.8 / 163840 / R, then UG (r (GS r + GI) + S V + I), with the
calibration that the meter reports and the supply's voltage V. Source: Nordic's open Power Profiler application,
NordicSemiconductor/pc-nrfconnect-ppk, src/device.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from tools.energy.meter import NOTHING, Samples, join

RATE_HZ = 100_000
RANGES = 5
LOSS = 64  # the counter tells losses modulo this
SETTLING = 3  # samples after a change of range that show the change, not the current
ENOUGH = 16  # words that tell where the stream is in step
RUN = 5  # words in a row that tell that it is not
UNSETTLED = -np.inf
_LSB = 1.8 / 163840
_TYPICAL = {"R": (1031.64, 101.65, 10.15, 0.94, 0.043), "GS": 1.0, "GI": 1.0, "O": 0.0, "S": 0.0, "I": 0.0, "UG": 1.0}
_LINE = re.compile(r"^(R|GS|GI|O|S|I|UG)([0-4]):\s*(\S+)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Calibration:
    """Factors of each range, float (5,) each; the typical ones where the meter has none."""

    factors: dict[str, np.ndarray]

    @classmethod
    def parse(cls, metadata: str) -> Calibration:
        """Reads the meter's lines such as `R0: 1003.3506`. A resistor of 0 stands for one that was not calibrated."""
        factors = {name: np.broadcast_to(value, RANGES).astype(float).copy() for name, value in _TYPICAL.items()}
        for name, number, text in _LINE.findall(metadata):
            value = _finite(text)
            if value is not None and (value or name != "R"):
                factors[name][int(number)] = value
        return cls(factors)

    def amperes(self, adc: np.ndarray, ranges: np.ndarray, voltage_v: float) -> np.ndarray:
        """ADC values and ranges (n,) -> float (n,)."""
        r, gs, gi, o, s, i, ug = (self.factors[name][ranges] for name in ("R", "GS", "GI", "O", "S", "I", "UG"))
        raw = (4.0 * adc - o) * (_LSB / r)
        return ug * (raw * (gs * raw + gi) + (s * voltage_v + i))


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


@dataclass
class Decoder:
    """Feed it bytes as they come; a lost sample becomes NaN, so that time stays right."""

    calibration: Calibration
    voltage_v: float
    lost: int = 0  # samples that the counter misses; a gap of 64 or more counts less
    damaged: int = 0  # words that do not fit between their neighbours
    resyncs: int = 0  # times that bytes, not words, were missing
    _rest: bytes = b""
    _counter: int | None = None
    _range: int | None = None
    _unsettled: np.ndarray = field(default_factory=lambda: np.zeros(SETTLING - 1, bool))  # of samples still to come
    _waiting: Samples = NOTHING  # for a settled sample: their current is nan until then

    def feed(self, data: bytes) -> Samples:
        """Samples of the words that are complete. The last one waits for its successor, which may prove it damaged."""
        self._rest += data
        parts = []
        while len(words := self._words()) > 1:
            self._rest = self._rest[4 * (len(words) - 1) :]
            steps, damaged = self._steps(words)
            parts.append(self._samples(words[:-1], damaged, steps))
        return join(parts)

    def _words(self) -> np.ndarray:
        """The words that are in step. Where none follows its predecessor a byte was lost, or many words: what comes
        after is held back until there is enough of it to tell whether another byte is the first of a word.
        """
        words = _cut(self._rest, 0)
        lost_at = _first_out_of_step(words)
        if lost_at is None or lost_at > 1:
            return words[:lost_at]
        after = self._rest[4 * lost_at :]
        if len(after) < 4 * ENOUGH + 3:
            return words[:0]
        best = max(range(4), key=lambda offset: _in_step(after, offset))
        if best == 0 or _in_step(after, best) <= 0.5:
            return words[:ENOUGH]
        self._rest = self._rest[: 4 * lost_at] + after[best:]
        self.resyncs += 1
        return self._words()

    def _steps(self, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How many samples each word but the last is after the one before, and which are damaged."""
        counter = (words >> 18 & 0x3F).astype(int)
        before = (counter[0] - 1) % LOSS if self._counter is None else self._counter
        steps = np.diff(counter, prepend=before) % LOSS
        odd = steps != 1
        damaged = odd[:-1] & odd[1:] & ((steps[:-1] + steps[1:]) % LOSS == 2)
        steps[:-1][damaged] = 1
        steps[1:][damaged] = 1
        self._counter = int(counter[-2]) if not damaged[-1] else int(counter[-1] - 1) % LOSS
        self.damaged += int(damaged.sum())
        return np.where(steps[:-1] == 0, LOSS, steps[:-1]), damaged

    def _samples(self, words: np.ndarray, damaged: np.ndarray, steps: np.ndarray) -> Samples:
        """Amperes and marks, with holes. A sample that shows a change of range, or is damaged, takes the current of the
        next good one: a range changes because the current did, and so late.
        """
        ranges = np.minimum(words >> 14 & 7, RANGES - 1).astype(int)
        current = self.calibration.amperes((words & 0x3FFF).astype(float), ranges, self.voltage_v)
        current[self._settling(ranges) | damaged] = UNSETTLED
        place = np.cumsum(steps) - 1
        self.lost += int((steps - 1).sum())
        amperes, marks = np.full(place[-1] + 1, np.nan), np.zeros(place[-1] + 1, np.uint8)
        amperes[place], marks[place] = current, words >> 24
        return self._settled(join([self._waiting, Samples(amperes, marks)]))

    def _settling(self, ranges: np.ndarray) -> np.ndarray:
        """bool (n,): too soon after a change of range."""
        changed = np.diff(ranges, prepend=ranges[0] if self._range is None else self._range) != 0
        unsettled = np.convolve(changed, np.ones(SETTLING, int)) > 0
        unsettled[: SETTLING - 1] |= self._unsettled
        self._unsettled, self._range = unsettled[len(ranges) :], int(ranges[-1])
        return unsettled[: len(ranges)]

    def _settled(self, samples: Samples) -> Samples:
        """All up to the last good sample; what comes after it waits."""
        current, marks = samples.current_a, samples.marks
        good = np.flatnonzero(np.isfinite(current))
        end = good[-1] + 1 if len(good) else 0
        self._waiting = Samples(current[end:], marks[end:])
        unsettled = np.flatnonzero(current[:end] == UNSETTLED)
        current[unsettled] = current[good[np.searchsorted(good, unsettled)]]
        return Samples(current[:end], marks[:end])


def _cut(data: bytes, offset: int) -> np.ndarray:
    return np.frombuffer(data, "<u4", (len(data) - offset) // 4, offset)


def _follows(words: np.ndarray) -> np.ndarray:
    """bool (n - 1,): whose counter follows its predecessor's."""
    return np.diff((words >> 18 & 0x3F).astype(int)) % LOSS == 1


def _first_out_of_step(words: np.ndarray) -> int | None:
    """The first word from which on four of five in a row do not follow; a loss or a damaged word is one or two."""
    if len(words) <= RUN:
        return None
    wrong = np.convolve(~_follows(words), np.ones(RUN, int), "valid") >= RUN - 1
    return int(wrong.argmax()) + 1 if wrong.any() else None


def _in_step(data: bytes, offset: int) -> float:
    """Share of the first words from `offset` that follow their predecessors."""
    return float(_follows(_cut(data, offset)[:ENOUGH]).mean())
