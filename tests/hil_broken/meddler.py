"""A board whose line is meddled with: frames go missing or say something else, or nothing comes at all."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import cbor2

from ml.link.device import Device
from ml.link.frames import Decoder, Frame
from ml.link.messages import Command, Status, Type

Meddling = Callable[[Frame], Frame | None]  # None: it never arrives


class Meddler:
    """In a port's place."""

    def __init__(self, port, meddle: Meddling) -> None:
        self.port, self.meddle, self.decoder = port, meddle, Decoder()

    def __getattr__(self, name: str):
        return getattr(self.port, name)

    def read(self) -> bytes:
        items = self.decoder.feed(self.port.read())
        made = (self.meddle(item) if isinstance(item, Frame) else item for item in items)
        return b"".join(item.encode() + (b"\n" if isinstance(item, str) else b"") for item in made if item is not None)


@contextlib.contextmanager
def meddling(device: Device, meddle: Meddling) -> Iterator[None]:
    """Between a board and what is checked."""
    port, device.port = device.port, Meddler(device.port, meddle)
    try:
        yield
    finally:
        device.port = port


def says(kind: Type, **values: object) -> Meddling:
    """INFO, or TELEMETRY and the answer to GET_STATS, with other values; {}: without the key."""

    def meddle(frame: Frame) -> Frame:
        at = 2 if kind == Type.TELEMETRY and _is_statistics(frame) else 0
        if frame.type != kind and not at:
            return frame
        fields = {key: value for key, value in (cbor2.loads(frame.payload[at:]) | values).items() if value != {}}
        return replace(frame, payload=frame.payload[:at] + cbor2.dumps(fields))

    return meddle


def _is_statistics(frame: Frame) -> bool:
    return frame.type == Type.REPLY and frame.payload[:2] == bytes([Command.GET_STATS, Status.OK])


def drops(wanted: Callable[[Frame], bool], every: int = 1) -> Meddling:
    """Every n-th of the frames that are wanted."""
    seen = 0

    def meddle(frame: Frame) -> Frame | None:
        nonlocal seen
        seen += wanted(frame)
        return None if wanted(frame) and seen % every == 0 else frame

    return meddle


def changes(wanted: Callable[[Frame], bool], byte: int) -> Meddling:
    """A bit of the payload of the frames that are wanted."""

    def meddle(frame: Frame) -> Frame:
        if not wanted(frame):
            return frame
        payload = bytearray(frame.payload)
        payload[byte] ^= 1
        return replace(frame, payload=bytes(payload))

    return meddle
