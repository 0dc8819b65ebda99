"""The events and detections of a stream over time, for pictures."""

import dataclasses

import numpy as np

from ml.data.streams import Stream, Truth
from ml.evaluate.streams import Detection, Scored, Tally, tally


def timeline(scored: Scored, matched: list[Detection]) -> dict:
    """JSON-able: the truth, and each detection with the movement that it hit."""
    stream = scored.stream
    return {
        "subject": stream.subject,
        "rate_mhz": stream.rate_mhz,
        "samples": len(stream.samples),
        "truth": [dataclasses.asdict(one) for one in stream.truth],
        "detections": [dataclasses.asdict(one) for one in matched],
    }


def by_subject(kept: list[dict]) -> dict[str, Tally]:
    """What each subject's streams came to, from what `timeline` made of them."""
    made: dict[str, Tally] = {}
    for one in kept:
        truth = tuple(Truth(**span) for span in one["truth"])
        nothing = np.empty((one["samples"], 0), np.int16)  # as long as the samples were
        stream = Stream(one["subject"], nothing, one["rate_mhz"], truth)
        counted = tally([Detection(**seen) for seen in one["detections"]], stream)
        made[stream.subject] = made.get(stream.subject, Tally()) + counted
    return made
