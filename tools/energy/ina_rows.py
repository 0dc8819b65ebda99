"""From the logger's frames to consecutive samples. The sequence shows a loss, the times show its size."""

from __future__ import annotations

import numpy as np

from tools.energy.meter import MOST_MISSING, NOTHING, Samples


class Decoder:
    """Feed it frames; a lost sample becomes NaN."""

    def __init__(self, nominal_hz: float) -> None:
        self.nominal_hz = nominal_hz
        self.clipped = 0
        self.charge: list[tuple[int, float]] = []  # before each frame: its time, and amperes summed over all samples
        self._first_us: int | None = None
        self._last = (0, 0)  # of the last frame: time and samples
        self._before = 0  # samples before it, those that are missing included
        self._steady = (0, 0)  # samples, and the microseconds they took, of frames that follow one another
        self._sum = 0.0
        self._volts = (0.0, 0)

    @property
    def rate_hz(self) -> float:
        """As the logger's clock tells it; nominal before there are two frames."""
        if self._first_us is None or not self._before:
            return self.nominal_hz
        return self._before / (self._last[0] - self._first_us) * 1e6

    @property
    def voltage_v(self) -> float:
        total, count = self._volts
        return total / count if count else float("nan")

    def feed(
        self, time_us: int, lost: int, current_a: np.ndarray, bus_v: np.ndarray, mark: np.ndarray, clipped: np.ndarray
    ) -> Samples:
        """A frame's rows (n,), the time of the first on the logger's clock, and how many frames miss just before."""
        count = len(current_a)
        if count == 0 or (self._first_us is not None and time_us <= self._last[0]):
            return NOTHING  # it came late, or a second time
        missing = self._missing(time_us, lost)
        self.clipped += int((clipped != 0).sum())
        self._volts = (self._volts[0] + float(bus_v.sum()), self._volts[1] + count)
        self._sum += missing * float(current_a[0])
        self.charge.append((time_us, self._sum))
        self._sum += float(current_a.sum())
        if self._first_us is None:
            self._first_us = time_us
        self._before += self._last[1] + missing
        self._last = (time_us, count)
        marks = np.concatenate([np.zeros(missing, np.uint8), (mark != 0).astype(np.uint8)])
        return Samples(np.concatenate([np.full(missing, np.nan), current_a]), marks)

    def _missing(self, time_us: int, lost: int) -> int:
        if self._first_us is None:
            return 0
        elapsed_us, count = time_us - self._last[0], self._last[1]
        if lost == 0:
            self._steady = (self._steady[0] + count, self._steady[1] + elapsed_us)
            return 0
        samples, took_us = self._steady
        period_us = took_us / samples if samples else 1e6 / self.nominal_hz
        return min(max(0, round(elapsed_us / period_us) - count), MOST_MISSING)


class Totals:
    """What an INA228 added up by itself, from row to row of its slow stream."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int]] = []  # time, microcoulombs modulo 2^32

    def add(self, time_us: int, rows: np.ndarray) -> None:
        self._rows += [(time_us, int(charge)) for charge in rows[:, 0]]

    def compared(self, decoder: Decoder) -> str:
        """The chip's charge beside that of the samples, over the time that both saw; "" where there is none."""
        if len(self._rows) < 2 or len(decoder.charge) < 2:
            return ""
        times, sums = np.array(decoder.charge).T
        seen = [(time, charge) for time, charge in self._rows if times[0] <= time <= times[-1]]
        if len(seen) < 2:
            return ""
        steps = np.diff([charge for _, charge in seen])
        chip_c = float(((steps + 2**31) % 2**32 - 2**31).sum()) * 1e-6
        start, end = np.interp([seen[0][0], seen[-1][0]], times, sums)
        ours_c = float(end - start) / decoder.rate_hz
        if not ours_c:
            return ""
        seconds = (seen[-1][0] - seen[0][0]) / 1e6
        beside = f"{chip_c / ours_c - 1:+.2%} beside these samples"
        return f"the chip itself added up {chip_c * 1000:.4g} mC in {seconds:.1f} s, {beside}"
