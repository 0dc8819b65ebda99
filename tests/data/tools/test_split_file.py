"""A subject never changes sides."""

import pandas as pd
import pytest
from exports_made import motion_set
from hypothesis import given
from hypothesis import strategies as st

from ml.data.manifest import load
from ml.data.split_file import Shares, assign, part_of, read_split, write_split
from ml.errors import UserError
from ml.pipeline.contract import find

people = st.sets(st.text("abcdefgh", min_size=1, max_size=5), min_size=2, max_size=30)
shares = st.builds(Shares, st.floats(0.05, 0.5), st.floats(0, 0.4))


@given(people, people, shares)
def test_nobody_changes_sides_when_others_come_or_go(first, more, shares):
    before = assign(first, {}, shares)
    after = assign(more, before, shares)
    assert {subject: after[subject] for subject in before} == before
    assert set(after) == first | more


@given(people, shares)
def test_somebody_trains_and_somebody_tests(subjects, shares):
    made = assign(subjects, {}, shares)
    assert {"train", "test"} <= set(made.values())
    assert assign(set(sorted(subjects, reverse=True)), {}, shares) == made


def test_of_many_the_shares_are_kept():
    drawn = [part_of(f"speaker {number}", Shares(0.2, 0.15)) for number in range(4000)]
    assert drawn.count("test") == pytest.approx(800, abs=80)
    assert drawn.count("validation") == pytest.approx(600, abs=80)


def test_what_is_written_is_read_back_and_the_loader_keeps_to_it(tmp_path):
    data = motion_set(tmp_path, each=1)
    write_split(data, {"ann": "train", "bob": "test", "cem": "validation", "gone": "test"})
    assert load(data, "imu").part == {"ann": "train", "bob": "test", "cem": "validation"}


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "subject,part\nann,left\n", "subject,part\nann,test\nann,train\n"])
def test_a_split_that_is_wrong_is_one_line(tmp_path, text):
    (tmp_path / "split.csv").write_text(text)
    with pytest.raises(UserError) as told:
        read_split(tmp_path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("wrong", [(0, 0.1), (1, 0), (0.6, 0.5), (-1, 0)])
def test_shares_that_leave_nobody_are_refused(wrong):
    with pytest.raises(UserError):
        Shares(*wrong)


def test_the_command_adds_newcomers_and_the_loader_asks_for_it(tmp_path, ml):
    data = motion_set(tmp_path, each=1)
    ml("data", "split", data)
    before = read_split(data)
    rows = pd.read_csv(data / "manifest.csv")
    rows.loc[rows.file == "ann/wave_0.csv", "subject"] = "new one"
    rows.to_csv(data / "manifest.csv", index=False)
    with pytest.raises(UserError, match="new one"):
        load(data, "imu")
    ml("data", "split", data)
    assert {subject: read_split(data)[subject] for subject in before} == before
    assert load(data, "imu").items
    ml("data", "split", data, "--move", "new one=validation")
    assert read_split(data)["new one"] == "validation"
    assert "by subject" in ml("data", "split", data, "--by", "window", status=1).stderr
    assert len(ml("data", "split", data, "--move", "ann", status=1).stderr.splitlines()) == 1


def test_the_pipeline_trains_and_tests_with_those_that_the_split_names(tmp_path):
    data = motion_set(tmp_path, each=1)
    write_split(data, {"ann": "test", "bob": "train", "cem": "validation"})
    made = find("gesture_recognition").split(load(data, "imu"), ())
    assert (made.train, made.validation, made.test) == (("bob",), ("cem",), ("ann",))
    assert find("gesture_recognition").split(load(data, "imu"), ("cem",)).test == ("cem",)
