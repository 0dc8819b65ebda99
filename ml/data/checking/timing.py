"""Time stamps of a recording, and what its capture noted: gaps, a wrong rate, a clock that drifts."""

import numpy as np
import pandas as pd

from ml.data.quality.signals import Finding
from ml.data.rows import Row

LATE = 1.6  # usual steps: a sample is missing
WRONG = 0.10  # off the stated rate: nobody would train on that
DRIFT = 0.02  # of the rate; within it any sensor's oscillator should keep
MEASURED = 0.05  # by a host or a phone, whose time stamps come in bursts
CLOCK_PPM = 200.0
NOTED = {"lost_before": "before it", "lost_after": "after it", "missing_samples": "in it"}


def timing(row: Row) -> list[Finding]:
    """What the time stamps of a CSV file and the columns of the manifest tell."""
    found = _noted(row)
    times = _times(row)
    if times is None or len(times) < 3:
        return found
    steps = np.diff(times)
    usual = float(np.median(steps))
    if (steps < 0).any() or usual <= 0:
        place = int(np.argmax(steps < 0)) + 1
        return [*found, Finding("time", f"expected rising time stamps, found a step back at sample {place}")]
    return found + _gaps(steps, usual) + _rate(times, usual, row.rate_hz)


def _times(row: Row) -> np.ndarray | None:
    if row.path.suffix.lower() != ".csv":
        return None
    try:
        table = pd.read_csv(row.path, usecols=lambda name: name.strip().lower() == "timestamp_us")
        return pd.to_numeric(table.iloc[:, 0]).to_numpy(float) if table.shape[1] == 1 else None
    except (OSError, ValueError, pd.errors.ParserError):
        return None  # told already by whoever read the samples


def _gaps(steps: np.ndarray, usual: float) -> list[Finding]:
    late = np.flatnonzero(steps > LATE * usual)
    if not len(late):
        return []
    missing = int(np.rint(steps[late] / usual - 1).sum())
    return [
        Finding("gap", f"expected even time stamps, found {missing} samples missing, first at sample {late[0] + 1}")
    ]


def _rate(times: np.ndarray, usual: float, stated: float) -> list[Finding]:
    overall, typical = (len(times) - 1) * 1e6 / (times[-1] - times[0]), 1e6 / usual
    off = min(abs(overall / stated - 1), abs(typical / stated - 1))
    if off > WRONG:
        text = f"expected {stated:g} Hz as stated, found {typical:.4g} Hz by its time stamps; correct sample_rate_hz"
        return [Finding("rate", text, unusable=True)]
    if off > DRIFT:
        return [Finding("drift", f"expected {stated:g} Hz as stated, found {overall:.5g} Hz by its time stamps")]
    return []


def _noted(row: Row) -> list[Finding]:
    """What tools/collect.py and other tools write into the manifest."""
    found = []
    for column, where in NOTED.items():
        count = _number(row.more.get(column))
        if count:
            found.append(Finding("gap", f"expected no sample missing, the manifest says {count:.0f} {where}"))
    if row.more.get("status") == "open":
        found.append(Finding("unfinished", "expected a finished recording, found one whose capture was cut off"))
    measured = _number(row.more.get("measured_rate_hz"))
    if measured and abs(measured / row.rate_hz - 1) > MEASURED:
        found.append(
            Finding("drift", f"expected {row.rate_hz:g} Hz as stated, the manifest says {measured:g} measured")
        )
    drift = _number(row.more.get("drift_ppm"))
    if drift and abs(drift) > CLOCK_PPM:
        found.append(Finding("drift", f"expected a clock within {CLOCK_PPM:g} ppm, the manifest says {drift:g}"))
    return found


def _number(text: str | None) -> float:
    try:
        value = float(text or 0)
    except ValueError:
        return 0.0
    return value if np.isfinite(value) else 0.0
