"""A model judged by a data set, for a page: `ml evaluate`'s figures by its code, and which recordings they are made of.

`judge` runs in a process of its own. Its answer holds the streams and their scores, so a slider costs no second run.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.data.synthesis.speech import SILENCE
from ml.errors import UserError
from ml.evaluate import det
from ml.evaluate.streams import Detection, detect, match, spans
from ml.native.decide import DecideConfig
from ml.pipeline.contract import find
from ml.train.training import to_int8
from ml.trial.as_shipped import Ran
from ml.trial.committed import committed
from ml.trial.evaluate_command import streams_of
from ml.trial.judging import Material
from ml.trial.stream_command import HOST

BEFORE_S, AFTER_S = 2.5, 0.5  # of a false alarm's end: what is kept of it
MOST_DETECTIONS = 5000


@dataclass(frozen=True)
class Judged:
    """What the page asks about later."""

    app: str
    labels: list[str]
    config: DecideConfig
    tolerance_s: float
    ran: list[Ran]
    background: str  # label of what is none of the events
    told: dict  # JSON-able

    def at(self, threshold: int | None) -> list[list[Detection]]:
        """Detections of each stream, matched with what happened: as shipped (None), or at one threshold for all."""
        return [self._one(one, threshold) for one in self.ran]

    def _one(self, one: Ran, threshold: int | None) -> list[Detection]:
        if threshold is None:
            return one.judged(self.labels, self.tolerance_s)[1]
        config = dataclasses.replace(self.config, threshold=(threshold,) * len(self.config.threshold))
        happens = spans(one.scored.stream, self.labels, self.tolerance_s)
        return match(detect(one.scored, self.labels, config), happens, self.labels)


def judge(root: Path, app: str, folder: Path) -> Judged:
    """The header in `folder` on the recordings in `root`. UserError where there is nothing to judge by."""
    made = committed(find(app), folder)
    found = Material.of(made, made.app.data(root, 0))
    ran = found.run() if found.streams else []
    streams = streams_of(found, ran, HOST) if ran else None
    recordings = found.recordings()
    if recordings is None and streams is None:
        raise UserError(f"{root}: expected recordings of {', '.join(found.labels)}, found none; record some")
    told = {
        "app": app,
        "model": made.model.model.hash.decode(),
        "labels": found.labels,
        "recordings": recordings,
        "windows": _windows(found),
        "streams": streams,
        "rates": [det.at_threshold(streams["trade_off"], one) for one in det.THRESHOLDS] if streams else [],
        "thresholds": list(made.config.threshold),
    }
    background = _background(made.app.background(found.labels), found.labels)
    return Judged(app, found.labels, made.config, made.app.decision.tolerance_s, ran, background, told)


def _background(quiet: int | tuple[int, ...], labels: list[str]) -> str:
    named = [labels[one] for one in (quiet if isinstance(quiet, tuple) else (quiet,)) if one < len(labels)]
    return next((one for one in named if one != SILENCE), "none")


def _windows(found: Material) -> list[dict]:
    """What each cell of the confusion is made of."""
    shown = found.held_out
    if shown is None:
        return []
    scores = to_int8(found.made.app.scores(found.made.model, shown.inputs))
    answers = scores.argmax(1)
    made = []
    for truth, answer, file, score in zip(shown.labels, answers, shown.files, scores.max(1), strict=True):
        name, _, part = str(file).partition("[")
        start, _, end = part.rstrip("]").partition(":")
        place = {"start": int(start), "end": int(end)} if start.isdecimal() and end.isdecimal() else {}
        made.append({"truth": int(truth), "answer": int(answer), "file": name, "score": int(score) + 128} | place)
    return made


def timeline(judged: Judged, threshold: int | None) -> dict:
    """JSON-able: what happened and what was detected in each stream, in seconds; and the sums."""
    found = judged.at(threshold)
    streams = []
    for one, seen in zip(judged.ran, found, strict=True):
        stream, rate = one.scored.stream, one.scored.stream.rate_mhz / 1000
        streams.append(
            {
                "subject": stream.subject,
                "seconds": len(stream.samples) / rate,
                "truth": [[each.start / rate, each.end / rate, each.label] for each in stream.truth],
                "detections": [
                    [each.sample / rate, each.label, each.score, each.hit] for each in seen[:MOST_DETECTIONS]
                ],
            }
        )
    hits = sum(each.hit is not None for seen in found for each in seen)
    return {"streams": streams, "hits": hits, "false": sum(map(len, found)) - hits}


def around(judged: Judged, stream: int, detection: int, threshold: int | None) -> tuple[np.ndarray, float, Detection]:
    """Samples (n, channels) around a false alarm, their rate, and the alarm. UserError where it is none."""
    found = judged.at(threshold)
    if stream >= len(found) or detection >= len(found[stream]):
        raise UserError("expected a detection of the streams, found none of that number; judge again")
    alarm, of = found[stream][detection], judged.ran[stream].scored.stream
    if alarm.hit is not None:
        raise UserError("expected a false alarm, found one that is right; it is no negative")
    rate = of.rate_mhz / 1000
    start, end = alarm.sample - round(BEFORE_S * rate), alarm.sample + round(AFTER_S * rate)
    return of.samples[max(0, start) : end], rate, alarm
