"""Detects the protocol of a board from its first bytes."""

from itertools import pairwise

from ml.data.formats.announcement import read_announcement
from ml.data.formats.columns import read_header
from ml.data.formats.counting import Counting
from ml.data.formats.events import Event, Parser
from ml.data.formats.lines import MAX_LINE, apart, numbers
from ml.data.formats.ssi import SsiParser
from ml.data.formats.text import TextParser
from ml.errors import UserError

FORMATS = ("auto", "ei", "ssi", "csv")
LINES = 3  # of numbers that settle it
BINARY = 0.3  # share of bytes that are no text; then it is a board that streams binary already
ENOUGH = 512  # bytes


def open_parser(name: str, whole: bool = False) -> Parser:
    """A parser by the name that `--format` takes. `whole`: the bytes begin at the beginning, as those of a file do."""
    if name == "auto":
        return Auto(whole)
    if name == "ssi":
        return SsiParser()
    if name in ("ei", "csv"):
        return TextParser(name, whole)
    raise UserError(f"expected one of {', '.join(FORMATS)} for the format, found {name!r}")


def guess(seen: bytes) -> str | None:
    """ "ei", "ssi" or "csv"; None where more must be seen."""
    lines = seen.split(b"\n")[:-1]
    if any(read_announcement(line + b"\n") for line in lines):
        return "ssi"
    texts = [line.decode("latin-1").strip() for line in lines]
    if any(_headed(*pair) for pair in pairwise(text for text in texts if text)):
        return "csv"
    if sum(numbers(apart(text)) is not None for text in texts[1:]) >= LINES:
        return "ei"
    if len(seen) >= ENOUGH and sum(byte > 126 or byte < 9 for byte in seen) > BINARY * len(seen):
        return "ssi"
    return None


def _headed(text: str, following: str) -> bool:
    """A header line with a line of as many numbers below it."""
    header = read_header(text)
    return header is not None and len(numbers(apart(following)) or ()) == header.count


class Auto(Counting):
    """Waits until it is clear what the board speaks and then reads all of it, from the first byte, in that."""

    protocol = "auto"

    def __init__(self, whole: bool = False) -> None:
        super().__init__()
        self._whole = whole
        self._seen: list[tuple[bytes, float]] = []
        self.parser: Parser | None = None  # once it is clear

    def feed(self, data: bytes, arrival_s: float) -> list[Event]:
        if self.parser is not None:
            return self.parser.feed(data, arrival_s)
        self._seen.append((data, arrival_s))
        seen = b"".join(piece for piece, _ in self._seen)
        name = guess(seen)
        if name:
            return self._decide(name)[1]
        if len(seen) > 4 * MAX_LINE:
            self._seen = [(seen[-MAX_LINE:], arrival_s)]
            return self.fault("bytes of no known format", count=len(seen) - MAX_LINE)
        return []

    def finish(self) -> list[Event]:
        if self.parser is not None:
            return self.parser.finish()
        parser, made = self._decide("csv")
        return made + parser.finish()

    def _decide(self, name: str) -> tuple[Parser, list[Event]]:
        """The parser, and what it makes of all that was seen."""
        self.parser = parser = open_parser(name, self._whole)
        parser.faults.update(self.faults)
        self.faults = parser.faults
        seen, self._seen = self._seen, []
        return parser, [event for piece, at in seen for event in parser.feed(piece, at)]
