"""The link of docs/protocol.md as a source of blocks.

Nothing here waits for an answer. Session info comes once a second and says which streams are on: those that are wanted
and off are switched on again, which is also how a restart of the board is known and survived.
"""

from collections.abc import Callable, Collection, Iterator

from ml.capture.events import Block, Column, Device, Event, Incident, Log, Stream
from ml.capture.integrity import Tracker
from ml.capture.names import columns
from ml.errors import UserError
from ml.link.frames import Frame
from ml.link.messages import PROTOCOL_VERSION, Command, Info, Type
from ml.link.messages import Stream as Described
from ml.link.session import Arrival, Data, Session

NOT_SENSORS = frozenset({"scores"})
LEAST_RATE_MHZ = 100  # a sample in ten seconds
OF_THE_LINE = ("damaged", "unreadable")  # counted here; what else is counted, the board counts


class Thimble:
    """One board; `wanted` names streams, None wants all sensors.

    `listener` hears everything that the board says, also what is not recorded; streams named in `also` are switched on
    for it.
    """

    settle_s = 0.0  # sequence and time tell at once what is missing

    def __init__(
        self,
        write: Callable[[bytes], None],
        wanted: Collection[str] | None = None,
        listener: Callable[[Arrival], None] | None = None,
        also: Collection[str] = (),
    ) -> None:
        self._write = write
        self._wanted = wanted
        self._listener, self._also = listener, also
        self._session = Session()
        self._sequence = 0
        self._device: Device | None = None
        self._trackers: dict[str, Tracker] = {}
        self._started: set[str] = set()  # streams that the board has confirmed to be on
        self._told: dict[str, int] = {}  # counters of the session, as far as they were reported
        self._latest_us = 0
        self._gaps_us: dict[str, int] = {}  # where a stream last lost something, since the last session info

    def opened(self) -> list[Event]:
        """The port has just been opened: what is heard before the next session info counts for nothing."""
        self._session = Session()
        self._told = {what: count for what, count in self._told.items() if what not in OF_THE_LINE}
        self.command(Command.GET_INFO)
        return []

    @property
    def refusal(self) -> str:
        """Why the last message that made no sense was refused, "" when none was."""
        return self._session.refusal

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the model's classes, as far as the board has told them."""
        return self._session.info.labels if self._session.info else ()

    def deaf(self, seconds: float) -> None:
        """Device times say what was lost."""

    def ask(self) -> None:
        """It has been silent for long: is it there?"""
        self.command(Command.GET_INFO)

    def stop(self) -> None:
        self.command(Command.STOP, bytes([0xFF]))

    def feed(self, data: bytes, arrival_s: float) -> Iterator[Event]:
        """What the bytes mean."""
        for arrival in self._session.feed(data):
            if self._listener is not None:
                self._listener(arrival)
            yield from self._understand(arrival, arrival_s)
        yield from self._count("damaged", self._session.damaged)
        yield from self._count("unreadable", self._session.unreadable)

    def _understand(self, arrival: Arrival, arrival_s: float) -> Iterator[Event]:
        message = arrival.message
        if isinstance(message, Data):
            yield from self._block(arrival.time_us, message, arrival_s)
        elif isinstance(message, Info):
            yield from self._meet(message)
        elif isinstance(message, str):
            yield Log(message)

    def _meet(self, info: Info) -> Iterator[Event]:
        if info.version != PROTOCOL_VERSION:
            raise UserError(
                f"expected link version {PROTOCOL_VERSION}, found {info.version}; build the firmware and this program "
                "from the same state of the repository"
            )
        streams = tuple(_stream(each) for each in info.streams if self._is_wanted(each))
        device = Device(info.app, info.board, info.build, "thimble", streams)
        if self._has_restarted(info):
            yield from self._begin_anew(info)
        if device != self._device:
            self._describe(device)
            yield device
        yield from self._dropped(info)
        self._gaps_us.clear()
        self._switch_on(info)

    def _is_wanted(self, stream: Described) -> bool:
        usable = stream.format == "int16" and stream.rate_mhz >= LEAST_RATE_MHZ and stream.name not in NOT_SENSORS
        return usable and (self._wanted is None or stream.name in self._wanted)

    def _has_restarted(self, info: Info) -> bool:
        if any(stream.on is None for stream in info.streams):  # firmware that does not say: its clock must tell
            return info.uptime_us < self._latest_us
        return any(stream.name in self._started and not stream.on for stream in info.streams)

    def _begin_anew(self, info: Info) -> Iterator[Event]:
        for tracker in self._trackers.values():
            tracker.begin_anew()
        self._started.clear()
        self._told = {name: count for name, count in self._told.items() if name in OF_THE_LINE}
        yield Incident(
            "reset", device_us=self._latest_us, text=f"the board restarted, up for {info.uptime_us / 1e6:.1f} s"
        )
        self._latest_us = info.uptime_us

    def _describe(self, device: Device) -> None:
        before = {stream.name: stream for stream in self._device.streams} if self._device else {}
        for stream in device.streams:
            if before.get(stream.name) != stream:
                self._trackers[stream.name] = Tracker(stream.rate_hz)
        self._device = device

    def _dropped(self, info: Info) -> Iterator[Event]:
        for stream in filter(self._is_wanted, info.streams):
            if stream.name in self._started:
                yield from self._count(f"dropped {stream.name}", stream.dropped)
                yield from self._count(f"overrun {stream.name}", stream.lost)
            else:  # what was before us is not ours
                self._told[f"dropped {stream.name}"] = stream.dropped
                self._told[f"overrun {stream.name}"] = stream.lost

    def _count(self, what: str, count: int) -> Iterator[Event]:
        """Reports by how much a counter has risen: of a stream, where it last lost something since it was told."""
        more = count - self._told.get(what, 0)
        if more:
            self._told[what] = count
        if more > 0:
            kind, _, sensor = what.partition(" ")
            yield Incident(kind, sensor, more, self._gaps_us.get(sensor, self._latest_us))

    def _switch_on(self, info: Info) -> None:
        wanted = [stream for stream in info.streams if self._is_wanted(stream) or stream.name in self._also]
        self._started |= {stream.name for stream in wanted if stream.on}
        off = [
            stream for stream in wanted if not stream.on and (stream.on is not None or stream.name not in self._started)
        ]
        for stream in off:
            self.command(Command.START, bytes([stream.id]))
            if stream.on is None:
                self._started.add(stream.name)
        if off:
            self.command(Command.GET_INFO)

    def _block(self, time_us: int, data: Data, arrival_s: float) -> Iterator[Event]:
        known = self._device.streams if self._device else ()
        stream = next((each for each in known if each.name == data.stream.name), None)
        if stream is None or not data.payload:
            return
        tracker, values = self._trackers[stream.name], data.samples
        repeated, contradicting = tracker.repeated, tracker.contradicting
        taken = tracker.take(data.sequence, time_us, len(values))
        if tracker.repeated != repeated:
            yield Incident("repeated", stream.name, 1, time_us)
        if tracker.contradicting != contradicting:
            yield Incident("unreadable", stream.name, 1, time_us, "number and time of a frame contradict each other")
        if taken is None:
            return
        if taken.lost:
            text = f"{taken.lost * tracker.period_us / 1e6:.3f} s are missing before this moment"
            self._gaps_us[stream.name] = round(time_us - taken.lost * tracker.period_us)
            yield Incident("lost", stream.name, taken.lost, time_us, text)
        self._latest_us = max(self._latest_us, time_us)
        yield Block(stream, time_us, tracker.period_us, values, taken.lost, arrival_s)

    def command(self, command: Command, args: bytes = b"") -> int:
        """Sends it; the listener hears the answer, which has the sequence that is returned."""
        self._sequence = (self._sequence + 1) % 2**16
        self._write(Frame(Type.COMMAND, sequence=self._sequence, payload=bytes([command]) + args).encode())
        return self._sequence


def _stream(described: Described) -> Stream:
    names = columns([channel.name for channel in described.channels])
    units = [(channel.unit, channel.per_unit) for channel in described.channels]
    made = tuple(Column(name, *unit) for name, unit in zip(names, units, strict=True))
    return Stream(described.name, described.rate_mhz / 1000, made)
