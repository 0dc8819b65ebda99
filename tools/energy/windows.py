"""From samples of current to energy per inference, sleep current and battery life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.energy.meter import Samples

Spans = Sequence[tuple[float, float]]  # from and to, in samples; a meter's sample is the mean of its period

Z95 = 1.96
SLEEP_PERCENTILE = 5  # of the current, where no mark says when the device sleeps
SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class Inference:
    """What one inference costs, over those windows that were measured whole."""

    windows: int
    incomplete: int  # left out: samples in them were lost
    seconds: float  # mean length; nan where the marks do not tell
    energy_j: float  # mean, sleep current included
    half_interval_j: float  # of its 95 % interval, either way
    charge_c: float  # mean, above the sleep current


@dataclass(frozen=True)
class Summary:
    """A measurement."""

    seconds: float
    samples: int
    lost: int
    voltage_v: float
    average_a: float
    largest_a: float
    sleep_a: float
    inference: Inference | None  # None where nothing marks them

    @property
    def energy_j(self) -> float:
        return self.average_a * self.voltage_v * self.seconds


def marked(samples: Samples, bit: int) -> list[tuple[int, int]]:
    """First sample and one past the last of each stretch in which that input is high.

    A lost sample beside a window belongs to it, for it may have begun or ended there.
    """
    from ml.data.recordings import runs  # noqa: PLC0415 - with pandas, for which only those wait who have marks

    high = (samples.marks >> bit & 1).astype(bool)
    known = ~np.isnan(samples.current_a)
    if len(high):
        place = np.arange(len(high))
        before = np.maximum.accumulate(np.where(known, place, 0))
        after = np.minimum.accumulate(np.where(known, place, len(high) - 1)[::-1])[::-1]
        high = high[before] | high[after]
    return runs(high)


def uncut(windows: Spans, samples: int) -> Spans:
    """Those that neither end of the measurement cuts."""
    return [(start, end) for start, end in windows if start > 0 and end < samples]


def summarise(samples: Samples, rate_hz: float, voltage_v: float, windows: Spans, awake: Spans) -> Summary:
    """Figures of a measurement whose inferences are marked by `windows`; lost samples count in none of them.

    `awake`: where the device did not sleep, or where nobody knows.
    """
    current = samples.current_a
    asleep = np.ones(len(current), bool)
    for start, end in awake:
        asleep[max(0, int(start)) : max(0, int(np.ceil(end)))] = False
    known = current[~np.isnan(current)]
    quiet = current[asleep & ~np.isnan(current)]
    sleep = float(quiet.mean()) if windows and len(quiet) else _percentile(known)
    return Summary(
        seconds=len(current) / rate_hz,
        samples=len(known),
        lost=samples.lost,
        voltage_v=voltage_v,
        average_a=float(known.mean()) if len(known) else np.nan,
        largest_a=float(known.max(initial=0.0)),
        sleep_a=sleep,
        inference=_inference(current, windows, rate_hz, voltage_v, sleep) if windows else None,
    )


def _percentile(known: np.ndarray) -> float:
    return float(np.percentile(known, SLEEP_PERCENTILE)) if len(known) else np.nan


def _inference(
    current: np.ndarray, windows: Spans, rate_hz: float, voltage_v: float, sleep_a: float
) -> Inference | None:
    whole = [window for window in windows if not np.isnan(current[int(window[0]) : int(np.ceil(window[1]))]).any()]
    if not whole:
        return None
    edges = np.array(whole, float)
    until = np.interp(edges, np.arange(len(current) + 1), np.concatenate([[0.0], np.cumsum(np.nan_to_num(current))]))
    charge = (until[:, 1] - until[:, 0]) / rate_hz
    seconds = (edges[:, 1] - edges[:, 0]) / rate_hz
    spread = float(charge.std(ddof=1)) if len(whole) > 1 else np.nan
    return Inference(
        windows=len(whole),
        incomplete=len(windows) - len(whole),
        seconds=float(seconds.mean()),
        energy_j=float(charge.mean()) * voltage_v,
        half_interval_j=Z95 * spread / np.sqrt(len(whole)) * voltage_v,
        charge_c=float((charge - sleep_a * seconds).mean()),
    )


def counted(summary: Summary, windows: int) -> Inference:
    """The same from their number alone, as telemetry counts them: what lies above the sleep current, shared."""
    charge = (summary.average_a - summary.sleep_a) * summary.seconds / windows
    return Inference(windows, 0, np.nan, charge * summary.voltage_v, np.nan, charge)


def awake_current(summary: Summary) -> float:
    """Mean while an inference runs; nan where its length is not known."""
    one = summary.inference
    return one.charge_c / one.seconds + summary.sleep_a if one else np.nan


def average_current(sleep_a: float, charge_c: float, every_s: float) -> float:
    """Of a device that sleeps and makes an inference every `every_s` seconds."""
    return sleep_a + charge_c / every_s
