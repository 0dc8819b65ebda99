"""What a host makes of frames that arrive: time, gaps, restarts."""

import cbor2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_messages import INFO, TELEMETRY

from ml.link.frames import Frame
from ml.link.messages import Type
from ml.link.session import Data, Session


def info(uptime_us: int, sequence: int = 0, reset: str = "power") -> bytes:
    payload = cbor2.dumps(INFO | {"uptime_us": uptime_us, "reset": reset})
    return Frame(Type.INFO, sequence=sequence, time_us=uptime_us % 2**32, payload=payload).encode()


def row(sequence: int, time_us: int = 0, rows: int = 1, stream: int = 0) -> bytes:
    payload = np.arange(rows * 3, dtype="<i2").tobytes()
    return Frame(Type.DATA, stream, sequence, time_us, payload).encode()


@given(st.integers(0, 2**44), st.lists(st.integers(-(10**6), 2**31 - 10**7), max_size=20))
def test_device_time_goes_on_beyond_its_32_bits(start, steps):
    session, time = Session(), start
    list(session.feed(info(start)))
    for i, step in enumerate(steps):
        time = max(0, time + step)
        (arrival,) = session.feed(row(i, time % 2**32))
        assert arrival.time_us == time
        time = max(time, session._now_us)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=30))
def test_gaps_in_the_sequence_are_counted_exactly(gaps):
    session, sequence, lost = Session(), 65_500, 0
    list(session.feed(info(0) + row(sequence)))
    for gap in gaps:
        sequence = (sequence + 1 + gap) % 2**16
        (arrival,) = session.feed(row(sequence))
        assert arrival.message.lost == gap
        lost += gap
    assert session.lost.total() == lost


@given(st.integers(0, 2**16 - 1), st.integers(1, 100))
def test_a_frame_that_comes_again_or_late_is_no_gap(first, behind):
    session = Session()
    list(session.feed(info(0) + row(first)))
    (arrival,) = session.feed(row((first - behind) % 2**16))
    assert (arrival.message.lost, arrival.message.sequence) == (0, (first - behind) % 2**16)
    (arrival,) = session.feed(row((first + 1) % 2**16))
    assert (arrival.message.lost, session.lost.total()) == (0, 0)


def test_streams_are_counted_apart():
    session = Session()
    list(session.feed(info(0) + row(1)))
    payload = bytes([5, 6])
    list(session.feed(Frame(Type.DATA, 1, 9, payload=payload).encode() + row(2)))
    assert session.lost.total() == 0


def test_a_restart_is_noticed_and_costs_no_gap():
    session = Session()
    list(session.feed(info(5_000_000, 5) + row(7) + info(1000, 0) + row(0)))
    assert (session.restarts, session.lost.total()) == (1, 0)


@pytest.mark.parametrize(
    ("again", "restarts"), [(info(1000, 0), 0), (info(1000, 0, "watchdog"), 1), (info(1500, 0), 1)]
)
def test_a_restart_is_noticed_where_the_board_had_only_just_started(again, restarts):
    session = Session()
    list(session.feed(info(1000, 0) + again))
    assert (session.restarts, session.lost.total()) == (restarts, 0)


def test_samples_have_the_shape_and_format_of_their_stream():
    session = Session()
    *_, arrival = session.feed(info(0) + row(0, rows=4))
    assert isinstance(arrival.message, Data)
    assert arrival.message.samples.tolist() == np.arange(12).reshape(4, 3).tolist()


def test_frames_that_make_no_sense_are_counted_and_passed_over():
    session = Session()
    bad = [
        Frame(Type.DATA, 7, payload=b"12").encode(),
        Frame(Type.DATA, 0, payload=b"12345").encode(),
        Frame(Type.INFO, payload=b"no").encode(),
        Frame(Type.TELEMETRY, payload=cbor2.dumps(TELEMETRY | {"windows": "x"})).encode(),
        Frame(Type.EVENT, payload=b"short").encode(),
    ]
    assert len(list(session.feed(info(0) + b"".join(bad)))) == 1
    assert session.unreadable == len(bad)


@given(st.lists(st.builds(Frame, st.sampled_from(list(Type)), st.integers(0, 2), payload=st.binary(max_size=40))))
def test_no_frames_upset_the_session(frames):
    session = Session()
    list(session.feed(info(0) + b"".join(frame.encode() for frame in frames)))
