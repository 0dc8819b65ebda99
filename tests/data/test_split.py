"""Splits are by subject, whole and stable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.data.split import MANY, Split, as_published, by_subject, check_unit, folds, named, turns
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
    made = [by_subject(subjects, group) for group in turns(subjects)]
    assert [split.test for split in made] == [(subject,) for subject in sorted(subjects)]
    assert all(split.test[0] not in split.train + split.validation for split in made)


def test_of_many_a_fifth_is_left_out_in_turn_and_everybody_once():
    many = [f"{number:08x}" for number in range(200)]
    groups = turns(many)
    assert sorted(one for group in groups for one in group) == many
    assert all(25 < len(group) < 55 for group in groups)
    made = by_subject(many)
    assert made.test == groups[-1]
    assert 10 < len(made.validation) < 40
    assert sorted(made.train + made.validation + made.test) == many


def test_of_many_each_stays_where_it_was_when_others_come():
    many = [f"{number:08x}" for number in range(100)]
    assert set(by_subject(many).test) <= set(by_subject([*many, "ffff", "eeee"]).test)
    assert set(by_subject(many[:MANY]).validation) <= set(by_subject(many).validation)


def test_a_published_split_is_kept():
    part = {"a": "train", "b": "validation", "c": "test", "noise": ""}
    made = as_published(part)
    assert (made.train, made.validation, made.test) == (("a", "noise"), ("b",), ("c",))
    assert as_published({"a": "", "b": ""}) is None


def test_where_only_the_test_is_published_somebody_still_validates():
    part = {name: "test" if name in "ab" else "" for name in "abcdefgh"}
    made = as_published(part)
    assert made.test == ("a", "b")
    assert made.validation
    assert sorted(made.train + made.validation) == list("cdefgh")


def test_many_names_are_counted():
    assert named(["ann", "bob"]) == "ann, bob"
    assert named([f"s{number:02}" for number in range(40)]) == "40 subjects (s00 to s39)"


@given(people)
def test_tuning_never_sees_the_test_and_never_validates_who_was_trained(subjects):
    split = by_subject(subjects)
    for fold in folds(split):
        assert fold.choosing
        assert not set(fold.choosing) & set(fold.split.train)
        assert not set(split.test) & {*fold.split.train, *fold.choosing}
        assert fold.split.validation in ((), split.validation)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 13])
def test_without_validation_everyone_who_trains_also_tunes_in_at_most_four_groups(count):
    split = Split(tuple(f"s{number:02}" for number in range(count)), (), ("x",))
    made = folds(split)
    assert len(made) == min(4, count)
    assert sorted(one for fold in made for one in fold.choosing) == list(split.train)
    assert all(fold.split.validation == () for fold in made)  # who chooses the threshold does not choose the epoch


def test_who_is_said_to_choose_is_left_out_alone():
    made = folds(Split(("a", "b", "c", "d"), (), ("x",), choosing=("b", "c")))
    assert [fold.choosing for fold in made] == [("b",), ("c",)]
    assert [fold.split.train for fold in made] == [("a", "c", "d"), ("a", "b", "d")]


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
