"""Decides from sequence number and device time which frames of a stream to take, and what is missing before each.

A frame is taken only where both say the same: the next number and the next moment, or a number further on and a moment
as much later. A number that was there before, or a moment that has passed, is a frame that came again or late: it is
left out, for its place is past. What contradicts itself is left out too; when frames agree with each other for long
enough and only not with what was before, the stream begins anew and the hole is of unknown length.
"""

from dataclasses import dataclass

from ml.capture.clock import RateFit

ANEW_AFTER = 64  # frames that agree with each other
MEASURED_AFTER = 16  # frames, until the measured period counts for more than the announced one
LOOSE_US = 1000.0  # jitter of device times that is never taken for a gap before it is known
EXACT_US = 2.0  # rounding of times to microseconds
JITTERS = 6  # times the mean jitter of the last frames: even jitter reaches 3 times its mean, and that mean wavers
MOST_PER_FRAME = 512  # rows: a frame has at most 1024 bytes


@dataclass(frozen=True)
class Taken:
    """Accepted."""

    lost: int | None  # samples missing before it; None: unknown


class Tracker:
    """One stream."""

    def __init__(self, rate_hz: float) -> None:
        self.rate = RateFit()
        self.repeated = 0  # frames that came again or late
        self.contradicting = 0  # frames whose number and time did not fit together
        self._nominal_us = 1e6 / rate_hz
        self._expected: tuple[int, float] | None = None  # number and device time of the next frame
        self._index = 0  # of the next sample, those that are missing counted
        self._jitter_us = (1.5 * self._nominal_us + LOOSE_US) / JITTERS
        self._stranger: tuple[int, float] | None = None  # what would follow the last frame that was left out
        self._strangers = 0

    @property
    def period_us(self) -> float:
        """Of a sample, as measured as soon as that is better than what the board says."""
        return self.rate.period_us(MEASURED_AFTER) or self._nominal_us

    def begin_anew(self) -> None:
        """The board has restarted: numbers and times start somewhere else."""
        self._expected, self._stranger, self._strangers = None, None, 0
        self.rate = RateFit()
        self._index = 0

    def take(self, sequence: int, time_us: int, rows: int) -> Taken | None:
        """None: leave it out."""
        if self._expected is None:
            return self._accept(sequence, time_us, rows, None)
        ahead = (sequence - self._expected[0]) % 2**16
        late_us = time_us - self._expected[1]
        if ahead >= 2**15:
            self.repeated += 1
            return self._leave_out(sequence, time_us, rows)
        if not self._is_plausible(ahead, late_us):
            self.contradicting += 1
            return self._leave_out(sequence, time_us, rows)
        return self._accept(sequence, time_us, rows, self._missing(ahead, late_us))

    def _tolerance_us(self) -> float:
        """As much as times have been seen to jitter, within bounds."""
        return min(1.5 * self._nominal_us + LOOSE_US, max(0.6 * self.period_us + EXACT_US, JITTERS * self._jitter_us))

    def _is_plausible(self, ahead: int, late_us: float) -> bool:
        """A contiguous number at any later time (the sensor itself may lose), a further one within what fits frames."""
        if ahead == 0:
            return late_us >= -self._tolerance_us()
        longest_us = ahead * MOST_PER_FRAME * self.period_us + 10e6
        return ahead * self.period_us * 0.5 - self._tolerance_us() <= late_us <= longest_us

    def _missing(self, ahead: int, late_us: float) -> int:
        by_time = round(late_us / self.period_us)
        if ahead == 0:
            return max(by_time, 1) if late_us > self._tolerance_us() else 0
        return max(by_time, 1)

    def _accept(self, sequence: int, time_us: int, rows: int, lost: int | None) -> Taken:
        if lost == 0 and self._expected is not None:
            self._jitter_us += (abs(time_us - self._expected[1]) - self._jitter_us) / 16
        self._index += lost or 0
        self.rate.add(self._index, time_us)
        self._index += rows
        self._expected = self._following(sequence, time_us, rows)
        self._stranger, self._strangers = None, 0
        return Taken(lost)

    def _following(self, sequence: int, time_us: int, rows: int) -> tuple[int, float]:
        return (sequence + 1) % 2**16, time_us + rows * self.period_us

    def _leave_out(self, sequence: int, time_us: int, rows: int) -> Taken | None:
        expected = self._stranger
        agrees = (
            expected is not None
            and sequence == expected[0]
            and abs(time_us - expected[1]) <= 1.5 * self._nominal_us + LOOSE_US
        )
        self._strangers = self._strangers + 1 if agrees else 1
        self._stranger = self._following(sequence, time_us, rows)
        if self._strangers < ANEW_AFTER:
            return None
        self.begin_anew()
        return self._accept(sequence, time_us, rows, None)
