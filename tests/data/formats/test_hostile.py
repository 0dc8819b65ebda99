"""Any bytes at all: no parser crashes, hangs or keeps more than a little."""

import sys

import pytest
import speakers
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.data.formats import FORMATS, open_parser

MOST = 400_000  # bytes kept

fragments = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [
            speakers.announcement(),
            speakers.announcement(1),
            speakers.announcement(version=3),
            speakers.announcement(sample_rate=1e400),
            speakers.announcement(samples_per_packet=10**9),
            b'{"column_location":' + b"[" * 3000 + b"\n",
            b'{"sample_rate":NaN,"column_location":{"a":0}}\n',
            b'{"sample_rate":1,"column_location":{"a":0,"b":"0"}}\n',
            b'{"sample_rate":1,"column_location":{"a":' + b"9" * 5000 + b"}}\n",
            b"1,2,3\n",
            b"timestamp_us,x,y\n",
            b"1e308,1e308,-1e308\n",
            b"-9007199254740993,1,2\n",
            b"9007199254740993,1,2\n",
            b"\xff" * 50,
            b"\0" * 50,
            *speakers.packets(speakers.motion(12)),
            *speakers.packets(speakers.motion(12), "ssi-a"),
            speakers.motion(40).tobytes(),
        ]
    ),
)


def kept(parser) -> int:
    """Bytes of everything a parser holds on to."""
    seen, total, open_ = set(), 0, [parser]
    while open_:
        one = open_.pop()
        if id(one) in seen or isinstance(one, type):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        if isinstance(one, dict):
            open_ += [*one.keys(), *one.values()]
        elif isinstance(one, (list, tuple, set)):
            open_ += one
        elif hasattr(one, "__dict__"):
            open_ += vars(one).values()
    return total


@pytest.mark.parametrize("format_", FORMATS)
@settings(max_examples=60)
@given(pieces=st.lists(fragments, max_size=40), step=st.floats(-1, 10))
def test_any_bytes_are_survived_and_the_order_of_events_kept(format_, pieces, step):
    parser = open_parser(format_)
    events = []
    for number, piece in enumerate(pieces):
        events += parser.feed(piece, number * step)
        assert kept(parser) < MOST
    speakers.check_order(events + parser.finish())


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("byte", [b"\xff", b"\0", b"{", b"1", b",", b"\n", b"\xff\x07\x00\x00"])
@pytest.mark.parametrize("announced", [b"", speakers.announcement(), speakers.announcement(per_packet=1000)])
def test_much_of_the_same_keeps_memory_small(format_, byte, announced):
    parser = open_parser(format_)
    parser.feed(announced, 0.0)
    for second in range(10):
        parser.feed(byte * (30_000 // len(byte)), float(second))
        assert kept(parser) < MOST
    parser.finish()
