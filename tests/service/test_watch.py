"""While the sensor is not believable the application sees none of its rows; the host is told, and when it is over."""

import ctypes

import numpy as np
import pytest
from memory_device import AXES, MemoryDevice

from ml.link.messages import Command, Health, Telemetry, Type
from ml.link.payloads import parse_event, parse_health, parse_telemetry

G, RATE_HZ, WINDOW = 2048, 1000, 250  # rows in a window of the watch
ALL = tuple(range(AXES))


def rows(count: int, *gravity: int, noise: float = 2) -> np.ndarray:
    """int16 (n, 6) of a device that rests, with its gravity."""
    made = np.random.default_rng(count).normal(0, noise, (count, AXES))
    made[:, :3] += gravity or (0, 0, G)
    return np.round(made).astype(np.int16)


def frozen(count: int, *gravity: int) -> np.ndarray:
    return rows(count, *gravity, noise=0)


def told(frames: list) -> list[tuple[float, Health]]:
    """(seconds, health) of each LINK_HEALTH."""
    return [(frame.time_us / 1e6, parse_health(frame.payload)) for frame in frames if frame.type == Type.HEALTH]


def telemetry(device: MemoryDevice) -> Telemetry:
    return parse_telemetry(device.ask(Command.GET_STATS))


@pytest.fixture
def device():
    watched = ctypes.c_bool.in_dll(MemoryDevice().c, "test_watched")
    watched.value = True
    yield MemoryDevice()
    watched.value = False


def test_a_frozen_sensor_is_told_and_gives_no_windows_until_it_lives_again(device):
    frames = device.sense(np.concatenate([rows(1000), frozen(2000)]))
    ((when, health),) = told(frames)
    assert (health.reasons, health.channels, health.answers) == (("stuck",), ALL, False)
    assert 1 < when <= 3
    before = telemetry(device)
    assert before.health == health
    device.sense(frozen(500))
    assert telemetry(device).windows == before.windows
    frames = device.sense(rows(2000))
    ((when, health),) = told(frames)
    assert health == Health()
    assert 3.5 < when <= 5.5
    assert telemetry(device).windows > before.windows


def test_when_it_lives_again_everything_starts_afresh(device):
    device.sense(np.concatenate([rows(1000), frozen(2000)]))
    frames = device.sense(rows(3000, 0, -G, 0))
    ((when, _),) = told(frames)
    events = [(frame.time_us / 1e6, parse_event(frame.payload)) for frame in frames if frame.type == Type.EVENT]
    assert events[0][0] >= when
    assert events[0][1].window < 4  # counted from there


def test_an_event_is_held_back_while_the_sensor_is_in_doubt(device):
    device.sense(frozen(3 * WINDOW))
    frames = device.sense(frozen(20, 0, -G, 0))
    assert not told(frames)
    assert [frame for frame in frames if frame.type == Type.EVENT] == []
    counted = telemetry(device)
    assert (counted.events, counted.health.withheld) == (0, 1)


def test_the_same_event_comes_from_a_sensor_that_lives(device):
    device.sense(rows(3 * WINDOW))
    frames = device.sense(rows(20, 0, -G, 0))
    assert [parse_event(frame.payload).class_id for frame in frames if frame.type == Type.EVENT] == [1]


def test_the_rows_of_a_host_are_watched_too_and_the_sensor_begins_well(device):
    device.ask(Command.INJECT_BEGIN, bytes(4))
    windows = [device.command(Command.INJECT, frozen(60).tobytes())[0].data for _ in range(40)]
    assert windows[0] > bytes(2)
    assert windows[-1] == bytes(2)
    assert telemetry(device).health.reasons == ("stuck",)
    device.ask(Command.INJECT_END)
    device.sense(rows(10))
    assert telemetry(device).health == Health()


@pytest.mark.parametrize("period_us", [900, 1111, 2000])
def test_a_sensor_that_keeps_another_rate_is_told(device, period_us):
    frames = [frame for row in rows(4000) for frame in device.sense(row[None], period_us)]
    (when, health), *_ = told(frames)
    assert (health.reasons, health.answers) == (("rate",), False)
    assert when <= 2


def test_a_sensor_that_falls_silent_is_told_and_its_return_too(device):
    device.sense(rows(2000))
    ((when, health),) = told(device.turn(3000))
    assert health.reasons == ("rate",)
    assert when <= 4
    ((_, health),) = told(device.sense(rows(3000)))
    assert health == Health()


def test_nobody_watches_unless_the_application_asks_for_it():
    device = MemoryDevice()
    assert told(device.sense(frozen(3000))) == []
    assert telemetry(device).health is None
