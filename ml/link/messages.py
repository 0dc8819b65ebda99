"""The meaning of the frames, as docs/protocol.md describes it. Their numbers are made from lib/link/protocol.toml."""

import struct
from dataclasses import dataclass

from ml.link import numbers
from ml.link.numbers import (
    ALL,
    MODEL_INPUT,
    NO_SLOT,
    PROTOCOL_VERSION,
    Command,
    GivenUp,
    Learn,
    News,
    Phase,
    Provoke,
    Refusal,
    Status,
    Type,
)

__all__ = [
    "ALL",
    "FORMATS",
    "MODEL_INPUT",
    "NO_SLOT",
    "PROTOCOL_VERSION",
    "Channel",
    "Command",
    "Cycles",
    "Event",
    "Gate",
    "GivenUp",
    "Health",
    "Info",
    "Learn",
    "Learning",
    "Model",
    "News",
    "Phase",
    "Provoke",
    "Refusal",
    "Reply",
    "Status",
    "Stream",
    "Telemetry",
    "Type",
    "Updates",
]

FORMATS = {"int16": "<i2", "uint8": "|u1", "uint32": "<u4", "int32": "<i4"}  # of a stream's values, as numpy names them


@dataclass(frozen=True)
class Channel:
    """One column of a stream."""

    name: str
    unit: str
    per_unit: int  # counts in one unit


@dataclass(frozen=True)
class Stream:
    """What the frames of a stream hold."""

    id: int
    name: str
    rate_mhz: int  # 0: at no fixed rate
    format: str  # one of FORMATS, row after row
    channels: tuple[Channel, ...]
    lost: int = 0  # rows that the sensor dropped, since start
    dropped: int = 0  # frames that found no room to be sent, since start
    on: bool | None = None  # it is being sent: off until START; None: firmware that does not say

    @property
    def row_size(self) -> int:
        """Bytes."""
        return int(FORMATS[self.format][-1]) * len(self.channels)


@dataclass(frozen=True)
class Model:
    """The model in the firmware."""

    name: str
    hash: str  # first 16 hex digits of the SHA-256 of the .tflite
    data_hash: str  # of the training data, "" when unknown
    layers: int
    input: int  # bytes
    output: int
    arena: int


@dataclass(frozen=True)
class Updates:
    """Which model a board runs, and what an image for it may need."""

    product: str
    slot: int  # NO_SLOT: the compiled-in model
    counter: int  # of the confirmed image
    image: str  # 16 hex digits: the first bytes of the digest of the image that runs, "": compiled in
    base: str  # of the confirmed image, likewise
    version: str  # of the image that runs, for people
    phase: int  # of Phase, or one that a later version has
    kernels: tuple[int, ...]  # id, version, id, version, ...


@dataclass(frozen=True)
class Info:
    """The session: a host that joins late understands everything from it."""

    version: int  # of the protocol
    app: str
    board: str
    build: str  # of the firmware, "" when unknown
    uptime_us: int  # since start; its low 32 bits are the device time of the frames
    cycles_hz: int
    stack: int  # bytes, 0 where the board cannot tell
    max_payload: int  # of a frame
    model: Model | None
    streams: tuple[Stream, ...]
    reset: str = ""  # why it last started: "power", "watchdog", ...; "" from firmware that does not say
    fault: str = ""  # what is wrong with this board or build: then it may have no model and no sensors
    update: Updates | None = None  # None: firmware that takes no models

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the model's classes: the channels of its scores."""
        scores = next((stream for stream in self.streams if stream.name == "scores"), None)
        return tuple(channel.name for channel in scores.channels) if scores else ()


@dataclass(frozen=True)
class Cycles:
    """Of one stage, on the clock of Info.cycles_hz."""

    last: int
    min: int
    max: int


@dataclass(frozen=True)
class Gate:
    """Of the gate that lets the network sleep: now, and how often it was open."""

    open: bool
    steps: int
    steps_open: int
    openings: int

    @property
    def duty(self) -> float:
        """Share of the steps in which it was open."""
        return self.steps_open / self.steps if self.steps else 0.0


@dataclass(frozen=True)
class Health:
    """Of the first sensor (docs/health.md)."""

    reasons: tuple[str, ...] = ()  # why its samples cannot be real, () when they can
    channels: tuple[int, ...] = ()  # of its stream, that the reasons are about
    answers: bool = True  # the application goes on: there are no reasons, or harmless ones
    withheld: int = 0  # events that were held back, of those that the counters cover


@dataclass(frozen=True)
class Telemetry:
    """Counters since start, or since the statistics were reset."""

    uptime_us: int
    windows: int  # of the front end
    events: int
    missed: int  # deadlines: the next window was complete before this one was done
    overruns: int  # samples the sensor had to drop
    dropped: int  # frames that found no room to be sent
    frames: int  # received whole
    errors: int  # received damaged
    stack: int  # deepest use, bytes
    frontend: Cycles
    inference: Cycles
    decide: Cycles
    saturated: tuple[int, ...]  # per channel: values clipped by the front end
    scores: tuple[int, ...]  # of the last window, 0..255
    asleep: int = 0  # windows in which the gate let the network sleep
    gate: Gate | None = None  # None where there is none
    slept_us: int = 0  # asleep, of the `since_us` that these counters cover
    since_us: int = 0  # 0 from firmware that does not say
    arena: int = 0  # bytes of the model's arena from its start to the last that was ever written, guard included
    battery_mv: int = 0  # 0 from a board that cannot tell
    machine: str = ""  # what the watched machine does, "" where nobody looks
    learnt: int | None = None  # classes, beside the network's; None where none can be learnt
    health: Health | None = None  # None where nobody watches the sensor, or firmware that does not say

    @property
    def duty(self) -> float | None:
        """Share of the time in which the processor was awake; None where the firmware does not say."""
        return 1 - self.slept_us / self.since_us if self.since_us else None


@dataclass(frozen=True)
class Learning:
    """How far a device has come with its own baseline, or with a class."""

    learnt: int  # windows, or examples
    wanted: int  # of them in all; 0: it is not learning
    size: int  # of what is learnt, bytes

    LAYOUT = struct.Struct(numbers.LEARN_ANSWERS[Learn.STATUS].format)


@dataclass(frozen=True)
class Event:
    """A detection. The frame's time is that of the last sample of its window."""

    class_id: int
    score: int  # smoothed, 0..255
    window: int  # since start
    frontend_cycles: int
    inference_cycles: int
    decide_cycles: int
    latency_us: int  # from the last sample to the event
    image: int = 0  # the first four bytes of the image's digest, 0: the compiled-in model

    LAYOUT = struct.Struct(numbers.EVENT.format)
    LEAST = LAYOUT.size - 4  # bytes, where the image is left out


@dataclass(frozen=True)
class Reply:
    """What the device answers to a command of the same sequence."""

    command: int
    status: int
    data: bytes
