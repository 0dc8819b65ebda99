"""Streams are made once and come back sample for sample, whoever changed the folder."""

import numpy as np

from ml.data.streams import Stream, Truth
from ml.keyword_spotting import kept_streams

TRUTH = (Truth("yes", 10, 90), Truth("no", 200, 260))


def made(calls: list[int]) -> list[Stream]:
    calls.append(1)
    samples = np.random.default_rng(0).integers(-32768, 32768, (16000, 1)).astype(np.int16)
    return [
        Stream("stream1", samples, 16_000_000, TRUTH, "mic"),
        Stream("stream2", samples[:500], 16_000_000, (), "mic"),
    ]


def test_the_second_time_they_are_read_and_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_streams, "FOLDER", tmp_path)
    calls: list[int] = []
    first, again = (kept_streams.kept("key", lambda: made(calls)) for _ in range(2))
    assert len(calls) == 1
    for one, other in zip(first, again, strict=True):
        assert (one.samples == other.samples).all()
        assert one.samples.dtype == np.int16
        assert (one.subject, one.rate_mhz, one.truth, one.sensor) == (
            *(other.subject, other.rate_mhz, other.truth, other.sensor),
        )
    assert [len(one.samples) for one in first] == [16000, 500]
    assert kept_streams.kept("another key", lambda: made(calls))
    assert len(calls) == 2


def test_a_changed_file_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_streams, "FOLDER", tmp_path)
    calls: list[int] = []
    first = kept_streams.kept("key", lambda: made(calls))
    sound = next(tmp_path.rglob("0.flac"))
    sound.write_bytes(sound.read_bytes()[:-100])
    again = kept_streams.kept("key", lambda: made(calls))
    assert len(calls) == 2
    assert (first[0].samples == again[0].samples).all()


def test_no_streams_are_kept_too(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_streams, "FOLDER", tmp_path)
    assert kept_streams.kept("key", list) == []
    assert kept_streams.kept("key", list) == []
