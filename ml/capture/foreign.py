"""Other tools' protocols as sources of blocks, read by ml/data/formats.

Most of them carry no time: samples are then counted and multiplied by the period, and what is lost without a trace
shows only in that the samples fall behind the host's clock.
"""

import math
import re
from collections.abc import Callable, Iterator

import numpy as np

from ml.capture.clock import RateFit
from ml.capture.events import Block, Column, Device, Event, Incident, Stream
from ml.capture.names import columns
from ml.data.formats import Gap, Layout, RateMeter, Reply, Samples, open_parser
from ml.data.formats.rate import Loss
from ml.errors import UserError
from ml.printable import printable

AUDIO_HZ = 4000.0  # one column of integers at this rate or more is sound
MEASURE_S = 3.0
LOOK_EVERY_S = 2.0  # for samples that fell behind
SETTLE_S = 4.5  # until a loss shows in the clock (four half seconds) and the clock has been looked at
HELD_S = 0.25  # until what a buffer held has been read
NUMBERED = frozenset({"ssi-2"})  # protocols that number their packets
IMU, ACCEL = {"ax", "ay", "az", "gx", "gy", "gz"}, {"ax", "ay", "az"}


def parse_columns(text: str) -> tuple[tuple[str, str], ...]:
    """`ax:m/s2,ay:m/s2,az:m/s2`: names with or without units, for firmware that sends numbers only."""
    pairs = [(name, unit) for name, _, unit in (part.strip().partition(":") for part in text.split(","))]
    if any(not re.fullmatch(r"[A-Za-z]\w{0,30}", name) or len(unit) > 12 for name, unit in pairs) or len(
        {name for name, _ in pairs}
    ) != len(pairs):
        raise UserError(f"expected --columns such as ax:g,ay:g,az:g, each name once, found {text[:60]!r}")
    return tuple(pairs)


class Channel:
    """One stream of the protocol."""

    def __init__(self, layout: Layout, columns: tuple[tuple[str, str], ...] | None) -> None:
        self.layout = layout
        self.meter = RateMeter()
        self.fit = RateFit()
        self.stream: Stream | None = None  # once its rate is known
        self.position = 0  # samples so far, those that are missing counted
        self.lost: int | None = 0  # before the next samples
        self.has_clock = False
        self.started_s: float | None = None
        self._columns = columns
        self._behind = 0  # losses found by the clock and told
        self._looked_s = 0.0
        self._arrived_s = 0.0
        self._hears_s: float | None = None  # from when on samples count again, after the host did not listen

    def rate_hz(self) -> float | None:
        return self.meter.rate_hz

    @property
    def known(self) -> Stream:
        """The stream, where its rate must be known."""
        if self.stream is None:
            raise RuntimeError("expected a stream whose rate is known")
        return self.stream

    def settle(self, now_s: float) -> bool:
        """True when it has just become known what the stream is."""
        measured = self.meter.rate_hz if self.started_s and now_s - self.started_s >= MEASURE_S else None
        rate = self.layout.rate_hz or measured
        if self.stream is not None or not rate:
            return False
        columns = _named(self.layout, self._columns)
        self.stream = Stream(_kind(self.layout, columns, rate), float(f"{rate:.6g}"), columns)
        return True

    def deaf(self) -> None:
        """The host did not listen, and only its clock can tell what it missed."""
        if self.stream is not None and not self.has_clock and self.layout.protocol not in NUMBERED:
            self._hears_s = math.inf

    def missed(self, samples: int, now_s: float) -> int | None:
        """How many are missing before so many that have just come. None: leave them out, for some of what a buffer held
        may lie before the hole and some behind it."""
        arrived_s, hears_s = self._arrived_s, self._hears_s
        if hears_s is None:
            self._arrived_s = now_s
            return 0
        if hears_s == math.inf:
            hears_s = self._hears_s = now_s + HELD_S
        if now_s < hears_s:
            return None
        self._arrived_s, self._hears_s = now_s, None
        return max(0, round((now_s - arrived_s) * (self.meter.rate_hz or self.known.rate_hz)) - samples)

    def fallen_behind(self, now_s: float) -> Loss | None:
        """What was found missing since the last time it was asked, by the clock alone."""
        if self.has_clock or now_s - self._looked_s < LOOK_EVERY_S:
            return None
        self._looked_s = now_s
        losses = self.meter.losses()
        lost = round(sum(loss.samples for loss in losses))
        more, self._behind = lost - self._behind, max(lost, self._behind)
        return Loss(losses[-1].at, more) if more > 0 else None


class Foreign:
    """`name` is a format of ml/data/formats."""

    def __init__(
        self, name: str, write: Callable[[bytes], None], columns: tuple[tuple[str, str], ...] | None = None
    ) -> None:
        self._name, self._write, self._columns = name, write, columns
        self._parser = open_parser(name)
        self._channels: dict[int, Channel] = {}
        self._faults = 0

    def opened(self) -> list[Event]:
        """From the beginning: the board may be another, or have restarted."""
        self._parser, self._faults = open_parser(self._name), 0
        for channel in self._channels.values():
            channel.lost = None
        return []

    refusal = ""  # these protocols say nothing of themselves that could be

    @property
    def settle_s(self) -> float:
        """Only the clock tells of samples that vanish without a trace."""
        return 0.0 if all(channel.has_clock for channel in self._channels.values()) else SETTLE_S

    def deaf(self, seconds: float) -> None:
        """Where the protocol does not number its samples, the host's clock tells how many are missing."""
        for channel in self._channels.values():
            channel.deaf()

    def ask(self) -> None:
        """These protocols know no questions."""

    def stop(self) -> None:
        self._write(b"disconnect")  # what SSI boards understand; others have no ear

    def feed(self, data: bytes, arrival_s: float) -> Iterator[Event]:
        """What the bytes mean."""
        for event in self._parser.feed(data, arrival_s):
            if isinstance(event, Layout):
                yield from self._meet(event)
            elif isinstance(event, Samples):
                yield from self._samples(self._channels[event.stream], event)
            elif isinstance(event, Gap):
                yield from self._gap(self._channels[event.stream], event)
            elif isinstance(event, Reply):
                self._write(event.data)
        yield from self._count_faults()
        yield from self._settle(arrival_s)

    def _meet(self, layout: Layout) -> Iterator[Event]:
        known = self._channels.get(layout.stream)
        if known is not None and known.layout == layout:
            return
        self._channels[layout.stream] = Channel(layout, self._columns)
        if known is not None:
            yield Incident("reset", text="the columns or the rate of the stream changed")

    def _settle(self, now_s: float) -> Iterator[Event]:
        settled = [channel.settle(now_s) for channel in self._channels.values()]
        if any(settled) and all(channel.stream for channel in self._channels.values()):
            yield self._device()
        for channel in self._channels.values():
            if channel.stream is not None and (loss := channel.fallen_behind(now_s)):
                text = "fell behind the host's clock; the protocol does not say where"
                at_us = round(loss.at * 1e6 / channel.stream.rate_hz)
                yield Incident("behind", channel.stream.name, round(loss.samples), at_us, text)

    def _device(self) -> Device:
        channels = list(self._channels.values())
        names: set[str] = set()
        for channel in channels:  # streams of the same kind are told apart
            stream = channel.known
            if stream.name in names:
                stream = channel.stream = Stream(
                    f"{stream.name}{channel.layout.stream}", stream.rate_hz, stream.columns
                )
            names.add(stream.name)
        protocol = channels[0].layout.protocol
        has_clock = all(channel.has_clock for channel in channels)
        return Device("", "", "", protocol, tuple(channel.known for channel in channels), has_clock)

    def _samples(self, channel: Channel, samples: Samples) -> Iterator[Event]:
        missing = channel.missed(len(samples.values), float(samples.arrival_s[-1]))
        if missing is None:
            return
        if missing:
            yield from self._gap(channel, Gap(samples.stream, samples.first, missing, "nobody listened"))
        channel.started_s = channel.started_s or float(samples.arrival_s[0])
        channel.has_clock = samples.device_us is not None
        for arrival in np.unique(samples.arrival_s):
            channel.meter.add(int((samples.arrival_s == arrival).sum()), float(arrival))
        if channel.stream is not None:
            yield self._block(channel, samples)
            channel.lost = 0
        channel.position += len(samples.values)

    def _block(self, channel: Channel, samples: Samples) -> Block:
        stream = channel.known
        if samples.device_us is not None:
            time_us = int(samples.device_us[0])
            channel.fit.add(channel.position, time_us)
            period = channel.fit.period_us() or 1e6 / stream.rate_hz
        else:
            time_us = round(channel.position * 1e6 / stream.rate_hz)
            period = 1e6 / (channel.meter.rate_hz or stream.rate_hz)
        values = samples.values.astype(np.int16) if stream.is_audio else samples.values
        return Block(stream, time_us, period, values, channel.lost, float(samples.arrival_s[-1]))

    def _gap(self, channel: Channel, gap: Gap) -> Iterator[Event]:
        if gap.samples is None or channel.lost is None:
            channel.lost = None
        else:
            channel.lost += gap.samples
            channel.position += gap.samples
            channel.meter.miss(gap.samples)
        if channel.stream is not None:
            yield Incident("lost", channel.stream.name, gap.samples or 0, text=gap.why)

    def _count_faults(self) -> Iterator[Event]:
        faults = sum(self._parser.faults.values())
        more, self._faults = faults - self._faults, faults
        if more > 0:
            yield Incident("damaged", count=more, text=", ".join(sorted(self._parser.faults)))


def _named(layout: Layout, given: tuple[tuple[str, str], ...] | None) -> tuple[Column, ...]:
    """Names and units: the user's where there are as many, otherwise the firmware's, fit for a CSV header."""
    if given is not None and len(given) != len(layout.names):
        raise UserError(
            f"expected {len(layout.names)} names in --columns, as many as the board sends, found {len(given)}"
        )
    pairs = given or tuple(zip(layout.names, layout.units, strict=True))
    names = columns([name for name, _ in pairs])
    return tuple(Column(name, printable(unit), 1.0) for name, (_, unit) in zip(names, pairs, strict=True))


def _kind(layout: Layout, columns: tuple[Column, ...], rate: float) -> str:
    names = {column.name for column in columns}
    if len(names) == 1 and rate >= AUDIO_HZ and layout.protocol.startswith("ssi"):
        return "mic"
    return "imu" if names >= IMU else "accel" if names >= ACCEL else "sensor"
