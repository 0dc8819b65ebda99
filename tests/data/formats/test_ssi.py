"""SensiML's Simple Streaming Interface: every layout, every damage."""

import numpy as np
import pytest
import speakers
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.data.formats import open_parser
from ml.data.formats.packets import SequenceCheck, checksum

LAYOUTS = ("ssi-2", "ssi-a", "ssi-b")


def test_the_final_layout_has_exactly_these_bytes():
    made = speakers.encode("ssi-2", 1, 7, b"\x01\x02\x03\x04")
    assert made == bytes([0xFF, 10, 0, 0, 1, 7, 0, 0, 0, 1, 2, 3, 4, 1 ^ 7 ^ 1 ^ 2 ^ 3 ^ 4])
    assert speakers.encode("ssi-a", 0, 7, b"\x01\x02") == bytes([0xFF, 7, 0, 0, 0, 2, 0, 1, 2, 3])
    assert speakers.encode("ssi-b", 2, 7, b"\x01\x02") == bytes([0xFF, 2, 7, 0, 0, 0, 2, 0, 1, 2, 3])
    assert checksum(b"") == 0


@pytest.mark.parametrize("piece", [1, 7, 64, 5000])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("format_", ["ssi", "auto"])
def test_each_layout_is_recognised_and_read_whole(layout, piece, format_):
    samples = speakers.motion()
    parser = open_parser(format_)
    data = b"boot v1.2\r\n" + speakers.announcement() * 2 + b"".join(speakers.packets(samples, layout))
    events = speakers.read(parser, data, piece)
    speakers.check_order(events)
    assert np.array_equal(speakers.values(events), samples)
    assert speakers.replies(events)[0] == b"connect"
    assert speakers.gaps(events) == []
    (made,) = speakers.layouts(events)
    assert (made.names, made.rate_hz, made.protocol) == (speakers.NAMES, 100.0, layout)


@pytest.mark.parametrize("piece", [1, 64, 5000])
@pytest.mark.parametrize("columns", [1, 3, 6])
def test_version_1_is_read_whole(piece, columns):
    samples = speakers.motion(500, columns)
    data = speakers.announcement(1, columns) * 3 + samples.tobytes()
    events = speakers.read(open_parser("ssi"), data, piece)
    speakers.check_order(events)
    assert np.array_equal(speakers.values(events), samples)
    assert speakers.gaps(events) == []


def test_floats_are_read():
    samples = speakers.motion().astype("<f4") / 7
    data = speakers.announcement(data_type="float") + b"".join(speakers.packets(samples))
    assert np.array_equal(speakers.values(speakers.read(open_parser("ssi"), data)), samples)


def test_channels_are_streams_of_their_own():
    one, two = speakers.motion(60), speakers.motion(60, seed=1)
    pairs = zip(speakers.packets(one), speakers.packets(two, channel=3), strict=True)
    events = speakers.read(open_parser("ssi"), speakers.announcement() + b"".join(map(b"".join, pairs)))
    speakers.check_order(events)
    assert np.array_equal(speakers.values(events, 0), one)
    assert np.array_equal(speakers.values(events, 3), two)


def test_a_board_is_connected_again_when_it_did_not_hear():
    parser = open_parser("ssi")
    said = [speakers.replies(parser.feed(speakers.announcement(), second)) for second in (0.0, 0.5, 1.6, 3.0)]
    assert said == [[b"connect"], [], [b"connect"], [b"connect"]]


def test_a_board_that_streams_already_is_called_back_to_its_announcement():
    data = b"".join(speakers.packets(speakers.motion()))
    for format_ in ("ssi", "auto"):
        parser = open_parser(format_)
        assert b"disconnect" in speakers.replies(parser.feed(data, 1.0))
        events = parser.feed(data[5:40] + b"\n" + speakers.announcement() + data, 2.0) + parser.finish()
        assert len(speakers.values(events)) == 600


@pytest.mark.parametrize("layout", LAYOUTS)
def test_lost_repeated_and_swapped_packets_are_told_and_nothing_wrong_is_stored(layout):
    samples = speakers.motion()
    sent = speakers.packets(samples, layout)
    line = sent[:20] + sent[22:30] + [sent[29]] + sent[30:40] + [sent[41], sent[40]] + sent[42:]
    parser = open_parser("ssi")
    events = speakers.read(parser, speakers.announcement() + b"".join(line))
    speakers.check_order(events)
    gone = 240 if layout == "ssi-2" else 246  # without a checksum over its number the first of the two is not believed
    kept = np.delete(samples, [*range(120, 132), *range(gone, gone + 6)], axis=0)
    assert np.array_equal(speakers.values(events), kept)
    assert speakers.gaps(events) == [(120, 12), (gone - 12, 6)]
    assert parser.faults["missing packets"] == 3
    assert parser.faults["repeated packet"] == 1
    assert parser.faults["packet out of order"] == 1


@settings(max_examples=150)
@given(
    layout=st.sampled_from(LAYOUTS),
    damage=st.lists(
        st.tuples(st.sampled_from(["drop", "flip", "insert"]), st.integers(400, 9000), st.integers(1, 255)), max_size=6
    ),
    piece=st.integers(1, 700),
)
def test_whatever_bytes_are_damaged_what_is_stored_was_sent_and_what_is_missing_is_told(layout, damage, piece):
    samples = speakers.motion()
    line = bytearray(speakers.announcement() + b"".join(speakers.packets(samples, layout)))
    for number, (kind, place, value) in enumerate(damage):
        at = place % len(line)
        if at < 300:
            continue
        if kind == "drop":
            del line[at : at + value]
        elif kind == "flip":
            line[at] ^= 1 << number  # the same bit twice in a packet is more than any XOR can see
        else:
            line[at:at] = bytes([value])
    parser = open_parser("ssi")
    events = speakers.read(parser, bytes(line), piece)
    speakers.check_order(events)
    found = speakers.values(events)
    at = 0
    for event in events:
        if isinstance(event, speakers.Gap) and event.samples is not None:
            at += event.samples
        if isinstance(event, speakers.Samples):
            assert np.array_equal(event.values, samples[at : at + len(event.values)])
            at += len(event.values)
    lost_at_the_end = len(samples) - at
    assert lost_at_the_end >= 0
    assert len(found) >= len(samples) - 6 * 25 * max(1, len(damage))
    if len(found) < len(samples):
        assert sum(parser.faults.values())


def test_a_reset_of_the_board_is_told_and_the_stream_goes_on():
    samples = speakers.motion(120)
    for version, body in ((1, samples.tobytes()), (2, b"".join(speakers.packets(samples)))):
        parser = open_parser("ssi")
        cut = body[: len(body) * 2 // 3 + 3]
        events = speakers.read(parser, speakers.announcement(version) + cut + speakers.announcement(version) + body)
        speakers.check_order(events)
        assert parser.faults["board started again"] == 1
        assert (
            len(speakers.values(events))
            == len(cut) * 120 // len(body) // (6 if version == 2 else 1) * (6 if version == 2 else 1) + 120
        )
        assert np.array_equal(speakers.values(events)[-120:], samples)
        assert None in [missing for _, missing in speakers.gaps(events)]


@pytest.mark.parametrize("lost", [1, 3, 5, 11, 13])
def test_version_1_out_of_step_is_noticed_and_put_right(lost):
    samples = speakers.motion(1000)
    body = samples.tobytes()
    events = speakers.read(open_parser("ssi"), speakers.announcement(1) + body[:5000] + body[5000 + lost :])
    speakers.check_order(events)
    found = speakers.values(events).astype(int)
    assert None in [missing for _, missing in speakers.gaps(events)]
    assert np.abs(np.diff(found, axis=0)).max(initial=0) < 20000  # no bytes that changed places
    assert len(found) > 850


def judged(check, *numbers):
    return [check.judge(number) for number in numbers]


GOOD, STRANGE = ("", 0), ("packet out of order", 0)


def test_a_damaged_number_is_no_leap_and_a_board_that_counts_from_the_start_again_is_believed():
    assert judged(SequenceCheck(), 5, 6 ^ 0x4000_0000, 7, 7) == [GOOD, STRANGE, ("", 1), ("repeated packet", 0)]
    assert judged(SequenceCheck(), 500, 1, 2) == [GOOD, ("", None), GOOD]
    assert judged(SequenceCheck(), 500, 3, 4, 5) == [GOOD, STRANGE, STRANGE, ("", None)]
    assert judged(SequenceCheck(), 2**32 - 1, 0) == [GOOD, GOOD]
    assert judged(SequenceCheck(checked=False), 7, 8, 9, 10) == [STRANGE, STRANGE, GOOD, GOOD]
    unsure = SequenceCheck(checked=False)
    assert [unsure.judge(1, 2), unsure.judge(6, 3), unsure.judge(3, 4)] == [GOOD, STRANGE, ("", 1)]
