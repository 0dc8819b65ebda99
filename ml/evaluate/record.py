"""The results of a model, as a line of its header that programs read back.

// figures: {"accuracy": [323, 373], "found": [168, 312], "false_alarms": [2, 4.0], ...}

Counts rather than shares, so that two headers can be compared. Headers from before that line say the same in words;
there accuracy comes from a percentage of one decimal, which is exact up to 1,000 recordings, and hours have two.
"""

import json
import math
import re
from dataclasses import asdict, dataclass

KEY = "figures: "


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    right: int
    total: int


@dataclass(frozen=True)
class Rate:
    """So many in so many hours."""

    count: int
    hours: float


@dataclass(frozen=True)
class Record:
    """None: the header does not say."""

    accuracy: Share | None = None  # int8, on held-out recordings
    found: Share | None = None  # on held-out streams
    false_alarms: Rate | None = None
    tuned_found: Share | None = None  # on the streams on which the operating point was chosen
    tuned_false_alarms: Rate | None = None


def line(int8: dict, stream: dict | None, tuned: dict | None) -> str:
    """The header's line, of `accuracy.figures` and of `Tally.summary` of both kinds of streams."""
    record = Record(Share(int8["right"], int8["repetitions"]), *_of_streams(stream), *_of_streams(tuned))
    kept = {name: list(value.values()) for name, value in asdict(record).items() if value is not None}
    return KEY + json.dumps(kept)


def _of_streams(summary: dict | None) -> tuple[Share | None, Rate | None]:
    if summary is None:
        return None, None
    return Share(summary["hits"], summary["movements"]), Rate(summary["false_detections"], summary["hours"])


def read(header: str) -> Record:
    """What a generated header says, in its line or, an older one, in words."""
    lines = comments(header)
    kept = next((each.removeprefix(KEY) for each in lines if each.startswith(KEY)), None)
    return _in_words(lines) if kept is None else _in_json(kept)


def comments(header: str) -> list[str]:
    """The lines at the top, each whole as it was before it was wrapped."""
    found: list[str] = []
    for each in header.splitlines():
        if not each.startswith("//"):
            break
        text = each.removeprefix("//").removeprefix(" ")
        if text.startswith("    ") and found:
            found[-1] += " " + text.strip()
        else:
            found.append(text)
    return found


def _in_json(text: str) -> Record:
    try:
        kept = json.loads(text)
    except ValueError:
        return Record()
    found = kept if isinstance(kept, dict) else {}
    return Record(
        accuracy=_share(found.get("accuracy")),
        found=_share(found.get("found")),
        false_alarms=_rate(found.get("false_alarms")),
        tuned_found=_share(found.get("tuned_found")),
        tuned_false_alarms=_rate(found.get("tuned_false_alarms")),
    )


def _share(row: object) -> Share | None:
    """None of what nobody can have counted: the header may have been edited by hand."""
    if isinstance(row, list) and [type(one) for one in row] == [int, int] and 0 <= row[0] <= row[1]:
        return Share(*row)
    return None


def _rate(row: object) -> Rate | None:
    """As `_share`."""
    if not isinstance(row, list) or [type(one) for one in row] not in ([int, int], [int, float]):
        return None
    count, hours = row
    return Rate(count, hours) if count >= 0 and hours >= 0 and math.isfinite(hours) else None


RECORDINGS = re.compile(r"^int8 ([\d.]+)%, float [\d.]+% on (\d+) recordings")
STREAMS = re.compile(r"(\d+) of (\d+) found(?: \([^)]*\))?, (\d+) false alarms in ([\d.]+) h")


def _in_words(lines: list[str]) -> Record:
    recordings = next((found for each in lines if (found := RECORDINGS.match(each))), None)
    accuracy = None
    if recordings:
        total = int(recordings[2])
        accuracy = Share(min(total, round(float(recordings[1]) / 100 * total)), total)
    return Record(accuracy, *_streams(lines, "their streams: "), *_streams(lines, "operating point: "))


def _streams(lines: list[str], beginning: str) -> tuple[Share | None, Rate | None]:
    found = next((STREAMS.search(each) for each in lines if each.startswith(beginning)), None)
    if not found:
        return None, None
    return Share(int(found[1]), int(found[2])), Rate(int(found[3]), float(found[4]))
