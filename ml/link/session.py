"""Interprets the frames of a device: messages in device time, and a count of losses.

for arrival in session.feed(bytes): ...   # Arrival(time_us, message)
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.link.frames import Decoder, Frame
from ml.link.messages import FORMATS, Event, Health, Info, Reply, Stream, Telemetry, Type
from ml.link.payloads import MessageError, parse_event, parse_health, parse_info, parse_reply, parse_telemetry

if TYPE_CHECKING:
    import numpy


@dataclass(frozen=True)
class Data:
    """Consecutive samples of a stream; the arrival's time is that of the first."""

    stream: Stream
    payload: bytes  # whole rows
    lost: int  # frames of this stream missing just before
    sequence: int = 0  # of the frame: one that is behind the frame before it came late, or a second time

    @property
    def samples(self) -> "numpy.ndarray":
        """(n, channels) of the stream's format."""
        import numpy  # noqa: PLC0415 - PlatformIO's monitor has no use for it and may not have it

        return numpy.frombuffer(self.payload, FORMATS[self.stream.format]).reshape(-1, len(self.stream.channels))


@dataclass(frozen=True)
class Answer:
    """A reply and the sequence of the command it answers."""

    sequence: int
    reply: Reply


@dataclass(frozen=True)
class Arrival:
    """A message. Lines of text are str and have no time of their own: they carry that of the frame before."""

    time_us: int  # since the device's start, beyond the 32 bits of its clock
    message: Info | Telemetry | Event | Health | Data | Answer | str
    sequence: int = 0  # of the frame


class Session:
    """One device on one line."""

    def __init__(self) -> None:
        self.info: Info | None = None
        self.lost: Counter[tuple[int, int]] = Counter()  # (type, stream) -> frames that never came
        self.unreadable = 0  # frames whose payload is not as it should be
        self.refusal = ""  # why the last of them was refused
        self.restarts = 0  # of the device, as session info shows
        self._decoder = Decoder()
        self._half_heard: int | None = None  # None until the first frame has ended
        self._next: dict[tuple[int, int], int] = {}
        self._now_us = 0

    @property
    def damaged(self) -> int:
        """Chunks that were neither a frame nor text, but for the first: the line was opened in the middle of it."""
        return self._decoder.errors - (self._half_heard or 0)

    def feed(self, data: bytes) -> Iterator[Arrival]:
        """Takes bytes in pieces of any size."""
        if self._half_heard is None and 0 in data:
            first, data = data[: data.index(0) + 1], data[data.index(0) + 1 :]
            yield from self._feed(first)
            self._half_heard = self._decoder.errors
        yield from self._feed(data)

    def _feed(self, data: bytes) -> Iterator[Arrival]:
        for item in self._decoder.feed(data):
            if isinstance(item, str):
                yield Arrival(self._now_us, item)
            elif arrival := self.take(item):
                yield arrival

    def take(self, frame: Frame) -> Arrival | None:
        """One that came by another way than a line of bytes; None where it says nothing, or nothing readable."""
        try:
            message = self._understand(frame)
        except MessageError as error:
            self.unreadable += 1
            self.refusal = f"{_named(frame.type)}: {error}"
            return None
        return None if message is None else Arrival(self._time(frame.time_us), message, frame.sequence)

    def _understand(self, frame: Frame) -> Info | Telemetry | Event | Health | Data | Answer | None:
        if frame.type == Type.REPLY:
            return Answer(frame.sequence, parse_reply(frame.payload))
        if frame.type == Type.INFO:
            self._meet(parse_info(frame.payload), frame.sequence)
        lost = self._count(frame)
        if frame.type == Type.INFO:
            return self.info
        if frame.type == Type.TELEMETRY:
            return parse_telemetry(frame.payload)
        if frame.type == Type.EVENT:
            return parse_event(frame.payload)
        if frame.type == Type.HEALTH:
            return parse_health(frame.payload)
        return self._data(self.info, frame, lost) if frame.type == Type.DATA and self.info else None

    def _meet(self, info: Info, sequence: int) -> None:
        if self.info and self._has_restarted(self.info, info, sequence):
            self.restarts += 1
            self._next.clear()
        self.info = info
        self._now_us = info.uptime_us

    def _has_restarted(self, before: Info, info: Info, sequence: int) -> bool:
        """Its clock begins anew; where it had hardly begun, so do its sequences, and another cause is told."""
        began = self._behind((Type.INFO, 0), sequence) and info.uptime_us > before.uptime_us
        return info.uptime_us < before.uptime_us or info.reset != before.reset or began

    def _behind(self, key: tuple[int, int], sequence: int) -> bool:
        """The frame comes late, or a second time."""
        return (sequence - self._next.get(key, sequence)) % 2**16 >= 2**15

    def _count(self, frame: Frame) -> int:
        """Frames of the same type and stream that are missing before this one."""
        key = (frame.type, frame.stream)
        if self._behind(key, frame.sequence):
            return 0
        lost = (frame.sequence - self._next.get(key, frame.sequence)) % 2**16
        self._next[key] = (frame.sequence + 1) % 2**16
        if lost:
            self.lost[key] += lost
        return lost

    def _time(self, time_us: int) -> int:
        """Nearest to what is known; telling apart needs a frame every 35 minutes."""
        behind = (self._now_us - time_us) % 2**32
        time = self._now_us - behind if behind < 2**31 else self._now_us - behind + 2**32
        self._now_us = max(self._now_us, time)
        return time

    def _data(self, info: Info, frame: Frame, lost: int) -> Data:
        stream = next((stream for stream in info.streams if stream.id == frame.stream), None)
        if stream is None:
            raise MessageError(f"stream {frame.stream} was never described")
        if len(frame.payload) % stream.row_size:
            raise MessageError(f"{stream.name}: expected whole rows, found {len(frame.payload)} bytes")
        return Data(stream, frame.payload, lost, frame.sequence)


def _named(number: int) -> str:
    return Type(number).name if number in set(Type) else f"type {number}"
