"""From a measurement to its figures. A mark or the board's link shows where the inferences are, or nothing does."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from tools.energy.align import Alignment, align
from tools.energy.link import Seen
from tools.energy.meter import Meter, Samples
from tools.energy.show import placed
from tools.energy.windows import Spans, Summary, counted, marked, summarise, uncut


@dataclass(frozen=True)
class Result:
    """A measurement and all that is told of it."""

    samples: Samples
    windows: Spans
    summary: Summary
    alignment: Alignment | None
    notes: list[str]


def evaluate(meter: Meter, samples: Samples, began_s: float, seen: Seen | None, mark: int | None) -> Result:
    """`began_s`: time.monotonic() when the meter began; `mark`: the logic input that is high during an inference."""
    if mark is not None:
        awake = marked(samples, mark)
        windows = uncut(awake, len(samples))
        summary = summarise(samples, meter.rate_hz, meter.voltage_v, windows, awake)
        return Result(samples, windows, summary, None, meter.notes())
    if seen is None:
        return Result(samples, [], summarise(samples, meter.rate_hz, meter.voltage_v, [], []), None, meter.notes())
    return _linked(meter, samples, began_s, seen)


def _linked(meter: Meter, samples: Samples, began_s: float, seen: Seen) -> Result:
    notes = meter.notes()
    if not seen.tells:
        reason = "the board's firmware does not tell when it computes; flash it anew"
        return _counted(meter, samples, seen, [*notes, f"windows are counted, not placed: {reason}"])
    if seen.lost:
        notes.append(f"{seen.lost} rows of the board's timing never came: nobody knows whether it slept there")
    try:
        guess = seen.ahead_s - began_s if np.isfinite(seen.ahead_s) else None
        alignment = align(samples, meter.rate_hz, seen.busy, guess)
    except UserError as error:
        return _counted(meter, samples, seen, [*notes, f"windows are counted, not placed: {error}"])
    windows, awake = seen.windows(alignment, meter.rate_hz, len(samples))
    summary = summarise(samples, meter.rate_hz, meter.voltage_v, windows, awake)
    return Result(samples, windows, summary, alignment, [*notes, placed(alignment)])


def _counted(meter: Meter, samples: Samples, seen: Seen, notes: list[str]) -> Result:
    summary = summarise(samples, meter.rate_hz, meter.voltage_v, [], [])
    if seen.inferences > 0:
        summary = dataclasses.replace(summary, inference=counted(summary, seen.inferences))
    return Result(samples, [], summary, None, notes)
