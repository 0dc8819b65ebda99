"""Hits, misses and false detections are counted by the rules, and the decision is tuned by them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.data.streams import Stream, Truth
from ml.evaluate.streams import Detection, Scored, Tally, match, tally
from ml.evaluate.tune import tune
from ml.gesture_recognition.config import Decision
from ml.native.decide import Span

LABELS = ["left", "right", "none"]
TRUTH = (Truth("left", 100, 140), Truth("right", 200, 240), Truth("left", 300, 340))


HAPPENS = [Span(LABELS.index(one.label), one.start, one.end + 30) for one in TRUTH]


def hits(*found):
    made = match([Detection(label, sample, 200) for label, sample in found], HAPPENS, LABELS)
    return [one.hit for one in made]


@pytest.mark.parametrize(
    ("sample", "hit"), [(100, None), (101, 0), (139, 0), (140, 0), (169, 0), (170, None), (301, 2), (250, None)]
)
def test_a_hit_comes_after_the_beginning_and_no_later_than_the_tolerance_after_the_end(sample, hit):
    assert hits(("left", sample)) == [hit]


def test_a_wrong_name_is_false():
    assert hits(("right", 120)) == [None]


def test_a_second_detection_of_the_same_movement_is_false():
    assert hits(("left", 120), ("left", 150)) == [0, None]


def test_overlapping_tolerances_give_each_movement_its_own_hit():
    close = [Span(0, 100, 140), Span(0, 115, 155)]
    made = match([Detection("left", sample, 200) for sample in (112, 120, 130)], close, LABELS)
    assert [one.hit for one in made] == [0, 1, None]


@given(st.lists(st.tuples(st.sampled_from(LABELS[:2]), st.integers(0, 400)), max_size=12))
def test_hits_and_false_detections_add_up(found):
    found = sorted(found, key=lambda one: one[1])
    stream = Stream("ann", np.zeros((400, 6), np.int16), 1000, TRUTH)
    matched = match([Detection(label, sample, 200) for label, sample in found], HAPPENS, LABELS)
    made = tally(matched, stream)
    assert made.hits + made.false == len(found)
    assert made.hits + made.misses == len(TRUTH)
    assert len({one.hit for one in matched if one.hit is not None}) == made.hits


def test_tallies_add_and_count_by_the_hour():
    made = Tally(3, 2, 1, 0.25, (0.1, 0.3)) + Tally(1, 1, 1, 0.25, (0.5,))
    assert made == Tally(4, 3, 2, 0.5, (0.1, 0.3, 0.5))
    assert made.false_per_hour == 4
    assert made.summary()["median_delay_s"] == 0.3
    assert Tally().summary()["false_per_hour"] == 0


def scored(left: int, noise: int) -> Scored:
    """Ten windows a movement; class 0 scores `left` in movements and `noise` outside."""
    truth = tuple(Truth("left", at, at + 40) for at in range(200, 1000, 200))
    stream = Stream("ann", np.zeros((1100, 6), np.int16), 33_300, truth)
    sample = np.arange(0, 1100, 4)
    inside = np.array([any(one.start < at < one.end for one in truth) for at in sample])
    score = np.where(inside, left, noise)
    rows = np.stack([score, np.zeros_like(score), 255 - score], axis=1) - 128
    return Scored(stream, rows.astype(np.int8), sample)


def test_tuning_finds_a_threshold_between_movement_and_noise():
    made = tune([scored(220, 150)], LABELS, 2, Decision())
    assert made.tally.hits == 4
    assert made.tally.false == 0
    assert 150 < made.config.threshold[0] <= 220
    assert made.config.background == 2


def test_tuning_is_not_lured_by_a_stream_of_noise():
    made = tune([scored(220, 150), scored(0, 0)], LABELS, 2, Decision())
    assert made.tally.false == 0
