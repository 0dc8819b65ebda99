"""Both sides of the link against the same vectors, and against each other on hostile bytes."""

import json
from pathlib import Path

import c_link
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ml.link.frames import MAX_LINE, MAX_PAYLOAD, TEXT, Decoder, Frame, crc16

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text())

frames = st.builds(
    Frame,
    type=st.integers(0, 0x1F).filter(lambda t: t not in TEXT),
    stream=st.integers(0, 255),
    sequence=st.integers(0, 65535),
    time_us=st.integers(0, 2**32 - 1),
    payload=st.binary(max_size=c_link.MAX_PAYLOAD),
)
text_bytes = st.lists(st.sampled_from(sorted(TEXT)), max_size=40).map(bytes)


def decode(data: bytes) -> tuple[list[Frame | str], int]:
    decoder = Decoder()
    return list(decoder.feed(data)), decoder.errors


def frame_of(vector: dict) -> Frame:
    return Frame(**vector["frame"] | {"payload": bytes.fromhex(vector["frame"]["payload"])})


@pytest.mark.parametrize("vector", VECTORS["frames"], ids=lambda v: v["name"])
def test_frame_has_exactly_these_bytes(vector):
    frame, data = frame_of(vector), bytes.fromhex(vector["bytes"])
    assert frame.encode() == c_link.encode(frame) == data
    assert decode(data) == c_link.decode(data) == ([frame], 0)


@pytest.mark.parametrize("vector", VECTORS["lines"], ids=lambda v: v["name"])
def test_line_yields_exactly_these_frames_text_and_errors(vector):
    data = bytes.fromhex(vector["bytes"])
    items, errors = decode(data)
    found = [item if isinstance(item, str) else item.payload.hex() for item in items]
    assert (found, errors) == (vector["yields"], vector["errors"])
    assert c_link.decode(data) == ([item for item in items if isinstance(item, Frame)], errors)


def test_checksum_is_crc_16_ibm_3740():
    assert crc16(b"123456789") == c_link.library().link_crc16(b"123456789", 9) == 0x29B1


@given(frames)
def test_both_sides_write_the_same_bytes_and_read_them_back(frame):
    data = frame.encode()
    assert c_link.encode(frame) == data
    assert decode(data) == c_link.decode(data) == ([frame], 0)


@pytest.mark.parametrize("size", [0, 1, 243, 244, 245, 246, 498, 499, 500, 752, 753, 754, 767, 768])
@pytest.mark.parametrize("byte", [0x00, 0x01, 0xFF])
def test_payloads_around_the_block_limits_survive(size, byte):
    frame = Frame(1, payload=bytes([byte]) * size)
    assert c_link.encode(frame) == frame.encode()
    assert decode(frame.encode()) == c_link.decode(frame.encode()) == ([frame], 0)


def test_payloads_that_are_too_long_are_refused_by_both_sides():
    assert c_link.encode(Frame(1, payload=bytes(c_link.MAX_PAYLOAD + 1))) == b""
    for size in (MAX_PAYLOAD + 1, 5000):
        data = Frame(1, payload=b"\xaa" * size).encode()
        assert decode(data) == c_link.decode(data) == ([], 1)


def test_text_between_frames_comes_out_as_lines():
    frame = Frame(2, payload=b"\n\r\t")
    data = b"hello\r\nworld" + frame.encode() + "3 \u00b0C\n".encode() + frame.encode() + b"bye\n"
    assert decode(data) == (["hello", "world", frame, "3 \u00b0C", frame, "bye"], 0)
    assert c_link.decode(data) == ([frame, frame], 0)


def test_text_is_shown_as_soon_as_its_line_ends():
    decoder = Decoder()
    assert list(decoder.feed(b"fault at 0x1234\n")) == ["fault at 0x1234"]


def test_long_text_comes_in_pieces_of_bounded_size():
    items, errors = decode(b"a" * (MAX_LINE * 2 + 5) + b"\n")
    assert (items, errors) == (["a" * MAX_LINE, "a" * MAX_LINE, "a" * 5], 0)


@given(st.lists(frames | text_bytes, max_size=5), st.data())
def test_result_does_not_depend_on_how_the_bytes_arrive(items, data):
    line = b"".join(item.encode() if isinstance(item, Frame) else item for item in items)
    line = bytearray(line + data.draw(st.binary(max_size=30)))
    for at in data.draw(st.lists(st.integers(0, max(0, len(line) - 1)), max_size=3)):
        line[at : at + 1] = data.draw(st.binary(max_size=2))
    decoder, found, size = Decoder(), [], data.draw(st.integers(1, 20))
    for start in range(0, len(line), size):
        found += decoder.feed(bytes(line[start : start + size]))
    assert (found, decoder.errors) == decode(bytes(line))


@given(st.binary(max_size=200), frames)
@example(b"text without an end", Frame(1))
@example(b"\x05", Frame(1))
def test_any_bytes_before_a_frame_leave_it_whole(noise, frame):
    found, errors = decode(noise + frame.encode())
    assert found[-1] == frame
    assert c_link.decode(noise + frame.encode()) == ([item for item in found if isinstance(item, Frame)], errors)


@given(frames, st.data())
def test_a_changed_byte_is_counted_and_the_next_frame_arrives(frame, data):
    line = bytearray(frame.encode())
    at = data.draw(st.integers(1, len(line) - 2))
    line[at] ^= data.draw(st.integers(1, 255))
    intact = Frame(3, payload=b"next")
    items, errors = decode(bytes(line) + intact.encode())
    found = [item for item in items if isinstance(item, Frame)]
    assert found == [intact]
    assert errors >= 1 or any(isinstance(item, str) for item in items)
    assert c_link.decode(bytes(line) + intact.encode()) == ([intact], errors)


@given(frames, st.data())
def test_a_lost_tail_costs_one_frame_only(frame, data):
    line = frame.encode()
    kept = line[: data.draw(st.integers(0, len(line) - 2))]
    intact = Frame(3, payload=b"next")
    assert [item for item in decode(kept + intact.encode())[0] if isinstance(item, Frame)] == [intact]
    assert c_link.decode(kept + intact.encode())[0] == [intact]
