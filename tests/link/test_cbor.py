"""The C writer of CBOR against the reader of the cbor2 package."""

import ctypes

import c_link
import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

values = st.recursive(
    st.integers(0, 2**64 - 1) | st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=30),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text("abc", max_size=5), inner, max_size=5),
    max_leaves=20,
)


def write(value, room: int) -> tuple[bytes, bool]:
    """The bytes, and whether they did not fit."""
    memory = (ctypes.c_uint8 * (room + 8))(*b"\x5a" * (room + 8))
    writer = c_link.Cbor(ctypes.addressof(memory), room, 0, False)
    put(ctypes.byref(writer), value)
    assert bytes(memory[room:]) == b"\x5a" * 8
    return bytes(memory[: writer.size]), writer.full


def put(writer, value) -> None:
    c = c_link.library()
    if isinstance(value, int):
        c.cbor_uint(writer, value)
    elif isinstance(value, str):
        c.cbor_text(writer, value.encode())
    elif isinstance(value, list):
        c.cbor_array(writer, len(value))
        for item in value:
            put(writer, item)
    else:
        c.cbor_map(writer, len(value))
        for key, item in value.items():
            put(writer, key)
            put(writer, item)


@given(values)
@example([0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1])
def test_bytes_are_those_of_the_reference(value):
    assert write(value, 100_000) == (cbor2.dumps(value), False)


@pytest.mark.parametrize("room", range(0, 14))
def test_what_does_not_fit_is_left_out_and_remembered(room):
    whole = cbor2.dumps({"name": [1, 1000]})
    data, full = write({"name": [1, 1000]}, room)
    assert full == (room < len(whole))
    assert whole.startswith(data)
