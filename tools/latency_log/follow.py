"""From the frames of the `timing` stream to rows of a log, with a count of missing rows."""

from dataclasses import dataclass

from ml.errors import UserError
from ml.link.messages import Info, Stream
from ml.link.session import Data
from tools.latency_log.log import MOST, MOST_TEXT, Header

STREAM = "timing"
CHANNELS = ("window", "awake", "frontend", "inference", "decide", "latency", "slept")


def timing_stream(info: Info, port: str) -> Stream:
    """UserError where the firmware has none, or one that this program does not know."""
    stream = next((each for each in info.streams if each.name == STREAM), None)
    names = [channel.name for channel in stream.channels] if stream else []
    missing = [name for name in CHANNELS if name not in names]
    countable = stream is not None and 0 < info.cycles_hz < MOST and 0 <= stream.rate_mhz < MOST
    if stream is not None and countable and stream.format == "uint32" and not missing:
        return stream
    found = f"one without {', '.join(missing) or 'numbers that count'}" if stream else "none"
    raise UserError(
        f"{port}: expected firmware with the stream `{STREAM}`, found {found} in {info.app or 'its firmware'}; it is "
        f"older than this program, or has no model: flash anew with: pio run -e {info.app}-{info.board} -t upload"
    )


def header_of(info: Info, stream: Stream, recording: str = "") -> Header:
    model = info.model
    return Header(
        app=_name(info.app),
        board=_name(info.board),
        build=_name(info.build),
        model=_name(model.name) if model else "",
        model_hash=_name(model.hash) if model else "",
        cycles_hz=info.cycles_hz,
        window_rate_mhz=stream.rate_mhz,
        recording=recording,
    )


def _name(text: str) -> str:
    """As a file's header takes it, whatever the board says."""
    return "".join(letter for letter in text if letter.isprintable())[:MOST_TEXT]


@dataclass(frozen=True)
class Limits:
    """Where a log ends; None: nowhere. Times are the board's."""

    windows: int | None = None
    seconds: float | None = None  # from the first row to the last, restarts left out
    from_us: float = 0  # since the board's start: what is before it is followed, and not taken
    until_us: float | None = None


class Follower:
    """Of one board, through its restarts."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.is_over = False  # the limit is reached: no more rows are taken
        self._limits = limits or Limits()
        self.count = 0  # rows that were taken
        self._span_us: dict[int, tuple[int, int]] = {}  # of each start: first and last time
        self.start = 0  # restarts so far
        self.lost = 0  # rows, as far as the board's count of windows shows
        self.lost_after = 0  # behind the last row, before `until_us`
        self.repeated = 0  # rows that came late or a second time, left out
        self._window: int | None = None  # of the last row
        self._resumed = False

    def restarted(self) -> None:
        """The board counts from 1 again; what it did between the last row and its end nobody knows."""
        self.start += 1
        self._window = 0
        self._resumed = False

    def resumed(self) -> None:
        """The stream was found off and is on again: a window that is behind the last one means a restart."""
        self._resumed = self._window is not None

    def take(self, time_us: int, data: Data) -> list[tuple[int, ...]]:
        """The rows of a frame, in the order of COLUMNS."""
        names = [channel.name for channel in data.stream.channels]
        order = [names.index(name) for name in CHANNELS]
        rate_mhz = data.stream.rate_mhz
        rows = (self._row(time_us, *map(int, values)) for values in data.samples[:, order])
        return [self._taken(row, rate_mhz) for row in rows if row is not None and self._is_within(row, rate_mhz)]

    def _is_within(self, row: tuple[int, ...], rate_mhz: int) -> bool:
        limits, time_us, lost = self._limits, row[1], row[3]
        elapsed_us = sum(last - first for first, last in self._spans(time_us).values())
        if self.is_over or time_us < limits.from_us:
            return False
        self.is_over = (
            (limits.windows is not None and self.count >= limits.windows)
            or (limits.seconds is not None and elapsed_us > limits.seconds * 1e6)
            or (limits.until_us is not None and time_us > limits.until_us)
        )
        if self.is_over and limits.until_us is not None and self.start in self._span_us:
            since_us = limits.until_us - self._span_us[self.start][1]
            self.lost_after = min(lost, max(0, int(since_us * rate_mhz / 1e9)))
        return not self.is_over

    def _spans(self, time_us: int) -> dict[int, tuple[int, int]]:
        """First and last time of each start, with this one."""
        first, _ = self._span_us.get(self.start, (time_us, time_us))
        return self._span_us | {self.start: (first, time_us)}

    def _taken(self, row: tuple[int, ...], rate_mhz: int) -> tuple[int, ...]:
        if self.count == 0 and self._limits.from_us:  # of what is missing before, only what was asked for counts
            row = (*row[:3], int((row[1] - self._limits.from_us) * rate_mhz / 1e9), *row[4:])
        self._span_us = self._spans(row[1])
        self.count += 1
        self.lost += row[3]
        return row

    def _row(self, time_us: int, window: int, awake: int, *rest: int) -> tuple[int, ...] | None:
        """None for one that came late or twice."""
        if self._resumed and self._window is not None and window <= self._window:
            self.restarted()
        lost = 0 if self._window is None else (window - self._window - 1) % 2**32
        if lost >= 2**31:
            self.repeated += 1
            return None
        self._window, self._resumed = window, False
        *timed, slept = rest
        if self.start not in self._span_us:  # there is no row before it since which it could have slept
            slept = 0
        time_us = min(max(time_us, 0), MOST - 1)
        return (self.start, time_us, window, lost, int(awake != 0), *timed, slept)
