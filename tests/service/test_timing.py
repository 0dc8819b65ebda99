"""What each window cost, how long the processor slept, what became of the arena, and how the board last started."""

import numpy as np
import pytest
from memory_device import AXES, CLASSES, GUARD, HOP, INPUT, WINDOW, Ears, MemoryDevice

from ml.link.messages import Command, Info, Status, Telemetry, Type
from ml.link.payloads import parse_info, parse_telemetry
from ml.link.session import Data, Session

TIMING = 2  # stream
COLUMNS = ("window", "awake", "frontend", "inference", "decide", "latency", "slept")
STILL = np.zeros((40, AXES), np.int16)
CAUSES = ("unknown", "power", "pin", "software", "watchdog", "brownout", "fault")  # board_reset_cause
ARENA = INPUT + AXES + CLASSES + CLASSES


def rows(frames: list) -> list[dict[str, int]]:
    """Of the timing, one a frame."""
    found = [frame for frame in frames if (frame.type, frame.stream) == (Type.DATA, TIMING)]
    return [dict(zip(COLUMNS, np.frombuffer(frame.payload, "<u4").tolist(), strict=True)) for frame in found]


def telemetry(device: MemoryDevice) -> Telemetry:
    return parse_telemetry(device.ask(Command.GET_STATS))


def info(device: MemoryDevice) -> Info:
    return parse_info(next(frame for frame in device.turn(us=1_000_001) if frame.type == Type.INFO).payload)


@pytest.fixture
def device():
    device = MemoryDevice()
    device.ask(Command.START, bytes([TIMING]))
    return device


def test_each_window_has_a_row_asleep_or_not(device):
    device.board.work_us = 123
    device.board.still = True
    asleep = rows(device.sense(STILL[:WINDOW]))
    device.board.still = False
    awake = rows(device.sense(STILL[: 2 * HOP]))
    assert [(row["window"], row["awake"], row["latency"]) for row in asleep + awake] == [
        (1, 0, 0),
        (2, 1, 123),
        (3, 1, 123),
    ]
    assert {(row["frontend"], row["inference"], row["decide"]) for row in asleep + awake} == {(1, 2, 3)}


def test_the_host_reads_rows_by_the_names_of_their_columns(device):
    session, stream = Session(), b""
    for row in STILL[:WINDOW]:
        device.board.sensor[0].axis[:] = row.tolist()
        device.board.sensor_first, device.board.sensor_end = 0, 1
        stream += device.turn_once(us=200_000)
    stream += device.turn_once(us=0)
    (data,) = [arrival.message for arrival in session.feed(stream) if isinstance(arrival.message, Data)]
    assert tuple(channel.name for channel in data.stream.channels) == COLUMNS
    assert {c.unit for c in data.stream.channels} == {"", "cycles", "us"}
    assert data.samples[0, 0] == 1


def test_the_time_of_a_row_is_that_of_the_windows_last_sample(device):
    device.board.work_us = 500
    frames = device.sense(STILL[:WINDOW])
    (frame,) = [frame for frame in frames if (frame.type, frame.stream) == (Type.DATA, TIMING)]
    assert frame.time_us == device.board.now_us - 500


def test_a_row_says_how_long_the_processor_slept_since_the_row_before(device):
    device.sense(STILL[:WINDOW])
    device.board.sleep_us = 70
    device.turn(3)
    device.board.sleep_us = 0
    assert [row["slept"] for row in rows(device.sense(STILL[: 2 * HOP]))] == [3 * 70, 0]


def test_windows_are_counted_while_nobody_listens():
    device = MemoryDevice()
    device.sense(STILL[: WINDOW + HOP])
    device.board.sleep_us = 10
    device.turn(5)
    device.board.sleep_us = 0
    device.sense(STILL[:HOP])
    device.ask(Command.START, bytes([TIMING]))
    (row,) = rows(device.sense(STILL[:HOP]))
    assert (row["window"], row["slept"]) == (4, 0)


def test_an_application_without_windows_has_no_timing():
    assert [stream.name for stream in info(Ears()).streams] == ["mic", "accel"]


def test_telemetry_says_how_long_the_processor_slept_since_the_statistics_were_reset():
    device = MemoryDevice()
    device.board.sleep_us = 3000
    device.turn(100, us=1000)
    device.board.sleep_us = 0
    found = telemetry(device)
    assert (found.slept_us, found.since_us) == (300_000, 400_000)
    assert found.duty == pytest.approx(0.25)
    device.ask(Command.RESET_STATS)
    device.turn(10, us=1000)
    found = telemetry(device)
    assert (found.slept_us, found.since_us, found.duty) == (0, 10_000, 1)


def test_sleep_is_counted_across_the_wrap_of_the_clock():
    device = MemoryDevice()
    device.board.sleep_us = 2**31
    device.turn(4, us=0)
    device.board.sleep_us = 0
    assert telemetry(device).slept_us == 4 * 2**31


@pytest.mark.parametrize("cause", CAUSES)
def test_session_info_says_why_the_board_started(cause):
    device = MemoryDevice()
    device.board.cause = CAUSES.index(cause)
    assert info(device).reset == cause


def test_the_watchdog_is_started_once_and_fed_in_every_turn():
    device = MemoryDevice()
    assert (device.board.watchdog_ms, device.board.fed) == (8000, 0)
    device.turn(10)
    assert device.board.fed == 10


def test_the_arena_is_known_to_be_untouched_then_used_to_its_end():
    device = MemoryDevice()
    device.board.still = True
    device.sense(STILL[:WINDOW])
    assert telemetry(device).arena == 0
    device.board.still = False
    device.sense(STILL[:HOP])
    assert telemetry(device).arena == ARENA == info(device).model.arena


@pytest.mark.parametrize("beyond", [1, 5, GUARD])
def test_a_layer_that_writes_beyond_the_arena_shows(beyond):
    device = MemoryDevice()
    device.board.beyond = beyond
    device.sense(STILL[:WINDOW])
    assert telemetry(device).arena == ARENA + beyond


@pytest.mark.parametrize("kind", [0, 1, 2, 3])
def test_firmware_that_was_not_built_for_it_does_not_break_on_request(kind):
    reply, _ = MemoryDevice().command(Command.PROVOKE, bytes([kind]))
    assert reply.status == Status.UNSUPPORTED
