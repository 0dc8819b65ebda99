"""An exported library makes the events of the pipeline that judged the model, bit for bit."""

import ctypes
from dataclasses import replace

import numpy as np
import pytest

from ml.data.streams import Stream
from ml.evaluate.streams import detect
from ml.paths import ROOT
from ml.pipeline.contract import find
from ml.trial.committed import committed
from tests.export.exported import Called, export

LOWER = 60  # a threshold at which sounds that are no words make events too


def streams_of(app: str) -> list[Stream]:
    if app != "keyword_spotting":
        small = find(app, quick=True)
        made = small.streams(small.data_of((), 0), 0)
        rate = {"vibration_anomaly": 50_000}.get(app)  # whose front end takes its own rate only
        return [replace(stream, rate_mhz=rate or stream.rate_mhz) for stream in made]
    return [Stream("", bursts(), 16_000_000, (), "mic")]


def bursts() -> np.ndarray:
    """Half a minute of syllables of noise, with pauses in which the network sleeps, int16 (n, 1)."""
    draw = np.random.default_rng(3)
    parts = []
    for _ in range(12):
        loud = draw.normal(0, draw.uniform(300, 9000), draw.integers(2000, 12000))
        spoken = loud * np.abs(np.sin(np.arange(len(loud)) / draw.uniform(200, 900)))
        parts += [spoken, draw.normal(0, 3, draw.integers(4000, 60000))]
    return np.clip(np.concatenate(parts), -32768, 32767).astype(np.int16)[:, None]


@pytest.mark.parametrize("app", ["fall_detection", "gesture_recognition", "keyword_spotting", "vibration_anomaly"])
def test_the_events_are_those_of_the_pipeline(app, library):
    made = committed(find(app), ROOT / "lib" / f"{app}_model")
    labels = [made.model.model.label[i].decode() for i in range(made.model.model.classes)]
    lowered = app == "keyword_spotting"
    config = replace(made.config, threshold=(LOWER,) * len(labels)) if lowered else made.config
    called = Called(library(app), app)
    assert called("self_test")()
    told = 0
    for stream in streams_of(app):
        expected = [(e.label, e.sample, e.score) for e in detect(made.app.score(stream, made.model), labels, config)]
        assert called("init")(stream.rate_mhz)
        for label in range(len(labels)) if lowered else ():
            assert called("set_threshold")(label, LOWER)
        assert called.events(stream.samples, at_once=97 if lowered else 1) == expected
        told += len(expected)
    assert told > 2


def test_others_may_use_a_lent_arena_between_two_calls(library, tmp_path):
    """Also the scores of a moment ago, which the keyword network lets stand, are kept elsewhere."""
    (tmp_path / "lent.c").write_text("#include <stdint.h>\nuint32_t lent[1024];\n")
    lent = Called(export("keyword_spotting", tmp_path / "lent", arena="lent"), "keyword_spotting", tmp_path / "lent.c")
    memory = (ctypes.c_uint32 * 1024).in_dll(lent.library, "lent")
    own, sound = Called(library("keyword_spotting"), "keyword_spotting"), bursts()
    for called in (own, lent):
        assert called("init")(0)
        for label in range(12):
            assert called("set_threshold")(label, LOWER)
    expected = own.events(sound, 320)
    assert len(expected) > 2
    assert lent.events(sound, 320, lambda: ctypes.memset(memory, 0x5A, 4096)) == expected
