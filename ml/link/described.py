"""The values of INFO and TELEMETRY that a board sends, and their bounds, as docs/protocol.md states them.

A message with a value out of its bounds is refused as a whole (MessageError). So code that shows, stores or
computes with what a board said need not check it again: integers fit their types, text is one printable line.
"""

import re
from dataclasses import dataclass
from typing import Any


class MessageError(ValueError):
    """A frame whose checksum is right and whose payload is not."""


@dataclass(frozen=True)
class Whole:
    """An unsigned integer."""

    low: int
    high: int

    def refusal(self, value: object) -> str:
        """What is wrong with it, "" when nothing is. The value itself may be too long to be shown."""
        if type(value) is not int:
            return f"expected int, found {type(value).__name__}"
        return "" if self.low <= value <= self.high else f"expected {self}, found a number out of these bounds"

    def __str__(self) -> str:
        return f"{_power(self.low)} to {_power(self.high)}"


@dataclass(frozen=True)
class Text:
    """A line of so many characters."""

    least: int
    most: int
    pattern: str = ""  # of the whole; without one any printable character
    words: str = "printable characters"  # what the pattern allows

    def refusal(self, value: object) -> str:
        if type(value) is not str:
            return f"expected str, found {type(value).__name__}"
        fits = self.least <= len(value) <= self.most and value.isprintable()
        if fits and (not self.pattern or re.fullmatch(self.pattern, value)):
            return ""
        return f"expected {self}, found {value[:40]!r}"

    def __str__(self) -> str:
        return f"{self.least} to {self.most} {self.words}"


@dataclass(frozen=True)
class Entries:
    """A list. With `each` it holds numbers or texts, and `each` gives their bounds."""

    least: int
    most: int
    each: Whole | Text | None = None

    def refusal(self, value: object) -> str:
        if type(value) is not list:
            return f"expected list, found {type(value).__name__}"
        if not self.least <= len(value) <= self.most:
            return f"expected {self}, found {len(value)}"
        return next(filter(None, map(self.each.refusal, value)), "") if self.each else ""

    def __str__(self) -> str:
        count = f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"
        return f"{count} entries" + (f", each {self.each}" if self.each else "")


Kind = Whole | Text | Entries

U32, US = Whole(0, 2**32 - 1), Whole(0, 2**53 - 1)  # a double holds every one of these: 285 years of microseconds
NAME = Text(1, 63, r"\w[\w. +-]*", "letters, digits, `_ . + -` and spaces, first a letter, a digit or `_`")
FILE_NAME = Text(1, 31, r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", "of: A-Z, a-z, 0-9, `_ . + -`, first none of `. + -`")
LINE = Text(0, 63)
MOST_CHANNELS = 255

INFO: dict[str, Kind] = {
    "version": Whole(0, 2**16 - 1),
    "app": NAME,
    "board": NAME,
    "build": LINE,
    "uptime_us": US,
    "cycles_hz": Whole(1, 2**32 - 1),
    "stack": U32,
    "max_payload": Whole(64, 1024),
    "reset": NAME,
    "fault": Text(0, 255),
    "streams": Entries(0, 32),
}
MODEL: dict[str, Kind] = {
    "name": LINE,
    "hash": LINE,
    "data_hash": LINE,
    "layers": Whole(0, 2**16 - 1),
    "input": U32,
    "output": U32,
    "arena": U32,
}
UPDATE: dict[str, Kind] = {
    "product": FILE_NAME,
    "slot": Whole(0, 255),
    "counter": U32,
    "image": Text(0, 16, r"([0-9a-f]{16})?", "hex digits"),
    "base": Text(0, 16, r"([0-9a-f]{16})?", "hex digits"),
    "version": Text(0, 23),
    "phase": Whole(0, 255),
    "kernels": Entries(0, 128, Whole(0, 2**16 - 1)),
}
STREAM: dict[str, Kind] = {
    "id": Whole(0, 254),
    "name": FILE_NAME,
    "rate_mhz": Whole(0, 10**9),
    "format": NAME,
    "on": Whole(0, 1),
    "lost": U32,
    "dropped": U32,
    "channels": Entries(1, MOST_CHANNELS),
}
CHANNEL: dict[str, Kind] = {"name": Text(1, 63), "unit": Text(0, 31), "per_unit": Whole(1, 2**32 - 1)}
COUNTERS = (
    "windows",
    "asleep",
    "events",
    "missed",
    "overruns",
    "dropped",
    "frames",
    "errors",
    "stack",
    "arena",
    "battery_mv",
)
TELEMETRY: dict[str, Kind] = {
    "uptime_us": US,
    **dict.fromkeys(COUNTERS, U32),
    **dict.fromkeys(("slept_us", "since_us"), US),
    **dict.fromkeys(("frontend", "inference", "decide"), Entries(3, 3, U32)),
    "saturated": Entries(0, MOST_CHANNELS, U32),
    "scores": Entries(0, MOST_CHANNELS, Whole(0, 255)),
    "gate": Entries(4, 4, U32),
    "machine": Text(1, 63),
    "learnt": Whole(0, 255),
}
HEALTH: dict[str, Kind] = {
    "reasons": Entries(0, 32, NAME),
    "channels": Entries(0, MOST_CHANNELS, Whole(0, MOST_CHANNELS - 1)),
    "answers": Whole(0, 1),
    "withheld": U32,
}
TABLES = {"INFO": INFO, "`model`": MODEL, "`update`": UPDATE, "`streams`": STREAM, "`channels`": CHANNEL}
TABLES |= {"TELEMETRY": TELEMETRY, "HEALTH": HEALTH}


class Described:
    """A CBOR map whose values are checked as they are taken; keys that nobody asks for are for later versions."""

    def __init__(self, values: object, kinds: dict[str, Kind]) -> None:
        if not isinstance(values, dict):
            raise MessageError(f"expected a map, found {type(values).__name__}")
        self._values, self._kinds = values, kinds

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def get(self, key: str) -> Any:
        """A value of the type that its kind asks for, lists as tuples."""
        value = self._values.get(key)
        check(key, value, self._kinds[key])
        return tuple(value) if isinstance(value, list) else value

    def get_or(self, key: str, default: object) -> Any:
        """`default` where it is missing: firmware from before the key was added."""
        return self.get(key) if key in self else default

    def map(self, key: str, kinds: dict[str, Kind]) -> "Described":
        """The map below a key."""
        return Described(self._values.get(key), kinds)


def check(key: str, value: object, kind: Kind) -> None:
    """MessageError unless the value is of its kind and within its bounds."""
    if refusal := kind.refusal(value):
        raise MessageError(f"{key}: {refusal}")


def _power(number: int) -> str:
    """As the document writes it: 2^32 - 1."""
    bits = number.bit_length()
    if bits >= 16 and number == 2**bits - 1:
        return f"2^{bits} - 1"
    return f"{number}"
