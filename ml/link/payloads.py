"""Decodes the bytes of a payload.

Payloads come from a serial line and are not trusted: what is not as docs/protocol.md describes raises MessageError.
"""

import cbor2

from ml.link.described import CHANNEL, HEALTH, INFO, MODEL, STREAM, TELEMETRY, UPDATE, Described, MessageError, check
from ml.link.messages import (
    FORMATS,
    PROTOCOL_VERSION,
    Channel,
    Cycles,
    Event,
    Gate,
    Health,
    Info,
    Model,
    Reply,
    Stream,
    Telemetry,
    Updates,
)

__all__ = ["MessageError", "parse_event", "parse_health", "parse_info", "parse_reply", "parse_telemetry"]


def parse_event(payload: bytes) -> Event:
    """Without the image it is one of the compiled-in model; what a later version appends is left out."""
    if len(payload) < Event.LEAST:
        raise MessageError(f"an event has {Event.LEAST} bytes or more, found {len(payload)}")
    return Event(*Event.LAYOUT.unpack(payload[: Event.LAYOUT.size].ljust(Event.LAYOUT.size, b"\0")))


def parse_reply(payload: bytes) -> Reply:
    if len(payload) < 2:
        raise MessageError(f"a reply has 2 bytes or more, found {len(payload)}")
    return Reply(payload[0], payload[1], payload[2:])


def parse_info(payload: bytes) -> Info:
    """Of another version of the link only if it still says the same."""
    fields = Described(_load(payload), INFO)
    version = fields.get("version")
    try:
        return _info(fields)
    except MessageError:
        if version != PROTOCOL_VERSION:
            raise MessageError(f"link version {version}, which this program does not know") from None
        raise


def _info(fields: Described) -> Info:
    plain = ("version", "app", "board", "build", "uptime_us", "cycles_hz", "stack", "max_payload")
    streams = tuple(_stream(Described(stream, STREAM)) for stream in fields.get("streams"))
    for what in ("id", "name"):
        _once("streams", [getattr(stream, what) for stream in streams])
    return Info(
        *map(fields.get, plain),
        model=_model(fields.map("model", MODEL)) if "model" in fields else None,
        streams=streams,
        update=Updates(*map(fields.map("update", UPDATE).get, UPDATE)) if "update" in fields else None,
        **{name: fields.get_or(name, "") for name in ("reset", "fault")},
    )


def parse_telemetry(payload: bytes) -> Telemetry:
    fields = Described(_load(payload), TELEMETRY)
    counters = ("uptime_us", "windows", "events", "missed", "overruns", "dropped", "frames", "errors", "stack")
    gate = fields.get_or("gate", None)
    return Telemetry(
        *map(fields.get, counters),
        *(Cycles(*fields.get(name)) for name in ("frontend", "inference", "decide")),
        *map(fields.get, ("saturated", "scores")),
        asleep=fields.get_or("asleep", 0),
        gate=Gate(bool(gate[0]), *gate[1:]) if gate else None,
        health=_health(fields.map("health", HEALTH)) if "health" in fields else None,
        **{name: fields.get_or(name, 0) for name in ("slept_us", "since_us", "arena", "battery_mv")},
        machine=fields.get_or("machine", ""),
        learnt=fields.get_or("learnt", None),
    )


def parse_health(payload: bytes) -> Health:
    return _health(Described(_load(payload), HEALTH))


def _health(fields: Described) -> Health:
    reasons, channels, answers, withheld = map(fields.get, HEALTH)
    return Health(reasons, channels, bool(answers), withheld)


def _model(fields: Described) -> Model:
    return Model(*map(fields.get, MODEL))


def _stream(fields: Described) -> Stream:
    channels = tuple(channel for group in fields.get("channels") for channel in _channels(group))
    on = fields.get_or("on", None)
    stream = Stream(
        *map(fields.get, ("id", "name", "rate_mhz", "format")),
        channels=channels,
        **{name: fields.get_or(name, 0) for name in ("lost", "dropped")},
        on=None if on is None else on != 0,
    )
    if stream.format not in FORMATS:
        raise MessageError(f"stream {stream.name}: expected {', '.join(FORMATS)}, found {stream.format}")
    check("channels", list(channels), STREAM["channels"])
    _once(f"channels of {stream.name}", [channel.name for channel in channels])
    return stream


def _channels(group: object) -> list[Channel]:
    """Channels that share a unit: [[names], unit, counts per unit]."""
    if type(group) is not list or len(group) != 3 or type(group[0]) is not list:
        raise MessageError("channels: expected [[names], unit, counts per unit]")
    names, unit, per_unit = group
    check("unit", unit, CHANNEL["unit"])
    check("per_unit", per_unit, CHANNEL["per_unit"])
    for name in names:
        check("name", name, CHANNEL["name"])
    return [Channel(name, unit, per_unit) for name in names]


def _once(what: str, values: list) -> None:
    if len(set(values)) != len(values):
        raise MessageError(f"{what}: expected each once, found one twice")


def _load(payload: bytes) -> object:
    try:
        return cbor2.loads(payload)
    except Exception as error:  # hostile CBOR raises whatever the types it names raise
        raise MessageError(f"not CBOR: {type(error).__name__}") from None
