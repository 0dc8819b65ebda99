"""Text off a serial line: lines of a bounded length, and the numbers in them."""

import math
import re

MAX_LINE = 4096  # bytes; 256 columns of 15 characters
MAX_COLUMNS = 256
_DECIMAL = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,4})?", re.ASCII)
_NO_NUMBER = re.compile(r"[+-]?(nan|inf|infinity|ovf)", re.IGNORECASE)  # what firmware prints in place of a number
_APART = re.compile(r"[,\s]+")
_RADIX = re.compile(r"0([xX][0-9a-fA-F]{1,13}|[oO][0-7]{1,17}|[bB][01]{1,53})", re.ASCII)


class Lines:
    """Cuts bytes into lines at LF and at CR LF. A line beyond MAX_LINE is dropped to its end and given as None."""

    def __init__(self) -> None:
        self._open = bytearray()
        self._dropping = False

    def feed(self, data: bytes) -> list[bytes | None]:
        *ended, rest = data.split(b"\n")
        found = [self._end(piece) for piece in ended]
        self._add(rest)
        return found

    def finish(self) -> list[bytes | None]:
        """The last line where no end of line followed."""
        return [self._end(b"")] if self._open or self._dropping else []

    def _end(self, piece: bytes) -> bytes | None:
        self._add(piece)
        line = None if self._dropping else bytes(self._open).removesuffix(b"\r")
        self._open.clear()
        self._dropping = False
        return line

    def _add(self, piece: bytes) -> None:
        if len(self._open) + len(piece) > MAX_LINE:
            self._dropping = True
            self._open.clear()
        elif not self._dropping:
            self._open += piece


def number(text: str) -> float | None:
    """What JavaScript's Number() makes of a field, as far as it is finite: 1e-3 and 0x10 are numbers; nan is none."""
    if _RADIX.fullmatch(text):
        return float(int(text, 0))
    if not _DECIMAL.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def apart(text: str) -> list[str]:
    """The fields between commas, tabs and spaces; empty ones are none."""
    return [field for field in _APART.split(text) if field]


def mostly_numbers(text: str) -> bool:
    """A damaged line of numbers, or one without them (nan), rather than something the board had to say."""
    fields = apart(text.replace(";", ","))
    meant = sum(number(field) is not None or bool(_NO_NUMBER.fullmatch(field)) for field in fields)
    return 2 * meant >= max(1, len(fields))


def numbers(fields: list[str]) -> list[float] | None:
    """All of the fields as numbers, or None where one is none."""
    found = [number(field) for field in fields[: MAX_COLUMNS + 1]]
    whole = [value for value in found if value is not None]
    return whole if 0 < len(whole) == len(found) <= MAX_COLUMNS else None
