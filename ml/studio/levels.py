"""Level and clipping of a stream, as numbers for a page's meters."""

import numpy as np

from ml.capture.meter import WINDOW_S, Meter, decibels, linear

FULL = 32767  # of an int16


def level(meter: Meter) -> dict:
    """Of the last second: `level` and `peak` (dBFS of sound, g of movement, full scale of anything else), and
    `clipped`, the share of samples at the end of the scale."""
    stream = meter.stream
    values = meter.recent()[-max(1, round(WINDOW_S * stream.rate_hz)) :]
    if not len(values):
        return {"level": None, "peak": None, "clipped": 0.0}
    counts = values.dtype.kind == "i"
    at_the_end = (values >= FULL) | (values <= -FULL - 1) if counts else np.zeros(values.shape, bool)
    clipped = round(float(at_the_end.any(axis=1).mean()), 4)
    if stream.is_audio:
        peak = float(np.abs(values.astype(float)).max())
        return {"level": round(decibels(values), 1), "peak": _db(peak), "clipped": clipped}
    motion = linear(stream, values)
    strength = motion if motion is not None else np.abs(values.astype(float)).max(axis=1) / FULL
    return {"level": round(float(strength.mean()), 3), "peak": round(float(strength.max()), 3), "clipped": clipped}


def _db(peak: float) -> float:
    return round(20 * float(np.log10(peak / 32768)), 1) if peak else -96.0
