"""A frame that is encoded while its payload is made is the frame that is encoded at once."""

import ctypes
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.link.frames import MAX_PAYLOAD, Frame
from ml.native.build import ROOT, load

SOURCE = """
#include "link/stream.h"
#include <string.h>
static uint8_t *to;
static size_t made;
static void put(const uint8_t *bytes, size_t size) { memcpy(to + made, bytes, size); made += size; }
size_t encode(const uint8_t *payload, size_t size, size_t part, uint8_t type, uint16_t sequence, uint32_t time,
              uint8_t *out);
size_t encode(const uint8_t *payload, size_t size, size_t part, uint8_t type, uint16_t sequence, uint32_t time,
              uint8_t *out) {
    static link_stream stream;
    const link_frame head = {type, 3, sequence, time, NULL, 0};
    to = out, made = 0;
    link_stream_begin(&stream, &head, put);
    for (size_t at = 0; at < size; at += part)
        link_stream_bytes(&stream, payload + at, size - at < part ? size - at : part);
    link_stream_end(&stream);
    return made;
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    wrapper: Path = tmp_path_factory.mktemp("stream") / "wrapper.c"
    wrapper.write_text(SOURCE)
    made = load("link_stream", [*(ROOT / "lib/link/src" / f"{name}.c" for name in ("frame", "stream")), wrapper])
    pointer, size = ctypes.c_char_p, ctypes.c_size_t
    made.encode.argtypes = [pointer, size, size, ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32, pointer]
    made.encode.restype = size
    return made


ZEROS = st.binary(max_size=MAX_PAYLOAD) | st.integers(0, MAX_PAYLOAD).map(lambda n: b"\1" * n) | st.just(b"\0" * 300)


@given(payload=ZEROS, part=st.integers(1, 300), kind=st.integers(0, 255), number=st.integers(0, 65535))
def test_it_is_the_same_frame_in_parts_of_any_size(library, payload: bytes, part: int, kind: int, number: int) -> None:
    out = ctypes.create_string_buffer(MAX_PAYLOAD + 64)
    made = library.encode(payload, len(payload), part, kind, number, 0x01020304, out)
    assert out.raw[:made] == Frame(kind, 3, number, 0x01020304, payload).encode()
