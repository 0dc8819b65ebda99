"""Findings from a capture's notes in the manifest: lost samples, another rate, a take that was cut off."""

import math

from ml.data.quality.finding import Finding

MEASURED = 0.05  # off the stated rate, by a host or a phone, whose time stamps come in bursts
CLOCK_PPM = 200.0
NOTED = {"lost_before": "before it", "lost_after": "after it", "missing_samples": "in it"}


def noted(more: dict[str, str], rate_hz: float) -> list[Finding]:
    """What the further columns of a manifest tell of a recording with that stated rate."""
    found = []
    for column, where in NOTED.items():
        count = _number(more.get(column))
        if count:
            found.append(Finding("gap", f"expected no sample missing, the manifest says {count:.0f} {where}"))
    if more.get("status") == "open":
        found.append(Finding("unfinished", "expected a finished recording, found one whose capture was cut off"))
    measured = _number(more.get("measured_rate_hz"))
    if measured and abs(measured / rate_hz - 1) > MEASURED:
        found.append(Finding("drift", f"expected {rate_hz:g} Hz as stated, the manifest says {measured:g} measured"))
    drift = _number(more.get("drift_ppm"))
    if drift and abs(drift) > CLOCK_PPM:
        found.append(Finding("drift", f"expected a clock within {CLOCK_PPM:g} ppm, the manifest says {drift:g}"))
    return found


def _number(text: str | None) -> float:
    try:
        value = float(text or 0)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0
