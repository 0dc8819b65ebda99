"""The numbers of both sides are the same, and hostile payloads are refused in an orderly way."""

import contextlib
import re
import struct

import cbor2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.errors import UserError
from ml.link import protocol
from ml.link.layout import Layout
from ml.link.messages import FORMATS, Command, Gate, Learn, Provoke, Status, Type
from ml.link.payloads import MessageError, parse_event, parse_info, parse_reply, parse_telemetry
from ml.paths import ROOT

INFO = {
    "version": 1,
    "app": "gesture_recognition",
    "board": "virtual",
    "build": "",
    "uptime_us": 2**40,
    "cycles_hz": 25_000_000,
    "stack": 8192,
    "max_payload": 512,
    "model": {"name": "m", "hash": "0" * 16, "data_hash": "", "layers": 3, "input": 300, "output": 4, "arena": 999},
    "streams": [
        {
            "id": 0,
            "name": "imu",
            "rate_mhz": 33300,
            "format": "int16",
            "channels": [[["ax", "ay"], "g", 2048], [["gx"], "dps", 16]],
        },
        {"id": 1, "name": "scores", "rate_mhz": 0, "format": "uint8", "channels": [[["still", "wave"], "score", 256]]},
    ],
}
CYCLES = {name: [1, 2, 3] for name in ("frontend", "inference", "decide")}
COUNTERS = ("uptime_us", "windows", "events", "missed", "overruns", "dropped", "frames", "errors", "stack")
TELEMETRY = dict.fromkeys(COUNTERS, 5) | CYCLES | {"saturated": [0] * 6, "scores": [255, 0]}


def test_what_is_made_of_the_table_is_up_to_date():
    for path, text in protocol.generated().items():
        assert path.read_text() == text, f"{path.relative_to(ROOT)}: run python -m ml link --write"


@pytest.mark.parametrize("enum", [Type, Command, Status, Learn, Provoke])
def test_both_sides_use_the_same_numbers(enum):
    name = enum.__name__.lower()
    header = (ROOT / "lib/link/include/link/messages.h").read_text()
    body = re.search(rf"enum link_{name} {{(.*?)}}", header, re.S)[1]
    found = {key: int(value, 0) for key, value in re.findall(r"LINK_(?:LEARN_|PROVOKE_)?(\w+) = (\w+)", body)}
    assert found == {member.name: member.value for member in enum}


def test_the_numbers_that_were_given_stay():
    given = {Type: "01 02 03 04 05 10", Command: bytes(range(1, 20)).hex(" "), Learn: bytes(range(8)).hex(" ")}
    given |= {Status: "00 01 02 03 04", Provoke: "00 01 02"}
    for enum, numbers in given.items():
        assert bytes(enum).hex(" ").startswith(numbers)


def test_a_layout_says_how_long_a_payload_may_be():
    fixed, open_ended = Layout(("layer",), "<H"), Layout(("offset",), "<I", "content")
    assert [size for size in range(8) if fixed.fits(size)] == [2]
    assert [size for size in range(8) if open_ended.fits(size)] == [4, 5, 6, 7]


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("number = 0x02\n", "number = 0x01\n"),
        ('"layer u16"', '"layer u17"'),
        ('["offset u32", "content bytes"]', '["content bytes", "offset u32"]'),
    ],
)
def test_a_table_that_contradicts_itself_is_refused_in_a_line(said, instead):
    text = protocol.TABLE.read_text()
    with pytest.raises(UserError, match=r"protocol.toml: expected .*, found") as error:
        protocol.python_module(protocol.Table(text.replace(said, instead, 1)))
    assert "\n" not in str(error.value)


def test_info_is_understood():
    info = parse_info(cbor2.dumps(INFO))
    assert (info.app, info.board, info.uptime_us, info.labels) == (INFO["app"], "virtual", 2**40, ("still", "wave"))
    assert [(c.name, c.unit, c.per_unit) for c in info.streams[0].channels] == [
        ("ax", "g", 2048),
        ("ay", "g", 2048),
        ("gx", "dps", 16),
    ]
    assert info.model.input == 300


def test_info_without_a_model_and_with_unknown_keys_is_understood():
    fields = {key: value for key, value in INFO.items() if key != "model"} | {"from a later version": [1]}
    assert parse_info(cbor2.dumps(fields)).model is None


def test_telemetry_is_understood():
    telemetry = parse_telemetry(cbor2.dumps(TELEMETRY))
    assert (telemetry.inference.max, telemetry.scores, telemetry.stack) == (3, (255, 0), 5)


wrong = st.sampled_from([None, -1.5, "x", [], {}, ["x"], [[1, 2]], [{}], b"bytes"])


@given(st.sampled_from(sorted(INFO)), wrong)
def test_a_wrong_value_in_the_info_is_named_or_harmless(key, value):
    try:
        parse_info(cbor2.dumps(INFO | {key: value}))
    except MessageError as error:
        assert len(str(error).splitlines()) == 1


@pytest.mark.parametrize("key", sorted(TELEMETRY))
def test_a_missing_counter_is_named(key):
    with pytest.raises(MessageError, match=key):
        parse_telemetry(cbor2.dumps({name: value for name, value in TELEMETRY.items() if name != key}))


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(payload):
    for parse in (parse_info, parse_telemetry, parse_event, parse_reply):
        with contextlib.suppress(MessageError):
            parse(payload)


@pytest.mark.parametrize(
    "payload", [b"\x9b" + b"\xff" * 8, b"\x81" * 1000, b"\xd8\x23\x61(", b"\xc4\x82\x1b" + b"\x7f" * 9]
)
def test_hostile_cbor_is_refused(payload):
    with pytest.raises(MessageError):
        parse_info(payload)


def test_a_gate_is_understood_and_may_be_missing():
    assert parse_telemetry(cbor2.dumps(TELEMETRY)).gate is None
    told = parse_telemetry(cbor2.dumps(TELEMETRY | {"asleep": 3, "gate": [1, 10, 4, 2]}))
    assert (told.asleep, told.gate) == (3, Gate(open=True, steps=10, steps_open=4, openings=2))


@pytest.mark.parametrize("wrong", [{"gate": [1, 2, 3]}, {"gate": 1}, {"gate": ["1", 2, 3, 4]}, {"asleep": "3"}])
def test_a_gate_that_is_none_is_refused(wrong):
    with pytest.raises(MessageError):
        parse_telemetry(cbor2.dumps(TELEMETRY | wrong))


def test_what_newer_firmware_tells_is_understood_and_may_be_missing():
    old, new = parse_info(cbor2.dumps(INFO)), parse_info(cbor2.dumps(INFO | {"reset": "watchdog"}))
    assert (old.reset, new.reset) == ("", "watchdog")
    assert parse_telemetry(cbor2.dumps(TELEMETRY)).duty is None
    told = parse_telemetry(cbor2.dumps(TELEMETRY | {"slept_us": 900, "since_us": 1000, "arena": 720}))
    assert (told.duty, told.arena) == (pytest.approx(0.1), 720)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_of_a_stream_has_its_rows(format):
    first, second = INFO["streams"]
    stream = parse_info(cbor2.dumps(INFO | {"streams": [first | {"format": format}, second]})).streams[0]
    assert stream.row_size == 3 * np.dtype(FORMATS[format]).itemsize == 3 * np.dtype(format).itemsize


def test_a_format_that_is_none_is_refused():
    first, second = INFO["streams"]
    with pytest.raises(MessageError, match="found float16"):
        parse_info(cbor2.dumps(INFO | {"streams": [first | {"format": "float16"}, second]}))


def test_a_streams_losses_are_understood_and_may_be_missing():
    first, second = INFO["streams"]
    info = parse_info(cbor2.dumps(INFO | {"streams": [first | {"lost": 7, "dropped": 9, "on": 1}, second]}))
    assert [(one.lost, one.dropped, one.on) for one in info.streams] == [(7, 9, True), (0, 0, None)]


@pytest.mark.parametrize(
    ("more", "image"), [(b"", 0), (b"\x04\x03\x02\x01", 0x01020304), (b"\x04\x03\x02\x01later", 0x01020304)]
)
def test_an_event_names_the_image_or_none_and_may_grow(more, image):
    event = parse_event(struct.pack("<BBIIIII", 1, 200, 3, 4, 5, 6, 7) + more)
    assert (event.class_id, event.window, event.latency_us, event.image) == (1, 3, 7, image)
