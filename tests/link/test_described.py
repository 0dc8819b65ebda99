"""What a board says of itself is believed within the document's bounds, and can then be shown and computed with."""

import re
from random import Random

import cbor2
import pytest
from test_messages import INFO, TELEMETRY

from ml.link.described import TABLES, Entries, Whole
from ml.link.frames import MAX_PAYLOAD, Frame
from ml.link.messages import Type
from ml.link.payloads import MessageError, parse_info, parse_telemetry
from ml.link.readable import Readable
from ml.paths import ROOT
from tests.link.hostile import hostile

FULL = {
    "gate": [1, 10, 4, 2],
    "asleep": 1,
    "slept_us": 5,
    "since_us": 10,
    "arena": 100,
    "health": {"reasons": ["stuck"], "channels": [0, 2], "answers": 0, "withheld": 1},
}
LONG = 10**400


def test_the_document_states_the_same_bounds():
    text = (ROOT / "docs/protocol.md").read_text().partition("### Bounds")[2].partition("\n## ")[0]
    said = [re.split(r" \| ", line.strip("| ")) for line in text.splitlines() if line.startswith("| ")][1:]
    stated = {(where, key): bounds for where, keys, bounds in said for key in re.findall(r"`([^`]+)`", keys)}
    assert stated == {(where, key): str(kind) for where, kinds in TABLES.items() for key, kind in kinds.items()}


def numbers():
    """(message, path of keys, bounds) of every integer."""
    for name, kind in TABLES["INFO"].items():
        if isinstance(kind, Whole):
            yield "info", (name,), kind
    yield from (("info", ("model", name), kind) for name, kind in TABLES["`model`"].items() if isinstance(kind, Whole))
    streams = TABLES["`streams`"].items()
    yield from (("info", ("streams", 0, name), kind) for name, kind in streams if isinstance(kind, Whole))
    yield "info", ("streams", 0, "channels", 0, 2), TABLES["`channels`"]["per_unit"]
    for name, kind in TABLES["HEALTH"].items():
        path = ("health", name) if isinstance(kind, Whole) else ("health", name, 0)
        if name != "reasons":
            yield "telemetry", path, kind if isinstance(kind, Whole) else kind.each
    for name, kind in TABLES["TELEMETRY"].items():
        if isinstance(kind, Whole):
            yield "telemetry", (name,), kind
        elif isinstance(kind, Entries):
            yield "telemetry", (name, 0), kind.each


def replaced(value, path, new):
    """`value` with `new` at the end of a path of keys."""
    if not path:
        return new
    made = value.copy()
    key, *rest = path
    made[key] = replaced(value[key] if rest else None, rest, new)
    return made


@pytest.mark.parametrize(("message", "path", "kind"), [*numbers()], ids=str)
def test_each_number_is_taken_at_both_bounds_and_refused_beyond(message, path, kind):
    right, parse = (INFO, parse_info) if message == "info" else (TELEMETRY | FULL, parse_telemetry)
    if path != ("streams", 0, "id"):
        parse(cbor2.dumps(replaced(right, path, kind.low)))
    parse(cbor2.dumps(replaced(right, path, kind.high)))
    for wrong in (kind.low - 1, kind.high + 1, LONG, -LONG, True, 1.0, None, "1"):
        with pytest.raises(MessageError) as refused:
            parse(cbor2.dumps(replaced(right, path, wrong)))
        assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        *((("app",), wrong) for wrong in ("", "\x1b[2J", "a\0b", "../x", "a/b", "x" * 64, "[red]", "a\n", " a")),
        *((("streams", 0, "name"), wrong) for wrong in ("/../../../../evil", "..", "a b", "a/b", "a\\b", "", "é")),
        (("streams", 0, "channels", 0, 0, 0), "ay"),
        (("streams", 0, "channels", 0, 0, 0), "a\x1b"),
        (("streams", 1, "name"), "imu"),
        (("streams", 1, "id"), 0),
        (("streams",), INFO["streams"][:1] * 33),
        (("model", "hash"), "\x9b2J"),
    ],
)
def test_names_that_cannot_be_shown_or_stored_are_refused(path, wrong):
    with pytest.raises(MessageError) as refused:
        parse_info(cbor2.dumps(replaced(INFO, path, wrong)))
    assert str(refused.value).isprintable()


def test_whatever_a_board_says_of_itself_the_monitor_shows_it_or_says_that_it_is_refused():
    random, readable, refused = Random(1), Readable(), 0
    for number in range(2000):
        tells = ((Type.INFO, INFO), (Type.TELEMETRY, TELEMETRY | FULL), (Type.HEALTH, FULL["health"]))
        kind, right = random.choice(tells)
        payload = cbor2.dumps(hostile(random, right))[:MAX_PAYLOAD]
        lines = readable.feed(Frame(kind, 0, number // 2, number, payload).encode())
        assert all(line.isprintable() and len(line) < 4000 for line in lines)
        refused += any("refused" in line for line in lines)
    assert 200 < refused < 2000
    assert readable.feed(b"still here\n") == ["still here"]
