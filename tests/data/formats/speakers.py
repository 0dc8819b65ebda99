"""What boards send, made for tests: the same samples in each protocol."""

import json

import numpy as np

from ml.data.formats import Gap, Layout, Reply, Samples
from ml.data.formats.packets import encode

NAMES = ("ax", "ay", "az", "gx", "gy", "gz")


def motion(count: int = 600, columns: int = 6, seed: int = 0) -> np.ndarray:
    """Smooth int16 (count, columns), as sensors give them."""
    rng = np.random.default_rng(seed)
    times = np.arange(count)[:, None] / 100
    waves = 3000 * np.sin(2 * np.pi * rng.uniform(0.2, 3, columns) * times + rng.uniform(0, 6, columns))
    return np.rint(waves + rng.normal(0, 5, (count, columns)) + rng.integers(-2000, 2000, columns)).astype("<i2")


def announcement(version: int = 2, columns: int = 6, per_packet: int = 6, **more) -> bytes:
    location = {name: place for place, name in enumerate(NAMES[:columns])}
    said = {"sample_rate": 100, "version": version, "samples_per_packet": per_packet, "column_location": location}
    return json.dumps(said | more).encode() + b"\r\n"


def packets(samples: np.ndarray, layout: str = "ssi-2", per_packet: int = 6, channel: int = 0) -> list[bytes]:
    pieces = [samples[at : at + per_packet] for at in range(0, len(samples), per_packet)]
    return [encode(layout, channel, number, piece.tobytes()) for number, piece in enumerate(pieces, 1)]


def text(samples: np.ndarray, end: str = "\r\n") -> list[bytes]:
    return [(",".join(map(str, row)) + end).encode() for row in samples]


def read(parser, data: bytes, piece: int = 64, rate: float = 1000.0) -> list:
    """All events of bytes that arrive `piece` at a time."""
    made = []
    for at in range(0, len(data), piece):
        made += parser.feed(data[at : at + piece], at / rate)
    return made + parser.finish()


def values(events: list, stream: int = 0) -> np.ndarray:
    found = [event.values for event in events if isinstance(event, Samples) and event.stream == stream]
    return np.concatenate(found) if found else np.empty((0, 0))


def gaps(events: list) -> list[tuple[int, int | None]]:
    return [(event.at, event.samples) for event in events if isinstance(event, Gap)]


def layouts(events: list) -> list[Layout]:
    return [event for event in events if isinstance(event, Layout)]


def replies(events: list) -> list[bytes]:
    return [event.data for event in events if isinstance(event, Reply)]


def check_order(events: list) -> None:
    """What every consumer may rely on."""
    known: dict[int, int] = {}
    delivered: dict[int, int] = {}
    for event in events:
        if isinstance(event, Layout):
            known[event.stream] = len(event.names)
        if isinstance(event, Samples):
            assert event.values.shape == (len(event.arrival_s), known[event.stream])
            assert len(event.values)
            assert np.isfinite(event.values).all()
            assert event.first == delivered.get(event.stream, 0)
            delivered[event.stream] = event.first + len(event.values)
        if isinstance(event, Gap):
            assert event.stream in known
            assert event.at == delivered.get(event.stream, 0)
            assert event.samples is None or event.samples > 0
