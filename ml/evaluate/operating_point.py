"""Describes an operating point in words: its target, and its figures on the streams where it was chosen."""

import json
from pathlib import Path

from ml.data.split import named
from ml.evaluate.intervals import short
from ml.progress import say


def in_words(stream: dict) -> str:
    """A `Tally.summary()` in a line."""
    low, high = stream["false_per_hour_interval"]
    most = "any number" if high is None else f"{short(high)}"
    found = f"{stream['hits']} of {stream['movements']} found"
    if stream["movements"]:
        share = [f"{100 * one:.1f}" for one in stream["detection_interval"]]
        found += f" ({stream['detection_rate']:.1%}, 95 % {share[0]} to {share[1]})"
    rate = stream["false_detections"] / stream["hours"] if stream["hours"] else 0.0
    alarms = f"{stream['false_detections']} false alarms in {stream['hours']:.2f} h"
    return f"{found}, {alarms} ({short(rate)} an hour, 95 % {short(low)} to {most})"


def operating_point(folder: Path) -> list[str]:
    """Lines about the decision.json in `folder`."""
    kept = json.loads((folder / "decision.json").read_text())
    reached = kept["validation"]
    if reached is None:
        return ["operating point: set by hand, as there were no streams of people whom training left out"]
    people = named(kept["subjects"])
    verdict = "met" if reached["met"] else "not met by any setting, the fewest false alarms taken"
    return [
        f"operating point: at most {reached['target_per_hour']:g} false alarms an hour asked, {verdict}; chosen on "
        f"streams of {people}, whom training left out: {in_words(reached)}"
    ]


def warn(folder: Path) -> None:
    """Says so where the target was missed, or where too little was heard to tell."""
    kept = json.loads((folder / "decision.json").read_text())["validation"]
    if kept is None:
        return
    target, high = kept["target_per_hour"], kept["false_per_hour_interval"][1]
    if not kept["met"]:
        say(
            f"warning: expected a setting with at most {target:g} false alarms an hour, found "
            f"{kept['false_per_hour']:g} at the least; give it more training data, or another target"
        )
    elif high is None or high > target:
        most = "any number" if high is None else f"{short(high)}"
        say(
            f"note: {kept['false_detections']} false alarms in {kept['hours']:.2f} h meet the target of {target:g} an "
            f"hour, but may hide up to {most} an hour (95 %): too few hours to prove it"
        )
