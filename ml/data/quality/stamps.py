"""Findings from a recording's time stamps: gaps, repeated samples, a wrong rate, a clock that drifts."""

from ml.data.formats.clock import Clock
from ml.data.quality.finding import Finding

WRONG = 0.10  # off the stated rate: nobody would train on that
DRIFT = 0.02  # of the rate; within it any sensor's oscillator should keep


def timing(clock: Clock | None, rate_hz: float) -> list[Finding]:
    """What time stamps tell of a recording that is stated to have that rate."""
    if clock is None:
        return []
    return _order(clock) + _rate(clock, rate_hz)


def _order(clock: Clock) -> list[Finding]:
    found = []
    if clock.restarts:
        text = (
            f"expected rising time stamps, found a step back at sample {clock.restarts[0]}: several recordings in one "
            "file, which `python -m ml data import` takes apart"
        )
        found.append(Finding("time", text, unusable=True))
    if clock.gaps:
        text = f"expected even time stamps, found {clock.missing} samples missing, first at sample {clock.gaps[0][0]}"
        found.append(Finding("gap", text))
    if clock.repeated:
        found.append(Finding("repeated", f"expected each sample once, found {clock.repeated} twice by their stamps"))
    return found


def _rate(clock: Clock, stated: float) -> list[Finding]:
    if clock.rate_hz is None:
        return [Finding("time", "expected rising time stamps, found none that differ; its rate is as stated")]
    off = abs(clock.rate_hz / stated - 1)
    said = f"expected {stated:g} Hz as stated, found {clock.rate_hz:.5g} Hz by its time stamps"
    if off > WRONG:
        return [Finding("rate", f"{said}; correct sample_rate_hz", unusable=True)]
    return [Finding("drift", said)] if off > DRIFT else []
