"""A board's sensor runs at the rate that session info declares, loses nothing, and shows what there is to measure."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ml.link.device import Device
from ml.link.messages import ALL, Command
from ml.link.sensor_bus import Player, Track
from ml.link.session import Arrival, Data
from tests.hil.checks import waiting
from tests.hil.checks.waiting import emulated, forget_what_came
from tests.hil.truths import Truth

LISTEN_S = 2.0  # device time
ATTEMPTS = 3
EXACT, OFF = 0.005, 0.10  # of the declared rate: a virtual sensor's, and that of the cheapest real ones
BLOCK_S = 0.02  # in which a driver hands samples over; the time of a row is known no better
STILL = {"imu": (0, 0, 2048, 0, 0, 0), "accel": (0, 0, 2048), "mic": (0,)}
NOISE, G = 2, 2048


def rows(device: Device, seconds: float = LISTEN_S) -> list[Arrival]:
    """Frames of stream 0 for so many seconds of device time."""
    forget_what_came(device)
    device.command(Command.RESET_STATS)
    device.start(0)
    heard: list[Arrival] = []
    try:
        for arrival in device.arrivals(waiting.PATIENCE_S):
            if isinstance(arrival.message, Data) and arrival.message.stream.id == 0:
                heard.append(arrival)
            if heard and heard[-1].time_us - heard[0].time_us >= seconds * 1e6:
                return heard
    finally:
        device.stop(ALL)
    raise AssertionError(f"expected {seconds:g} s of {device.info.streams[0].name}, found {len(heard)} frames")


def keeps_its_rate(device: Device, heard: list[Arrival]) -> None:
    """By device time."""
    declared = device.info.streams[0].rate_mhz / 1000
    span_s = (heard[-1].time_us - heard[0].time_us) / 1e6
    found = sum(len(arrival.message.samples) for arrival in heard[:-1]) / span_s
    tolerance = (EXACT if emulated(device) else OFF) + BLOCK_S / span_s
    assert abs(found / declared - 1) <= tolerance, f"expected {declared:g} rows a second, found {found:g}"


def loses_nothing(device: Device, heard: list[Arrival]) -> None:
    statistics = device.statistics()
    missing = sum(arrival.message.lost for arrival in heard)
    counted = (statistics.overruns, statistics.missed, statistics.dropped, missing, device.session.damaged)
    assert counted == (0, 0, 0, 0, 0), f"expected nothing lost, found overruns, missed, dropped, gaps, damage {counted}"


def shows_what_there_is(device: Device, heard: list[Arrival]) -> None:
    """A virtual board lies still on a table; a real one is on earth, more or less at rest. Its sensor is alive."""
    name = device.info.streams[0].name
    values = np.concatenate([arrival.message.samples for arrival in heard]).astype(int)
    if emulated(device):
        assert np.abs(values - STILL[name]).max() <= NOISE, f"found {values[:3].tolist()}"
    assert len(np.unique(values, axis=0)) > 1, "a real sensor is never the same twice: it is stuck"
    if emulated(device):
        return
    if name == "mic":
        assert abs(values.mean()) < 32768 / 4, f"sound has no such offset: {values.mean():g}"
        return
    pull = np.linalg.norm(values[:, :3].mean(axis=0)) / G
    assert 0.7 < pull < 1.3, f"expected 1 g, found {pull:.2f} g"


def hears_what_is_played(device: Device, player: Player, truth: Truth, seconds: float = 3.0) -> None:
    """A recording comes back from the sensor bit for bit. A host that was too busy to listen for a second, and was
    told so by a gap in the frames' sequence, listens again."""
    stream = truth.stream
    samples = stream.samples[: round(seconds * stream.rate_mhz / 1000)]
    device.start(0)
    try:
        for _ in range(ATTEMPTS):
            heard, gaps = _played(device, player, Track(samples, stream.rate_mhz), stream.sensor)
            if not gaps:
                break
    finally:
        device.stop(ALL)
    assert not gaps, f"expected all frames, found {gaps} missing in each of {ATTEMPTS} attempts"
    assert heard, "what was played is not what the sensor gave"


def _played(device: Device, player: Player, track: Track, sensor: str) -> tuple[bool, int]:
    """Whether the sensor gave the recording, and how many frames were missing. The board has used the recording up
    before its last frames are out, so they are waited for: the sensor goes on at rest."""
    frames: list[Data] = []
    wanted = track.samples.astype("<i2").tobytes()
    forget_what_came(device)
    with ThreadPoolExecutor(1) as executor:
        playing = executor.submit(player.play, {sensor: track})
        while not playing.done():
            frames += _frames(device, 0.05)
        assert playing.result() == 0, "samples were lost"
    end = time.monotonic() + waiting.PATIENCE_S
    while not (heard := wanted in b"".join(frame.payload for frame in frames)) and time.monotonic() < end:
        if any(frame.lost for frame in frames):
            break
        frames += _frames(device, 0.2)
    return heard, sum(frame.lost for frame in frames)


def _frames(device: Device, seconds: float) -> list[Data]:
    came = (arrival.message for arrival in device.arrivals(seconds))
    return [message for message in came if isinstance(message, Data) and message.stream.id == 0]
