"""The detection error trade-off: how many events are missed against false alarms per hour, threshold by threshold.

A. Martin and others, "The DET curve in assessment of detection task performance", Eurospeech 1997; here with false
alarms per hour of the stream in place of their probability, since a stream has no trials to count them by.
"""

import numpy as np

from ml.evaluate.each_class import thresholds, total
from ml.evaluate.intervals import garwood, wilson
from ml.evaluate.streams import Scored, spans
from ml.native.decide import DecideConfig, sweep
from ml.native.parallel import each

THRESHOLDS = tuple(range(256))


def curve(scored: list[Scored], labels: list[str], config: DecideConfig, tolerance_s: float) -> dict:
    """JSON-able: what the streams come to at every threshold, with the smoothing and refractory time of `config`; and
    at the thresholds of `config`, where its classes have several."""

    def of_one(one: Scored):
        happens = spans(one.stream, labels, tolerance_s)
        return sweep(one.scores, one.awake, one.sample, happens, config, [config.refractory], THRESHOLDS)[0]

    hits, false = np.sum(each(of_one, scored), axis=0).T.tolist()
    made = {
        "hours": sum(one.stream.hours for one in scored),
        "movements": sum(len(one.stream.truth) for one in scored),
        "threshold": min(config.threshold),
        "points": [list(point) for point in zip(THRESHOLDS, hits, false, strict=True)],
    }
    if len(set(thresholds(config))) > 1:
        counted = total(scored, labels, config, tolerance_s)
        made["reached"] = [counted.hits, counted.false]
    return made


def rows(kept: dict) -> list[dict]:
    """What can be reached, as rates with intervals: from few false alarms to many, fewer and fewer missed."""
    made, most = [], -1
    for threshold, hits, false in sorted(kept["points"], key=lambda one: (one[2], -one[1])):
        if hits > most:
            made.append(_rates(kept, threshold, hits, false))
            most = hits
    return made


def reached(kept: dict) -> dict:
    """The operating point; its threshold is None where the classes have several."""
    if "reached" in kept:
        return _rates(kept, None, *kept["reached"])
    return at_threshold(kept, kept["threshold"])


def at_threshold(kept: dict, threshold: int) -> dict:
    """One of them."""
    return _rates(kept, *kept["points"][threshold])


def _rates(kept: dict, threshold: int | None, hits: int, false: int) -> dict:
    hours, movements = kept["hours"], kept["movements"]
    worst, best = wilson(hits, movements)
    return {
        "threshold": threshold,
        "miss_rate": 1 - hits / movements if movements else 0.0,
        "miss_interval": (1 - best, 1 - worst),
        "false_per_hour": false / hours if hours else 0.0,
        "false_interval": garwood(false, hours),
    }
