"""The trade-off curve says what can be reached, and agrees with the decision at its operating point."""

from dataclasses import replace

import numpy as np
import pytest

from ml.data.streams import Stream, Truth
from ml.evaluate import det
from ml.evaluate.streams import Scored, judge
from ml.native.decide import DecideConfig
from ml.report import plots

LABELS = ["word", "none"]


@pytest.fixture
def scored():
    rng = np.random.default_rng(3)
    truth = tuple(Truth("word", at, at + 50) for at in range(100, 9900, 200))
    sample = np.arange(0, 10_000, 10)
    inside = np.array([any(one.start < at < one.end for one in truth) for at in sample])
    score = np.clip(np.where(inside, 190, 90) + rng.normal(0, 80, len(sample)), 0, 255).astype(int)
    rows = np.stack([score, 255 - score], 1) - 128
    return Scored(Stream("ann", np.zeros((10_000, 1), np.int16), 10_000, truth), rows.astype(np.int8), sample)


def test_a_point_of_the_curve_is_what_the_decision_comes_to(scored):
    config = DecideConfig((170, 170), 1, 2, 4)
    curve = det.curve([scored, scored], LABELS, config, 1.0)
    tally, _ = judge(scored, LABELS, config, 1.0)
    at = det.at_threshold(curve, curve["threshold"])
    assert at["miss_rate"] == pytest.approx(1 - tally.hits / tally.movements)
    assert at["false_per_hour"] == pytest.approx(tally.false_per_hour)
    assert at["miss_interval"][0] < at["miss_rate"] < at["miss_interval"][1]
    assert at["false_interval"][0] < at["false_per_hour"] < at["false_interval"][1]


def test_more_false_alarms_never_miss_more(scored):
    made = det.rows(det.curve([scored], LABELS, DecideConfig((170, 170), 1, 2, 4), 1.0))
    assert len(made) > 3
    assert np.all(np.diff([one["false_per_hour"] for one in made]) > 0)
    assert np.all(np.diff([one["miss_rate"] for one in made]) < 0)


def test_the_picture_is_the_same_for_the_same_figures(scored):
    curve = det.curve([scored], LABELS, DecideConfig((170, 170), 1, 2, 4), 1.0)
    assert plots.trade_off(curve, 0.5) == plots.trade_off(curve, 0.5)


def test_a_class_that_never_makes_an_event_is_not_the_threshold(scored):
    assert det.curve([scored], LABELS, DecideConfig((255, 170), 1), 1.0)["threshold"] == 170


def test_the_operating_point_of_classes_with_thresholds_of_their_own_is_what_the_decision_comes_to(scored):
    labels, config = ["word", "none", "other"], DecideConfig((190, 255, 140), 1, 2, 4)
    two = replace(scored, scores=np.column_stack([scored.scores, np.full(len(scored.scores), -128, np.int8)]))
    curve = det.curve([two, two], labels, config, 1.0)
    tally, _ = judge(two, labels, config, 1.0)
    assert (at := det.reached(curve))["threshold"] is None
    assert at["miss_rate"] == pytest.approx(1 - tally.hits / tally.movements)
    assert at["false_per_hour"] == pytest.approx(tally.false_per_hour)
    assert "a threshold for each class" in plots.trade_off(curve, 0.5)
