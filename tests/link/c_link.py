"""lib/link, compiled for the host, for the tests of both sides."""

import ctypes
import functools

from ml.link.frames import Frame
from ml.native.build import load
from ml.paths import ROOT

MAX_PAYLOAD = 768  # LINK_MAX_PAYLOAD
MAX_FRAME = MAX_PAYLOAD + 10
MAX_ENCODED = MAX_FRAME + MAX_FRAME // 254 + 3


class CFrame(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_uint8),
        ("stream", ctypes.c_uint8),
        ("sequence", ctypes.c_uint16),
        ("time_us", ctypes.c_uint32),
        ("payload", ctypes.c_void_p),
        ("size", ctypes.c_size_t),
    )


class CDecoder(ctypes.Structure):
    _fields_ = (
        ("buffer", ctypes.c_uint8 * MAX_ENCODED),
        ("filled", ctypes.c_size_t),
        ("text", ctypes.c_bool),
        ("overflow", ctypes.c_bool),
        ("frames", ctypes.c_uint32),
        ("errors", ctypes.c_uint32),
    )


class Cbor(ctypes.Structure):
    _fields_ = (
        ("out", ctypes.c_void_p),
        ("room", ctypes.c_size_t),
        ("size", ctypes.c_size_t),
        ("full", ctypes.c_bool),
    )


@functools.cache
def library() -> ctypes.CDLL:
    c = load(
        "link",
        sorted((ROOT / "lib/link/src").glob("*.c")),
        flags=["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"],
        structures={"link_frame": CFrame, "link_decoder": CDecoder},
    )
    c.link_encode.restype = ctypes.c_size_t
    c.link_encode.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    c.link_crc16.restype = ctypes.c_uint16
    c.link_crc16.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    c.link_decode.restype = ctypes.c_bool
    c.link_decode.argtypes = [ctypes.c_void_p, ctypes.c_uint8, ctypes.c_void_p]
    c.cbor_uint.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
    return c


def encode(frame: Frame) -> bytes:
    payload = (ctypes.c_uint8 * max(1, len(frame.payload))).from_buffer_copy(frame.payload or b"\0")
    c_frame = CFrame(
        frame.type, frame.stream, frame.sequence, frame.time_us, ctypes.addressof(payload), len(frame.payload)
    )
    out = (ctypes.c_uint8 * MAX_ENCODED)()
    return bytes(out[: library().link_encode(ctypes.byref(c_frame), out)])


def decode(data: bytes) -> tuple[list[Frame], int]:
    """The frames in the data and how many chunks were damaged."""
    decoder, frame, frames = CDecoder(), CFrame(), []
    library().link_decoder_init(ctypes.byref(decoder))
    for byte in data:
        if library().link_decode(ctypes.byref(decoder), byte, ctypes.byref(frame)):
            payload = ctypes.string_at(frame.payload, frame.size)
            frames.append(Frame(frame.type, frame.stream, frame.sequence, frame.time_us, payload))
    assert decoder.frames == len(frames)
    return frames, decoder.errors
