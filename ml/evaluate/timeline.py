"""What was when in a stream, for pictures."""

import dataclasses

from ml.evaluate.streams import Detection, Scored


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
