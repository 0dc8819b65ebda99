"""A constant offset of the microphone makes no alarm and loses no word: the shipped model, in C."""

import numpy as np
import pytest

from ml.data.streams import Stream
from ml.evaluate.streams import Detection, detect

RATE_HZ = 16_000


def events(samples: np.ndarray, shipped) -> list[Detection]:
    stream = Stream("somebody", samples[:, None], RATE_HZ * 1000, (), "mic")
    return detect(shipped.app.score(stream, shipped.model), shipped.labels(None), shipped.config)


@pytest.mark.parametrize("offset", [300, -300, 8000])
def test_silence_with_an_offset_makes_no_event(shipped, offset):
    quiet = np.random.default_rng(1).normal(offset, 5, 60 * RATE_HZ)
    assert events(np.rint(quiet).astype(np.int16), shipped) == []


@pytest.mark.parametrize("offset", [300, -300, 8000])
def test_words_with_an_offset_are_those_without(shipped, spoken, offset):
    plain = np.clip(spoken[:, 0], -32768 + abs(offset), 32767 - abs(offset))  # what the offset does not clip
    expected, found = (events(one, shipped) for one in (plain, plain + np.int16(offset)))
    assert [(one.label, one.sample) for one in found] == [(one.label, one.sample) for one in expected]
