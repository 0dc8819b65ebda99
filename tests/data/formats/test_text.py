"""Lines of numbers: nothing that can be read is thrown away, and everything else is counted."""

import numpy as np
import pytest
import speakers
from hypothesis import given
from hypothesis import strategies as st

from ml.data.formats import Fault, open_parser
from ml.data.formats.columns import read_header
from ml.data.formats.lines import MAX_LINE, Lines, number


@pytest.mark.parametrize(
    ("field", "value"),
    [("1e-3", 0.001), ("0x10", 16), ("-.5", -0.5), ("5.", 5), ("+7", 7), ("0b101", 5)],
)
def test_numbers_are_those_of_javascript(field, value):
    assert number(field) == value


@pytest.mark.parametrize("field", ["nan", "inf", "", "1,5", "1e999", "0x", "--1", "1_000", "١", "9" * 500])
def test_everything_else_is_no_number(field):
    assert number(field) is None


@pytest.mark.parametrize("format_", ["ei", "csv", "auto"])
@pytest.mark.parametrize("piece", [1, 13, 4000])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_are_read_whole(format_, piece, end):
    samples = speakers.motion(200)
    events = speakers.read(open_parser(format_), b"".join(speakers.text(samples, end)), piece)
    speakers.check_order(events)
    assert np.array_equal(speakers.values(events), samples)
    assert speakers.gaps(events) == []


@pytest.mark.parametrize("between", [" ", "\t", ", ", ",\t ", "  "])
def test_the_data_forwarder_takes_any_mark_between_values(between):
    line = between.join(["1.5", "-2", "3e2"]).encode() + b"\n"
    found = speakers.values(speakers.read(open_parser("ei"), line * 5))
    assert found.tolist() == [[1.5, -2, 300]] * 5


def test_half_a_line_at_the_start_is_left_out_and_is_no_fault():
    parser = open_parser("ei")
    lines = b"".join(speakers.text(speakers.motion(50)))
    events = speakers.read(parser, lines[3:])
    assert len(speakers.values(events)) in (49, 50)
    events = speakers.read(parser := open_parser("ei"), lines[12:])
    assert np.array_equal(speakers.values(events), speakers.motion(50)[1:])
    assert not parser.faults


def test_damaged_and_blank_lines_cost_themselves_and_not_the_recording():
    samples = speakers.motion(100)
    lines = speakers.text(samples)
    lines[20] = b"12,nan,3,4,5,6\r\n"
    lines[40] = b"1,2,3\r\n"
    lines[60:60] = [b"\r\n", b"hello from the board\r\n"]
    parser = open_parser("ei")
    events = speakers.read(parser, b"".join(lines))
    speakers.check_order(events)
    assert np.array_equal(speakers.values(events), np.delete(samples, [20, 40], axis=0))
    assert speakers.gaps(events) == [(20, 1), (39, 1)]
    assert parser.faults == {
        "malformed line": 1,
        "wrong number of values": 1,
        "blank line": 1,
        "line of text": 1,
    }


def test_an_error_of_the_board_is_passed_on():
    events = speakers.read(open_parser("ei"), b"1,2\n1,2\n1,2\nERR: no sensor\n1,2\n")
    assert [event.note for event in events if isinstance(event, Fault)] == ["ERR: no sensor"]
    assert len(speakers.values(events)) == 4


def test_another_number_of_columns_for_a_while_is_another_layout():
    lines = b"1,2,3\n" * 30 + b"1,2,3,4\n" * 60
    events = speakers.read(open_parser("ei"), lines)
    assert [len(layout.names) for layout in speakers.layouts(events)] == [3, 4]
    assert len([event for event in events if isinstance(event, speakers.Samples)]) > 1


HEADERS = {
    "ax,ay,az": (("ax", "ay", "az"), ("", "", ""), None),
    "A_X [mg] \t A_Y [mg] \t": (("A_X", "A_Y"), ("mg", "mg"), None),
    "Timestamp [us]\tA_X [LSB]\tA_X [mg]": (("A_X", "A_X"), ("LSB", "mg"), 0),
    "time_ms;x;y": (("x", "y"), ("", ""), 0),
    "x,timestamp_us": (("x",), ("",), 1),
    "millis,x": (("x",), ("",), 0),
    "timestamp,x": (("x",), ("",), None),
}


@pytest.mark.parametrize("line", HEADERS)
def test_header_lines_give_names_units_and_time(line):
    made = read_header(line)
    assert (made.names, made.units, made.time) == HEADERS[line]


@pytest.mark.parametrize("line", ["1,2,3", "", "a,,b", "a,1", "x,x", "-----", "," * 500])
def test_other_lines_are_no_header(line):
    assert read_header(line) is None


def timed(samples, step=10_000, start=0):
    rows = [f"{(start + i * step) % 2**32},{','.join(map(str, row))}" for i, row in enumerate(samples)]
    return [(row + "\n").encode() for row in rows]


HEADER = b"timestamp_us," + ",".join(speakers.NAMES).encode() + b"\n"


def test_the_boards_time_shows_what_is_missing_and_what_came_twice():
    samples = speakers.motion(100)
    lines = timed(samples, start=2**32 - 300_000)  # and it wraps
    line = lines[:40] + lines[43:60] + [lines[59]] + lines[60:]
    parser = open_parser("auto")
    events = speakers.read(parser, HEADER + b"".join(line))
    speakers.check_order(events)
    assert np.array_equal(speakers.values(events), np.delete(samples, [40, 41, 42], axis=0))
    assert speakers.gaps(events) == [(40, 3)]
    assert parser.faults["repeated sample"] == 1
    times = np.concatenate([event.device_us for event in events if isinstance(event, speakers.Samples)])
    assert (np.diff(times) > 0).all()


def test_a_header_again_means_that_the_board_started_again():
    lines = HEADER + b"".join(timed(speakers.motion(50)))
    parser = open_parser("csv")
    events = speakers.read(parser, lines * 2)
    assert len(speakers.values(events)) == 100
    assert speakers.gaps(events) == [(50, None)]
    assert parser.faults["board started again"] == 1


def test_words_before_the_header_and_decimal_commas_are_understood():
    data = b"Sensor ready\nsensor found, starting\ntime_ms;x;y\n" + b"".join(b"%d0;1,5;-2,25\n" % i for i in range(20))
    events = speakers.read(open_parser("csv"), data)
    assert speakers.values(events).tolist() == [[1.5, -2.25]] * 20
    assert speakers.layouts(events)[0].names == ("x", "y")


def test_an_empty_field_is_a_missing_value_and_shifts_nothing():
    parser = open_parser("csv")
    events = speakers.read(parser, b"x,y,z\n1,2,3\n1,,3\n1,2,3\n")
    assert speakers.values(events).tolist() == [[1, 2, 3]] * 2
    assert speakers.gaps(events) == [(1, 1)]


@given(st.lists(st.binary(max_size=300), max_size=10), st.booleans())
def test_lines_are_the_same_however_the_bytes_arrive(pieces, long):
    data = b"".join(pieces) + (b"x" * (MAX_LINE + 5) + b"\nend" if long else b"")
    once, bitwise = Lines(), Lines()
    whole = once.feed(data) + once.finish()
    assert [line for byte in data for line in bitwise.feed(bytes([byte]))] + bitwise.finish() == whole
    assert not long or whole[-1] == b"end"
