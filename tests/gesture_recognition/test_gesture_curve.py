"""The learning curve of gestures: who trains, with which repetitions, and what a point says."""

import numpy as np
import pytest

from ml.data.manifest import Dataset, Item
from ml.data.recordings import Recording
from tools.studies.gesture_curve import first, points, trainers


def take(movements: int) -> Item:
    """Movements of five samples, five apart."""
    active = np.tile(np.repeat([False, True], 5), movements)
    recording = Recording(np.zeros((len(active), 6), np.int16), 33_300, False, active)
    return Item("left.csv", "left", "ann", "", "", "", recording)


@pytest.mark.parametrize(("share", "left"), [(0.25, 3), (0.5, 5), (0.01, 1), (1.0, 10)])
def test_a_share_is_the_first_repetitions_of_each_take_with_rest_behind_them(share, left):
    data = first(Dataset((take(10),), "abc"), share)
    recording = data.items[0].recording
    assert recording.movements == take(10).recording.movements[:left]
    assert recording.active is not None
    assert len(recording.samples) == len(recording.active)
    assert left == 10 or not recording.active[-1]
    assert (data.hash == "abc") == (share == 1.0)  # the key of what is kept


def test_one_trains_or_two():
    assert trainers(["a", "b", "c"]) == [("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("b", "c")]


def test_a_point_is_the_mean_of_each_persons_networks():
    rows = [
        {"left_out": who, "people": 1, "share": 0.5, "learned": learned, "right": right}
        for who, learned, right in (("a", 50, 0.8), ("a", 54, 0.6), ("b", 50, 1.0))
    ]
    assert points(rows, 1) == [(pytest.approx(51.33, abs=0.01), [pytest.approx(0.7), 1.0])]
