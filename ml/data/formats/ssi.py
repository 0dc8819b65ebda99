"""SensiML's Simple Streaming Interface, versions 1 and 2, as the host.

A board repeats a line of JSON, `{"sample_rate":476,"version":2,"samples_per_packet":6,"column_location":{...}}`, until
it reads `connect`; then it streams, and `disconnect` takes it back to the JSON. Version 1 is bare little-endian
samples, which nothing protects: lost bytes show only as numbers that make no sense (ml/data/formats/alignment.py).
Version 2 has packets (ml/data/formats/packets.py).
"""

import numpy as np

from ml.data.formats.alignment import Alignment
from ml.data.formats.announcement import INT16, MAX_LINE, Announcement, read_announcement
from ml.data.formats.counting import Channel, Counting
from ml.data.formats.events import Event, Layout, Reply
from ml.data.formats.packets import SYNC, Packet, PacketLayout, SequenceCheck, recognise

RETRY_S = 1.0  # between two of connect, or of disconnect
LOST = 4  # longest packets without a good one; then the layout is looked for again
MARK = 16  # first bytes of the announcement; found in the stream they mean that the board started again
STRANGE = 512  # bytes that are no announcement; then a board is thought to be streaming already


class SsiParser(Counting):
    """Reads a board from its announcement on, or brings it back to announcing."""

    protocol = "ssi"

    def __init__(self) -> None:
        super().__init__()
        self._buffer = bytearray()
        self._heard: Announcement | None = None
        self._streaming = False
        self._layout: PacketLayout | None = None
        self._raw: Alignment | None = None  # version 1
        self._channels: dict[int, tuple[Channel, SequenceCheck]] = {}
        self._known: dict[int, Layout] = {}
        self._asked_s = -np.inf
        self._strange = 0  # bytes that made no sense since the last that did
        self._now = 0.0

    @property
    def _announced(self) -> Announcement:
        """What the board announced, once it has."""
        if self._heard is None:
            raise ValueError("expected an announcement, found none yet")
        return self._heard

    def feed(self, data: bytes, arrival_s: float) -> list[Event]:
        self._now = arrival_s
        made: list[Event] = []
        for start in range(0, len(data), MAX_LINE):  # the buffer stays small however much comes at once
            self._buffer += data[start : start + MAX_LINE]
            made += self._work()
        return made

    def finish(self) -> list[Event]:
        made = self._work(ended=True)
        if self._buffer:
            made += self._skip(len(self._buffer), "bytes left over at the end")
        known = [channel for channel, _ in self._channels.values() if channel.stream in self._known]
        return made + [event for channel in known for event in channel.gap()]

    def _work(self, ended: bool = False) -> list[Event]:
        made: list[Event] = []
        moved = True
        while moved:
            before = len(self._buffer), self._streaming, self._layout, self._raw is None
            made += self._stream(ended) if self._streaming else self._await(ended)
            moved = before != (len(self._buffer), self._streaming, self._layout, self._raw is None)
        return made

    # Before the stream: the announcement.

    def _await(self, ended: bool) -> list[Event]:
        end = self._buffer.find(b"\n")
        if end < 0:
            return self._skip(len(self._buffer), "bytes") if len(self._buffer) >= MAX_LINE else self._call_back()
        line = bytes(self._buffer[: end + 1])
        announced = read_announcement(line)
        if announced is None:
            return self._skip(len(line), "bytes before the announcement")
        del self._buffer[: end + 1]
        return self._connect(announced)

    def _call_back(self) -> list[Event]:
        """Asks a board that streams already to announce itself."""
        if self._strange + len(self._buffer) < STRANGE or self._now < self._asked_s + RETRY_S:
            return []
        self._asked_s = self._now
        return [Reply(b"disconnect")]

    def _connect(self, announced: Announcement) -> list[Event]:
        if announced != self._heard:
            self._known = {}
        self._heard, self._streaming = announced, True
        self._layout = self._raw = None
        self._strange, self._asked_s = 0, self._now
        return [Reply(b"connect")]

    # The stream.

    def _stream(self, ended: bool) -> list[Event]:
        line = self._announced.line
        if not self._strange and self._buffer and line.startswith(bytes(self._buffer[: len(line)])):
            return self._announced_again() if len(self._buffer) >= len(line) else []
        mark = self._buffer.find(line[:MARK])
        if mark >= 0:
            return self._started_again(mark)
        usable = len(self._buffer) if ended else len(self._buffer) - _tail(self._buffer, line[:MARK])
        return self._read(usable, ended)

    def _announced_again(self) -> list[Event]:
        """The board has not heard yet."""
        if self._layout or (self._raw and self._raw.rows):
            return self._started_again(0)
        del self._buffer[: len(self._announced.line)]
        if self._now < self._asked_s + RETRY_S:
            return []
        self._asked_s = self._now
        return [Reply(b"connect")]

    def _started_again(self, mark: int) -> list[Event]:
        made = self._read(mark, ended=True)
        left = self._buffer.find(self._announced.line[:MARK])
        if left > 0:
            made += self._skip(left, "bytes of a packet cut short")
        self._streaming = False
        for channel, _ in self._channels.values():
            channel.lose(None, "board started again")
        checked = self._layout is None or self._layout.numbers_are_checked
        self._channels = {number: (channel, SequenceCheck(checked)) for number, (channel, _) in self._channels.items()}
        return made + self.fault("board started again")

    def _read(self, usable: int, ended: bool) -> list[Event]:
        data = bytes(self._buffer[:usable])
        if self._layout:
            return self._packets(self._layout, data, ended)
        if self._raw:
            return self._rows(self._raw, data, ended)
        return self._recognise(data, ended)

    def _recognise(self, data: bytes, ended: bool) -> list[Event]:
        shape = self._announced.shape
        enough = 3 * (shape.most + 10)
        if self._announced.version == 1:  # packets of older firmware may be announced so; bare samples come at once
            enough = 3 * (self._announced.packet + 10)
        if len(data) < enough and not ended:
            return []
        found = recognise(data, shape, ended)
        if found:
            self._layout, start = found
            return self._skip(start, "bytes before the first packet")
        if self._announced.version == 1:
            self._raw = Alignment(self._announced.row, self._announced.dtype == INT16)
            return []
        return self._skip(max(0, len(data) - 2 * (shape.most + 10)), "bytes that are no packet") + self._lost()

    def _packets(self, layout: PacketLayout, data: bytes, ended: bool) -> list[Event]:
        made: list[Event] = []
        at = 0
        while at < len(data):
            packet = layout.confirmed(data, at, self._announced.shape, ended)
            if isinstance(packet, Packet):
                made += self._packet(layout, packet)
                at += packet.size
            elif packet:
                break  # more must arrive to tell
            else:
                if layout.begins(data, at, self._announced.shape) and not self._strange:
                    made += self.fault("damaged packet")
                beyond = data.find(SYNC, at + 1)
                beyond = len(data) if beyond < 0 else beyond
                self._strange += beyond - at
                made += self.fault("bytes that are no packet", count=beyond - at)
                at = beyond
        del self._buffer[:at]
        return made + self._lost()

    def _lost(self) -> list[Event]:
        """After a long time without a good packet another layout may be the right one."""
        if self._strange > LOST * (self._announced.shape.most + 10):
            self._layout = None
            self._strange = 1
        return []

    def _packet(self, layout: PacketLayout, packet: Packet) -> list[Event]:
        self._strange = 0
        fresh = Channel(packet.channel), SequenceCheck(layout.numbers_are_checked)
        channel, check = self._channels.setdefault(packet.channel, fresh)
        why, missing = check.judge(packet.sequence, packet.following)
        if why:
            return self.fault(why, f"channel {packet.channel}, number {packet.sequence}")
        rows = len(packet.payload) // self._announced.row
        made: list[Event] = []
        if missing is None:
            channel.lose(None, "board started again")
            made = self.fault("board started again")
        elif missing:
            channel.lose(missing * rows, "packets missing")
            made = self.fault("missing packets", f"channel {packet.channel}", missing)
        return made + self._deliver(channel, packet.payload, layout.name)

    def _rows(self, raw: Alignment, data: bytes, ended: bool) -> list[Event]:
        """Version 1: bare samples."""
        skipped, payload = raw.take(data, ended)
        channel, _ = self._channels.setdefault(0, (Channel(0), SequenceCheck()))
        made: list[Event] = []
        if skipped:
            channel.lose(None, "bytes were lost")
            made = self.fault("samples out of step", f"{skipped} bytes skipped")
        del self._buffer[: skipped + len(payload)]
        return made + self._deliver(channel, payload, "ssi-1")

    def _deliver(self, channel: Channel, payload: bytes, protocol: str) -> list[Event]:
        announced = self._announced
        values = np.frombuffer(payload, announced.dtype).reshape(-1, len(announced.names)).astype(float)
        if not np.isfinite(values).all():
            channel.lose(len(values), "not a number")
            return self.fault("not a number")
        layout = Layout(channel.stream, announced.names, ("",) * len(announced.names), announced.rate_hz, protocol)
        made: list[Event] = []
        if len(values) and self._known.get(channel.stream) != layout:
            self._known[channel.stream] = layout
            made = [layout]
        return made + channel.deliver(values, np.full(len(values), self._now))

    def _skip(self, count: int, why: str) -> list[Event]:
        if count <= 0:
            return []
        self._strange += count
        del self._buffer[:count]
        return self.fault(why, count=count)


def _tail(buffer: bytearray, mark: bytes) -> int:
    """Bytes at the end of the buffer with which an announcement may begin."""
    for count in range(min(len(mark) - 1, len(buffer)), 0, -1):
        if buffer.endswith(mark[:count]):
            return count
    return 0
