"""Describes an operating point in words: what was asked, where it was chosen, and how the people held out judge it."""

import json
from pathlib import Path

from ml.data.split import named
from ml.evaluate.intervals import short
from ml.evaluate.limits import NOT_JUDGED, NOT_PROVEN, Limits, Verdict, hours_in_words, verdict
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
    """Lines `what: figures` about the decision.json and the metrics.json in `folder`."""
    kept, judged = _read(folder)
    reached, people = kept["validation"], named(kept["subjects"])
    if reached is None:
        chosen = "operating point: set by hand, as there were no streams of people whom training left out"
        return [chosen, _judged(judged)]
    limits = Limits(**kept["limits"])
    asked = f"at most {limits.target:g} false alarms an hour asked, upper bound (95 %) {limits.bound:g}"
    chosen = f"chosen on streams of {people}, whom training left out{_how(reached, limits)}: {in_words(reached)}"
    lines = [f"operating point: {asked}; {chosen}"]
    if kept["nested"]:
        lines.append(f"each of them judged by what the others chose: {in_words(kept['nested'])}")
    if aside := kept.get("set_aside"):
        what = f"of {named(aside['subjects'])} it says that it cannot judge them; they chose nothing"
        lines.append(f"{what}: {in_words(aside)}")
    return [*lines, _judged(judged)]


def warnings(folder: Path) -> list[str]:
    """What a user should know before shipping it: `warning: ...` and `note: ...`."""
    kept, judged = _read(folder)
    reached = kept["validation"]
    found = [] if reached is None else _where_chosen(reached, Limits(**kept["limits"]))
    if judged.is_bad:
        found.append(f"warning: the operating point is not met by the people held out: {judged.reason}")
    elif judged.state in (NOT_PROVEN, NOT_JUDGED):
        found.append(f"note: the operating point is {judged.state} by the people held out: {judged.reason}")
    return found


def warn(folder: Path) -> None:
    """Says them."""
    for line in warnings(folder):
        say(line)


def judged_by(folder: Path) -> Verdict:
    """What the streams of the people held out say."""
    return _read(folder)[1]


def _read(folder: Path) -> tuple[dict, Verdict]:
    kept, metrics = (json.loads((folder / f"{name}.json").read_text()) for name in ("decision", "metrics"))
    return kept, verdict(metrics["stream"], Limits(**kept["limits"]))


def _judged(judged: Verdict) -> str:
    return f"operating point judged: {judged.state} by the people held out, who did not choose: {judged.reason}"


def _how(reached: dict, limits: Limits) -> str:
    """What could not be kept where it was chosen."""
    if not reached["met"]:
        return " (no setting finds anything within these limits)"
    return "" if reached["hours_suffice"] else f" (too few hours for the bound: {hours_in_words(limits)} at least)"


def _where_chosen(reached: dict, limits: Limits) -> list[str]:
    if reached["movements"] and not reached["hits"]:
        return [
            f"warning: expected a setting that finds some of the {reached['movements']} events, found none; give it "
            "more training data, or another target (--target-false-alarms-per-hour)"
        ]
    if not reached["met"]:
        return [
            f"warning: expected a setting that finds something with at most {limits.target:g} false alarms an hour "
            f"(upper bound {limits.bound:g}), found {reached['false_detections']} in {short(reached['hours'])} h at "
            "the least; give it more training data, or other limits"
        ]
    if not reached["hours_suffice"]:
        return [
            f"note: the operating point was chosen by its count alone: {short(reached['hours'])} h of streams are too "
            f"few for an upper bound of {limits.bound:g} an hour, which needs {hours_in_words(limits)} at least"
        ]
    return []
