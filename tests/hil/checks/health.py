"""A board watches its sensor: one that works is well, and one that breaks is told and no longer believed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ml.link.device import Device
from ml.link.messages import Event, Health, Telemetry
from ml.link.sensor_bus import Player, Track
from ml.link.session import Arrival
from tests.hil.checks import waiting
from tests.hil.truths import Truth

LATEST_S = 2.0
DOUBT_S = 0.8  # until events are held back: two windows of a quarter of a second, and the one in which it broke
BROKEN_S = 5.0
Break = Callable[[np.ndarray], np.ndarray]


def is_well(device: Device) -> None:
    """After two seconds or more of listening to its sensor."""
    assert device.info.fault == "", f"expected no fault, found {device.info.fault}"
    found = device.statistics().health
    assert found, "expected a board that watches its sensor"
    assert not found.reasons, f"expected a sensor that is well, found it {', '.join(found.reasons)}"


def _frozen(rows: np.ndarray) -> np.ndarray:
    return np.repeat(rows[:1], len(rows), axis=0)


def _without(*axes: int) -> Break:
    return lambda rows: np.where(np.isin(np.arange(rows.shape[1]), axes), 0, rows)


def _again(count: int) -> Break:
    return lambda rows: np.resize(rows[:count], rows.shape)


FAULTS: dict[str, dict[str, Break]] = {
    "gesture_recognition": {"stuck": _frozen, "dead": _without(3, 4, 5), "repeating": _again(10)},
    "fall_detection": {"gravity": lambda rows: rows // 8, "stuck": _frozen},
    "vibration_anomaly": {"dead": _without(1), "stuck": _frozen},
    "keyword_spotting": {"stuck": lambda rows: rows * 0, "repeating": _again(1024)},
}


def a_broken_sensor_is_not_believed(device: Device, player: Player, truth: Truth) -> None:
    """The stream, then pieces of it that are broken in several ways, then the stream again."""
    stream, faults = truth.stream, FAULTS[truth.shipped.app.name]
    rate_hz, good = stream.rate_mhz / 1000, stream.samples
    piece = good[: round(BROKEN_S * rate_hz)]
    broken = [change(piece).astype(np.int16) for change in faults.values()]
    heard = _played(device, player, stream.sensor, Track(np.concatenate([good, *broken, good]), stream.rate_mhz))
    told = [(arrival.time_us / 1e6, arrival.message) for arrival in heard if isinstance(arrival.message, Health)]
    events = [arrival.time_us / 1e6 for arrival in heard if isinstance(arrival.message, Event)]
    breaks_s = len(good) / rate_hz
    heals_s = breaks_s + len(faults) * len(piece) / rate_hz
    for number, reason in enumerate(faults):
        onset_s = breaks_s + number * len(piece) / rate_hz
        when = [time for time, health in told if reason in health.reasons and not health.answers and time > onset_s]
        assert when and when[0] <= onset_s + LATEST_S, f"{reason} at {onset_s:g} s: told {when[:1]}, of {told}"
    assert told[0][0] > breaks_s, f"a sensor that works is called {told[0][1].reasons} after {told[0][0]:g} s"
    well = [time for time, health in told if not health.reasons and time > heals_s]
    assert well and well[0] <= heals_s + LATEST_S, f"expected it well within {LATEST_S:g} s, found {told}"
    assert [time for time in events if breaks_s + DOUBT_S < time < well[0]] == [], "an event of a broken sensor"
    assert [time for time in events if time < breaks_s], "a stream without events proves nothing"
    assert [time for time in events if time > well[0]], "expected events again, found none"


def _played(device: Device, player: Player, sensor: str, track: Track) -> list[Arrival]:
    """All that came from the restart on, the telemetry after the last sample included."""
    heard: list[Arrival] = []
    waiting.forget_what_came(device)
    with ThreadPoolExecutor(1) as executor:
        playing = executor.submit(player.play, {sensor: track}, restart=True)
        while not playing.done():
            heard += device.arrivals(0.05)
        assert playing.result() == 0, "samples were lost"
    end_us = 1e9 * len(track.samples) / track.rate_mhz
    for arrival in device.arrivals(waiting.PATIENCE_S):
        heard.append(arrival)
        if isinstance(arrival.message, Telemetry) and arrival.time_us > end_us:
            return heard
    raise AssertionError(f"expected telemetry after the recording within {waiting.PATIENCE_S:g} s, found none")
