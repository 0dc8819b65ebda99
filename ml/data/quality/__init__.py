"""Checks whether a recording is what it claims to be. ml/data/manifest.py leaves out unusable ones, with the reason.

quality.problem(recording, label)    # one line, or None: what the pipeline asks of every recording
quality.findings(recording, label)   # all there is to say, for `python -m ml data check` and the report
"""

from ml.data.quality.finding import Finding
from ml.data.quality.signals import signals
from ml.data.quality.stamps import timing
from ml.data.recordings import Recording

__all__ = ["Finding", "findings", "problem", "timing"]


def problem(recording: Recording, label: str = "") -> str | None:
    """Why a recording that could be read is of no use to train or test with, in a line; None where it is."""
    return next((found.text for found in findings(recording, label) if found.unusable), None)


def findings(recording: Recording, label: str = "") -> list[Finding]:
    """All that its samples and its time stamps tell, the worst first."""
    found = signals(recording, label) + timing(recording.clock, recording.rate_mhz / 1000)
    return sorted(found, key=lambda one: not one.unusable)
