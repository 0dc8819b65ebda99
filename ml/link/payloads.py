"""From the bytes of a payload to what it says.

Payloads come from a serial line and are not trusted: what is not as docs/protocol.md describes raises MessageError.
"""

import cbor2

from ml.link.frames import MAX_PAYLOAD
from ml.link.messages import FORMATS, Channel, Cycles, Event, Gate, Info, Model, Reply, Stream, Telemetry

SMALLEST_PAYLOAD = 64  # the least that LINK_MAX_PAYLOAD in frame.h may be


class MessageError(ValueError):
    """A frame whose checksum is right and whose payload is not."""


def parse_event(payload: bytes) -> Event:
    if len(payload) != Event.LAYOUT.size:
        raise MessageError(f"an event has {Event.LAYOUT.size} bytes, found {len(payload)}")
    return Event(*Event.LAYOUT.unpack(payload))


def parse_reply(payload: bytes) -> Reply:
    if len(payload) < 2:
        raise MessageError(f"a reply has 2 bytes or more, found {len(payload)}")
    return Reply(payload[0], payload[1], payload[2:])


def parse_info(payload: bytes) -> Info:
    fields = _Map(_load(payload))
    texts, numbers = ("app", "board", "build"), ("uptime_us", "cycles_hz", "stack", "max_payload")
    if not SMALLEST_PAYLOAD <= fields.get("max_payload", int) <= MAX_PAYLOAD:
        raise MessageError(f"max_payload: expected {SMALLEST_PAYLOAD}..{MAX_PAYLOAD}")
    return Info(
        fields.get("version", int),
        *(fields.get(name, str) for name in texts),
        *(fields.get(name, int) for name in numbers),
        _model(_Map(fields.values["model"])) if "model" in fields.values else None,
        tuple(_stream(_Map(stream)) for stream in fields.list("streams", dict)),
        *(fields.get(name, str) if name in fields.values else "" for name in ("reset", "fault")),
    )


def parse_telemetry(payload: bytes) -> Telemetry:
    fields = _Map(_load(payload))
    counters = ("uptime_us", "windows", "events", "missed", "overruns", "dropped", "frames", "errors", "stack")
    return Telemetry(
        *(fields.get(name, int) for name in counters),
        *(_cycles(fields.list(name, int)) for name in ("frontend", "inference", "decide")),
        *(fields.list(name, int) for name in ("saturated", "scores")),
        fields.count("asleep"),
        _gate(fields.list("gate", int)) if "gate" in fields.values else None,
        *(fields.count(name) for name in ("slept_us", "since_us", "arena")),
    )


class _Map:
    """A CBOR map whose values are checked as they are taken; keys that nobody asks for are for later versions."""

    def __init__(self, values: object) -> None:
        if not isinstance(values, dict):
            raise MessageError(f"expected a map, found {type(values).__name__}")
        self.values = values

    def get(self, key: str, kind: type):
        value = self.values.get(key)
        if type(value) is not kind:
            raise MessageError(f"{key}: expected {kind.__name__}, found {type(value).__name__}")
        return value

    def count(self, key: str) -> int:
        """0 where it is missing: firmware from before the key was added."""
        return self.get(key, int) if key in self.values else 0

    def list(self, key: str, kind: type) -> tuple:
        return _all(key, self.get(key, list), kind)


def _all(key: str, values: list, kind: type) -> tuple:
    if not all(type(value) is kind for value in values):
        raise MessageError(f"{key}: expected a list of {kind.__name__}")
    return tuple(values)


def _model(fields: _Map) -> Model:
    return Model(
        *(fields.get(name, str) for name in ("name", "hash", "data_hash")),
        *(fields.get(name, int) for name in ("layers", "input", "output", "arena")),
    )


def _stream(fields: _Map) -> Stream:
    channels = tuple(channel for group in fields.list("channels", list) for channel in _channels(group))
    kinds = {"id": int, "name": str, "rate_mhz": int, "format": str}
    counters = (fields.count(name) for name in ("lost", "dropped"))
    on = fields.get("on", int) != 0 if "on" in fields.values else None
    stream = Stream(*(fields.get(name, kind) for name, kind in kinds.items()), channels, *counters, on)
    if stream.format not in FORMATS or not channels:
        expected = f"{', '.join(FORMATS)} and a channel"
        raise MessageError(f"stream {stream.name}: expected {expected}, found {stream.format}")
    return stream


def _channels(group: list) -> list[Channel]:
    """Channels that share a unit: [[names], unit, counts per unit]."""
    if len(group) != 3 or [type(value) for value in group] != [list, str, int]:
        raise MessageError("channels: expected [[names], unit, counts per unit]")
    return [Channel(name, *group[1:]) for name in _all("channels", group[0], str)]


def _cycles(values: tuple[int, ...]) -> Cycles:
    if len(values) != 3:
        raise MessageError(f"cycles: expected last, min, max, found {len(values)} numbers")
    return Cycles(*values)


def _gate(values: tuple[int, ...]) -> Gate:
    if len(values) != 4:
        raise MessageError(f"gate: expected open, steps, steps open, openings, found {len(values)} numbers")
    return Gate(bool(values[0]), *values[1:])


def _load(payload: bytes) -> object:
    try:
        return cbor2.loads(payload)
    except Exception as error:  # hostile CBOR raises whatever the types it names raise
        raise MessageError(f"not CBOR: {error}") from None
