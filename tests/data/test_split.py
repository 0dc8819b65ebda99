"""Splits are by subject, whole and stable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.data.split import by_subject, check_unit, folds, leave_one_out
from ml.errors import UserError

people = st.lists(st.text("abcdef", min_size=1, max_size=4), min_size=2, max_size=12, unique=True)


@given(people)
def test_every_subject_is_in_exactly_one_part(subjects):
    made = by_subject(subjects)
    assert sorted(made.train + made.validation + made.test) == sorted(subjects)
    assert made.train
    assert made.test


@given(people, st.randoms())
def test_the_order_of_the_subjects_changes_nothing(subjects, random):
    shuffled = random.sample(subjects, len(subjects))
    assert by_subject(shuffled) == by_subject(subjects)


@given(people)
def test_leaving_one_out_tests_each_subject_once_and_never_trains_or_validates_with_it(subjects):
    made = leave_one_out(subjects)
    assert [split.test for split in made] == [(subject,) for subject in sorted(subjects)]
    assert all(split.test[0] not in split.train + split.validation for split in made)


@given(people)
def test_tuning_never_sees_the_test_and_never_validates_who_was_trained(subjects):
    split = by_subject(subjects)
    for fold in folds(split):
        assert not set(fold.validation) & set(fold.train)
        assert not set(split.test) & {*fold.train, *fold.validation}
        assert fold.validation


@pytest.mark.parametrize("unit", ["window", "recording", "session", ""])
def test_any_other_split_is_refused_with_the_reason(unit):
    with pytest.raises(UserError, match="by subject"):
        check_unit(unit)


@pytest.mark.parametrize(
    ("subjects", "hold_out"), [(["a"], ()), ([], ()), (["a", "b"], ("c",)), (["a", "b"], ("a", "b"))]
)
def test_a_split_without_people_to_train_or_test_with_is_one_line(subjects, hold_out):
    with pytest.raises(UserError, match="expected"):
        by_subject(subjects, hold_out)
