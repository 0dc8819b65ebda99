"""Frames as lines for a person."""

import struct

import cbor2
from hypothesis import given
from hypothesis import strategies as st
from test_messages import INFO, TELEMETRY

from ml.link.frames import Frame
from ml.link.messages import Type
from ml.link.readable import Readable


def info(uptime_us: int, sequence: int = 0) -> bytes:
    payload = cbor2.dumps(INFO | {"uptime_us": uptime_us})
    return Frame(Type.INFO, 0, sequence, uptime_us, payload).encode()


def telemetry(uptime_us: int, sequence: int = 0, **changes) -> bytes:
    payload = cbor2.dumps(TELEMETRY | dict.fromkeys(("missed", "overruns", "dropped", "errors"), 0) | changes)
    return Frame(Type.TELEMETRY, 0, sequence, uptime_us, payload).encode()


def test_session_info_is_shown_once_and_again_after_a_restart():
    readable = Readable()
    first = readable.feed(info(5_000_000))
    assert first == [
        "gesture_recognition on virtual",
        "model m 0000000000000000: 3 layers, arena 999 B",
        "classes: still, wave",
    ]
    assert readable.feed(info(6_000_000, 1)) == []
    assert readable.feed(info(1_000)) == first


def test_why_the_board_restarted_and_how_much_it_is_awake_are_shown():
    readable = Readable()
    payload = cbor2.dumps(INFO | {"uptime_us": 7, "build": "b", "reset": "watchdog"})
    first, *_ = readable.feed(Frame(Type.INFO, payload=payload).encode())
    assert first == "gesture_recognition on virtual, build b, reset watchdog"
    (line,) = readable.feed(telemetry(1_000_000, slept_us=975_000, since_us=1_000_000))
    assert line.endswith("awake 2.5% of the time")


def test_an_event_has_its_name_time_and_latency():
    readable = Readable()
    readable.feed(info(0))
    event = struct.pack("<BBIIIII", 1, 230, 7, 1, 25_000, 3, 1500)
    (line,) = readable.feed(Frame(Type.EVENT, time_us=2_345_678, payload=event).encode())
    assert line == "     2.346 s  wave  score 230/255, latency 1.50 ms, inference 1.00 ms"


def test_events_of_unknown_classes_are_shown_by_number():
    event = struct.pack("<BBIIIII", 200, 230, 7, 1, 2, 3, 1500)
    (line,) = Readable().feed(Frame(Type.EVENT, payload=event).encode())
    assert "class 200" in line


def test_telemetry_is_shown_every_ten_seconds_and_when_something_goes_wrong():
    readable = Readable()
    readable.feed(info(0))
    shown = [len(readable.feed(telemetry(second * 1_000_000, second))) for second in range(1, 22)]
    assert [second for second, lines in enumerate(shown, 1) if lines] == [1, 11, 21]
    (line,) = readable.feed(telemetry(22_000_000, 22, missed=1))
    assert "missed 1" in line
    assert readable.feed(telemetry(23_000_000, 23, missed=1)) == []


def test_a_gate_is_shown_with_how_long_it_was_open():
    readable = Readable()
    readable.feed(info(0))
    (line,) = readable.feed(telemetry(1_000_000, 1, asleep=6, gate=[0, 10, 4, 2]))
    assert "gate closed, open 40.0% of the time, 6 windows asleep" in line


def test_text_passes_unchanged():
    assert Readable().feed("fault: 3 \u00b5s\r\nnext\n".encode()) == ["fault: 3 \u00b5s", "next"]


def test_losses_are_told():
    readable = Readable()
    readable.feed(info(0) + telemetry(1, 1))
    assert "(3 frames were lost or damaged on the way)" in readable.feed(telemetry(2, 5))


@given(
    st.lists(st.binary(max_size=50) | st.builds(Frame, st.sampled_from(list(Type)), payload=st.binary()), max_size=9)
)
def test_no_bytes_upset_it(parts):
    readable = Readable()
    for part in parts:
        readable.feed(part if isinstance(part, bytes) else part.encode())


def test_a_change_of_the_sensors_health_is_a_line_and_shown_once():
    readable = Readable()
    readable.feed(info(0))
    ill = {"reasons": ["dead"], "channels": [1, 2], "answers": 0, "withheld": 3}
    told = Frame(Type.HEALTH, time_us=2_500_000, payload=cbor2.dumps(ill)).encode()
    line = "     2.500 s  sensor: dead (ay gx); no answers until it is well (docs/health.md)"
    assert readable.feed(told) == [line]
    assert [each for each in readable.feed(telemetry(3_000_000, health=ill)) if "sensor" in each] == []
    well = {"reasons": [], "channels": [], "answers": 1, "withheld": 0}
    (line,) = readable.feed(telemetry(4_000_000, 1, health=well))  # the message itself was lost
    assert line.endswith("sensor: well")


def test_a_monitor_that_begins_late_tells_of_a_sick_sensor_and_a_harmless_reason_is_called_so():
    readable = Readable()
    readable.feed(info(0))
    ill = {"reasons": ["offset"], "channels": [200], "answers": 1, "withheld": 0}
    (line,) = readable.feed(telemetry(9_000_000, health=ill))
    assert line.endswith("sensor: offset; the application answers all the same (docs/health.md)")
