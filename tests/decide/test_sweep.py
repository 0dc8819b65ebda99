"""Trying many settings at once gives what each gives by itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.errors import UserError
from ml.native.decide import DecideConfig, Span, decide, match, sweep

CLASSES, HOP = 4, 5


def plainly(spans: list[Span], class_ids: list[int], samples: list[int]) -> list[int | None]:
    """The rule, said in Python."""
    hit: set[int] = set()
    found = []
    for class_id, sample in zip(class_ids, samples, strict=True):
        fits = (
            i
            for i, span in enumerate(spans)
            if i not in hit and span.class_id == class_id and span.start < sample < span.end
        )
        index = next(fits, None)
        hit |= {index} - {None}
        found.append(index)
    return found


spans = st.lists(
    st.builds(lambda c, s, n: Span(c, s, s + n), st.integers(-1, CLASSES - 1), st.integers(0, 300), st.integers(1, 80)),
    max_size=8,
).map(lambda found: sorted(found, key=lambda span: span.start))


@given(spans, st.lists(st.tuples(st.integers(0, CLASSES - 1), st.integers(0, 400)), max_size=15))
def test_detections_hit_the_earliest_open_span_of_their_class(spans, found):
    found.sort(key=lambda one: one[1])
    class_ids, samples = [one[0] for one in found], [one[1] for one in found]
    assert match(spans, class_ids, samples) == plainly(spans, class_ids, samples)


@settings(max_examples=60)
@given(spans, st.integers(0, 2**32 - 1), st.integers(1, 4), st.booleans())
def test_a_sweep_counts_as_the_decision_does(spans, seed, smoothing, gated):
    rng = np.random.default_rng(seed)
    scores = rng.integers(-128, 128, (80, CLASSES)).astype(np.int8)
    awake = rng.random(80) < 0.7 if gated else None
    samples = np.arange(80) * HOP
    refractories, thresholds = [0, 3, 9], [0, 100, 128, 180, 255]
    made = sweep(scores, awake, samples, spans, DecideConfig((9,) * CLASSES, 1, smoothing), refractories, thresholds)
    for r, refractory in enumerate(refractories):
        for t, threshold in enumerate(thresholds):
            events = decide(scores, DecideConfig((threshold,) * CLASSES, 1, smoothing, refractory), awake)
            indices = match(spans, [e.class_id for e in events], [int(samples[e.window]) for e in events])
            hits = sum(index is not None for index in indices)
            assert made[r, t].tolist() == [hits, len(events) - hits]


def test_a_series_without_windows_has_no_events():
    made = sweep(np.zeros((0, 2), np.int8), None, np.zeros(0), [], DecideConfig((9, 9)), [0], [1, 2])
    assert made.tolist() == [[[0, 0], [0, 0]]]


def test_every_window_needs_its_sample():
    with pytest.raises(UserError, match="expected a sample and a gate a window"):
        sweep(np.zeros((3, 2), np.int8), None, np.zeros(2), [], DecideConfig((9, 9)), [0], [1])
