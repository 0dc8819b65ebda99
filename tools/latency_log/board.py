"""The board whose windows are logged; it may restart, and its port may vanish for a moment."""

import time
from collections.abc import Callable, Iterator

from ml.errors import UserError
from ml.link.device import CommandError, Device
from ml.link.messages import Health, Info, Stream, Telemetry
from ml.link.readable import health_line, same_fault
from ml.link.session import Arrival, Data
from ml.progress import say
from tools.latency_log.follow import STREAM, Follower, header_of, timing_stream
from tools.latency_log.log import Header, Rows

AGAIN_S = 2.0  # between two STARTs: session info that is on its way may still say that the stream is off
RETRY_S = 0.2
OPEN_S = 3.0


class Final(UserError):
    """What will not pass with waiting."""


class Missed:
    """A counter of the board, over what is logged and through its restarts."""

    def __init__(self) -> None:
        self.total = 0
        self._last: int | None = None

    def begin(self, value: int) -> None:
        """What was before does not count."""
        self._last = value

    def take(self, value: int) -> None:
        if self._last is not None:
            self.total += value - self._last if value >= self._last else value
        self._last = value


class TimedBoard:
    """`find` names its port, again after each loss: an unplugged board may come back under another name."""

    def __init__(self, find: Callable[[], str], patience_s: float) -> None:
        self._find, self._patience_s = find, patience_s
        self.device = Device.open(find())
        self.stream = timing_stream(self.device.info, self.device.port.name)
        self._header = self.header()
        self.missed = Missed()
        self.text: list[str] = []  # lines that it said
        self.health = Health()
        self._early: list[Arrival] = []
        self._uptime_us = 0
        self._started_at = -AGAIN_S
        self._heard_at = time.monotonic()

    def header(self, recording: str = "") -> Header:
        return header_of(self.device.info, self.stream, recording)

    def begin(self, afresh: bool) -> None:
        """Asks for its windows from now on; `afresh`: it has just been restarted for this."""
        self.device.start(self.stream.id)
        self._same(self.device.info)
        self.missed.begin(0 if afresh else self.device.statistics().missed)
        self._started_at = self._heard_at = time.monotonic()
        self._early = [arrival for arrival in self.device.arrivals(0) if isinstance(arrival.message, Data)]
        self._uptime_us = 0 if afresh else self.device.info.uptime_us  # its first session info may have been lost

    def quiet(self) -> None:
        """Nothing of what it says until the next `begin` counts."""
        self.device.stop(self.stream.id)
        for _ in self.device.arrivals(0):
            pass

    def listen(self, seconds: float, follower: Follower, rows: Rows, wait: Callable[[], None]) -> None:
        """What comes for so long; `wait` is called while a lost port is looked for, and may raise."""
        try:
            while self._early:
                self._understand(self._early.pop(0), follower, rows)
            for arrival in self._arrivals(seconds):
                self._understand(arrival, follower, rows)
        except (CommandError, Final):
            raise
        except UserError as error:
            self._reopen(error, wait)

    def end(self) -> None:
        """Takes leave: the counters once more. A board that has gone cannot be asked."""
        try:
            self.device.stop(self.stream.id)
            self.missed.take(self.device.statistics().missed)
        except UserError as error:
            say(f"{error}; the count of missed deadlines is that of its last second")

    def close(self) -> None:
        self.device.close()

    def _arrivals(self, seconds: float) -> Iterator[Arrival]:
        for arrival in self.device.arrivals(seconds):
            self._heard_at = time.monotonic()
            yield arrival
        if time.monotonic() - self._heard_at > self._patience_s:
            raise Final(
                f"{self.device.port.name}: expected session info each second, found {self._patience_s:g} s of silence; "
                "reset the board"
            )

    def _understand(self, arrival: Arrival, follower: Follower, rows: Rows) -> None:
        message = arrival.message
        if isinstance(message, Data) and message.stream.name == STREAM:
            for row in follower.take(arrival.time_us, message):
                rows.append(row)
        elif isinstance(message, Telemetry):
            self.missed.take(message.missed)
            self._watch(message.health or Health())
        elif isinstance(message, Health):
            self._watch(message)
        elif isinstance(message, Info):
            self._meet(message, follower)
        elif isinstance(message, str):
            self.text.append(message)

    def _watch(self, health: Health) -> None:
        """A sensor that is not believed gives no windows."""
        if not same_fault(health, self.health):
            self.text.append(health_line(health, self.device.info))
        self.health = health

    def _meet(self, info: Info, follower: Follower) -> None:
        stream = self._same(info)
        if info.uptime_us < self._uptime_us:
            follower.restarted()
            say(f"the board restarted, up for {info.uptime_us / 1e6:.1f} s{f' ({info.reset})' if info.reset else ''}")
        self._uptime_us = info.uptime_us
        if stream.on is False and time.monotonic() - self._started_at > AGAIN_S:
            self._started_at = time.monotonic()
            follower.resumed()
            self.device.start(self.stream.id)

    def _same(self, info: Info) -> Stream:
        """UserError where another board or another image answers now: its windows are none of this log's."""
        try:
            stream = timing_stream(info, self.device.port.name)
        except UserError as error:
            raise Final(str(error)) from None
        other = self._header.difference(header_of(info, stream))
        if other:
            raise Final(f"{self.device.port.name}: expected the board that was logged so far, found {other}; log again")
        return stream

    def _reopen(self, error: UserError, wait: Callable[[], None]) -> None:
        """The port has gone: its board may come back, the same or restarted."""
        self.device.close()
        say(f"{error}; looking for it for {self._patience_s:g} s")
        self.device = self._found(error, wait)
        self._heard_at, self._started_at = time.monotonic(), -AGAIN_S
        say(f"{self.device.port.name}: it is back")  # its session info, which comes first, says whether it restarted

    def _found(self, error: UserError, wait: Callable[[], None]) -> Device:
        end = time.monotonic() + self._patience_s
        while time.monotonic() < end:
            wait()
            try:
                return Device.open(self._find(), timeout=OPEN_S)
            except UserError:
                time.sleep(RETRY_S)
        raise error
