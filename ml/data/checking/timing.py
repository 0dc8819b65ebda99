"""Time stamps of a recording: gaps, a wrong rate, a clock that drifts."""

import numpy as np
import pandas as pd

from ml.data.quality.noted import noted
from ml.data.quality.signals import Finding
from ml.data.rows import Row

LATE = 1.6  # usual steps: a sample is missing
WRONG = 0.10  # off the stated rate: nobody would train on that
DRIFT = 0.02  # of the rate; within it any sensor's oscillator should keep


def timing(row: Row) -> list[Finding]:
    """What the time stamps of a CSV file and the columns of the manifest tell."""
    found = noted(row.more, row.rate_hz)
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
