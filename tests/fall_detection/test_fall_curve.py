"""The learning curve of falls: who is drawn to learn from, and what a point says."""

import itertools
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from ml.errors import UserError
from tools.studies.fall_curve import drawn, point

PEOPLE = tuple("abcdefgh")


def task() -> Any:
    items = [SimpleNamespace(subject=one, label="fall" if one in "cg" else "adl") for one in PEOPLE]
    return cast("Any", SimpleNamespace(data=SimpleNamespace(items=items)))


@pytest.mark.parametrize("seed", range(8))
def test_a_larger_draw_holds_the_smaller_one_and_somebody_who_fell(seed):
    made = [set(drawn(task(), PEOPLE, size, np.random.default_rng(seed))) for size in range(1, 9)]
    assert all(len(one) == size for size, one in enumerate(made, 1))
    assert all(one < other for one, other in itertools.pairwise(made))
    assert made[0] <= {"c", "g"}


def test_more_people_than_there_are_is_told():
    with pytest.raises(UserError, match="expected at most 8 to learn from, found 9"):
        drawn(task(), PEOPLE, 9, np.random.default_rng(0))


def test_a_point_counts_falls_and_the_false_alarms_of_a_day():
    fell = [{"label": "fall", "score": score, "copies": []} for score in (90, 150, 200, 250)]
    daily = [{"label": "adl", "score": 10, "copies": [20] * 575}]  # two days of activities
    daily[0]["copies"][:3] = [210, 160, 100]
    made = {"size": 2, "draw": 0, "people": 2, "recordings": 5, "falls": 4, "rows": fell + daily}
    said = point([made], 180)
    assert (said["found"]["right"], said["found"]["share"]) == (2, 0.5)
    assert said["false_in_a_day"] == pytest.approx(0.5)  # one of two days
    assert said["quiet_threshold"] == 101  # two in two days are left from there on
    assert said["found_at_one_a_day"]["share"] == 0.75
