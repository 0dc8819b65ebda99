"""Lines of numbers: the Edge Impulse data forwarder's, and CSV.

The data forwarder (github.com/edgeimpulse/edge-impulse-cli, README-data-forwarder.md) reads one sample a line, its
values apart by commas, tabs or spaces, and nothing else: no header, time, number or checksum. So a value that lost a
digit on the way passes for good, and of a line that vanished whole only the clock tells: see `RateMeter.losses`. CSV
adds a header line with names and units, and perhaps the board's time (ml/data/formats/columns.py).
"""

import re

import numpy as np

from ml.data.formats.clock import DeviceClock
from ml.data.formats.columns import Columns, plain, read_header
from ml.data.formats.counting import Channel, Counting
from ml.data.formats.events import Event, Layout
from ml.data.formats.lines import Lines, apart, mostly_numbers, numbers

AGREE = 3  # lines with the same number of values that settle how many there are
CHANGED = 20  # lines in a row with another number: the board sends something else now
_FIELDS = re.compile(r"[,;\t]")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


class TextParser(Counting):
    """One sample a line."""

    def __init__(self, protocol: str, whole: bool = False) -> None:
        """`protocol` is "ei" or "csv". Unless the text is `whole`, the first line may lack its beginning: it is left
        out where it does not look like those that follow."""
        super().__init__()
        self.protocol = protocol
        self._lines = Lines()
        self._channel = Channel()
        self._columns: Columns | None = None
        self._header: Columns | None = None  # what may be a header line
        self._unsettled: list[tuple[list[float], float]] = []  # lines before it is clear how many values there are
        self._others: list[int] = []  # numbers of values of the last lines that did not fit
        self._clock = DeviceClock()
        self._first = not whole
        self._rows: list[tuple[list[float], float]] = []
        self._last_arrival = 0.0

    def feed(self, data: bytes, arrival_s: float) -> list[Event]:
        return self._take(self._lines.feed(data), arrival_s)

    def finish(self) -> list[Event]:
        """A last line without its end is read all the same if it fits."""
        made = self._take(self._lines.finish(), self._last_arrival)
        if self._columns is None and self._unsettled:
            made += self._settle(plain(len(self._unsettled[-1][0])))
            made += self._flush()
        return made + self._channel.gap()

    def _take(self, lines: list[bytes | None], arrival_s: float) -> list[Event]:
        self._last_arrival = arrival_s
        made: list[Event] = []
        for line in lines:
            first, self._first = self._first, False
            made += self._line(line, arrival_s, first)
        return made + self._flush()

    def _line(self, line: bytes | None, arrival_s: float, first: bool) -> list[Event]:
        if line is None:
            return self._unread("line too long", "")
        text = line.decode("latin-1").strip(" \t\r\0")
        if not text:
            self.faults["blank line"] += 1
            return []
        if text.upper().startswith(("ERR", "<ERR")):
            return self.fault("error of the board", text)
        values = self._values(text)
        return self._not_numbers(text, first) if values is None else self._sample(values, arrival_s, first)

    def _not_numbers(self, text: str, first: bool) -> list[Event]:
        header = read_header(text) if self.protocol == "csv" else None
        if header or first:
            self._header = header  # it is one if a line with as many numbers follows
            return []
        return self._unread("malformed line", text) if mostly_numbers(text) else self.fault("line of text", text)

    def _values(self, text: str) -> list[float] | None:
        if self.protocol == "ei":
            return numbers(apart(text))
        if ";" in text:
            fields = [_decimal_point(field.strip()) for field in text.split(";")]
        elif "," in text or "\t" in text:
            fields = [field.strip() for field in _FIELDS.split(text)]
        else:
            fields = text.split()
        return numbers(fields[:-1] if len(fields) > 1 and not fields[-1] else fields)

    def _headed(self, header: Columns, values: list[float]) -> list[Event]:
        """The first numbers after what looked like a header line: at the start, or after a reset of the board."""
        self._header = None
        if header.count != len(values):
            return self.fault("line of text", ",".join(header.names))
        made = self._flush()
        if self._columns == header:
            self._clock = DeviceClock()
            self._channel.lose(None, "board started again")
            return made + self.fault("board started again")
        if self._unsettled:
            made += self.fault("line before the header", count=len(self._unsettled))
            self._unsettled = []
        return made + self._settle(header)

    def _sample(self, values: list[float], arrival_s: float, first: bool) -> list[Event]:
        made = self._headed(self._header, values) if self._header else []
        if self._columns is None:
            return made + self._propose(values, arrival_s)
        if len(values) != self._columns.count:
            return made if first else made + self._misfit(values, self._columns.count)
        self._others.clear()
        self._rows.append((values, arrival_s))
        return made

    def _propose(self, values: list[float], arrival_s: float) -> list[Event]:
        if self._unsettled and len(self._unsettled[-1][0]) != len(values):
            # The very first line may be half a line; any other that differs was damaged.
            made = self.fault("wrong number of values") if len(self._unsettled) > 1 else []
            self._unsettled = []
        else:
            made = []
        self._unsettled.append((values, arrival_s))
        if len(self._unsettled) >= AGREE:
            made += self._settle(plain(len(values)))
        return made

    def _settle(self, columns: Columns) -> list[Event]:
        self._columns, self._others = columns, []
        self._clock = DeviceClock()
        rows = [row for row in self._unsettled if len(row[0]) == columns.count]
        self._unsettled, self._rows = [], self._rows + rows
        layout = Layout(0, columns.names, columns.units, None, self.protocol)
        made: list[Event] = [layout]
        if columns.note:
            made += self.fault("column left out", columns.note)
        return made

    def _misfit(self, values: list[float], wanted: int) -> list[Event]:
        self._others = [*self._others, len(values)] if self._others[-1:] == [len(values)] else [len(values)]
        made = self._unread("wrong number of values", f"{len(values)} instead of {wanted}")
        if len(self._others) >= CHANGED:
            made = self._flush() + made + self._settle(plain(len(values)))
        return made

    def _unread(self, kind: str, note: str) -> list[Event]:
        """A line that stands for a sample and gives none."""
        made = self._flush()
        if self._columns is not None:
            self._channel.lose(1, kind)
        return made + self.fault(kind, note)

    def _flush(self) -> list[Event]:
        """Delivers the rows that were read."""
        if not self._rows or self._columns is None:
            return []
        values = np.array([row for row, _ in self._rows])
        arrival = np.array([at for _, at in self._rows])
        self._rows = []
        if self._columns.time is None:
            return self._channel.deliver(values[:, self._columns.kept], arrival)
        return self._timed(self._columns, values, arrival)

    def _timed(self, columns: Columns, values: np.ndarray, arrival: np.ndarray) -> list[Event]:
        """With the board's own time: repeated and missing samples show."""
        made: list[Event] = []
        times = values[:, columns.time] * columns.time_us
        kept = values[:, columns.kept]
        for time, row, at in zip(times, kept, arrival, strict=True):
            tick = self._clock.read(time, row)
            if tick.fault:
                made += self.fault(tick.fault)
            if tick.missing != 0:
                self._channel.lose(tick.missing, tick.fault or "missing by the board's time")
            if tick.repeated:
                continue
            made += self._channel.deliver(row[None], np.array([at]), np.array([tick.time_us]))
        return made


def _decimal_point(field: str) -> str:
    """1,5 between semicolons is 1.5."""
    return field.replace(",", ".") if _DECIMAL_COMMA.fullmatch(field) else field
