"""What nobody trained with is refused; what nobody tests is told, and never counted as right."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.commands.run import _check_classes
from ml.data.manifest import Dataset, Item
from ml.data.recordings import Recording
from ml.data.split import Split, by_subject
from ml.errors import UserError
from ml.evaluate import untested
from ml.evaluate.accuracy import confusion
from ml.pipeline import coverage
from ml.pipeline.contract import find
from ml.pipeline.run import Run

SPLIT = Split(("ann", "bob"), (), ("cem",))


def data(**labels):
    """subject -> labels of his recordings."""
    recording = Recording(np.zeros((50, 6), np.int16), 50_000, gravity=True)
    items = [
        Item(f"{subject}_{label}.csv", label, subject, "", "", "", recording)
        for subject, some in labels.items()
        for label in some.split()
    ]
    return Dataset(tuple(items), "hash")


def test_a_class_that_only_a_held_out_person_has_is_refused_with_who_has_it():
    gestures = find("gesture_recognition")
    with pytest.raises(UserError, match="recordings of 'punch' by somebody who trains, found them only of cem"):
        coverage.check_trained(gestures, data(ann="wave", bob="wave", cem="wave punch"), SPLIT)
    coverage.check_trained(gestures, data(ann="wave", bob="punch", cem="wave"), SPLIT)


def test_faults_of_machines_need_not_be_trained_but_the_normal_must():
    machines = find("vibration_anomaly")
    coverage.check_trained(machines, data(ann="normal", bob="normal", cem="normal anomalous"), SPLIT)
    with pytest.raises(UserError, match="'normal' by somebody who trains"):
        coverage.check_trained(machines, data(ann="rub", bob="rub", cem="normal"), SPLIT)


def test_it_is_known_which_classes_a_person_has_no_recording_of():
    shown = coverage.Shown.of(find("gesture_recognition"), data(ann="wave punch none", bob="wave punch", cem="wave"))
    assert shown.untested(("cem",)) == ["punch", "none"]
    assert shown.untested(("bob", "cem")) == ["none"]
    machines = coverage.Shown.of(find("vibration_anomaly"), data(ann="normal rub", bob="normal"))
    assert machines.untested(("bob",)) == ["anomalous"]  # whatever the fault is called
    assert machines.untrained(("bob",)) == []


def test_a_hold_out_by_default_is_widened_until_it_tests_every_class_that_it_can():
    gestures = find("gesture_recognition")
    made, notes = coverage.covering(gestures, data(ann="wave punch", bob="wave punch", cem="wave"), SPLIT)
    assert made == Split(("ann",), (), ("bob", "cem"))
    assert notes == ("bob tests as well, as cem has no recording of 'punch'",)
    whole = data(ann="wave", bob="wave", cem="wave")
    assert coverage.covering(gestures, whole, SPLIT) == (SPLIT, ())


def test_who_alone_shows_a_class_trains_and_somebody_else_tests():
    made, notes = coverage.covering(find("gesture_recognition"), data(ann="wave", bob="wave", cem="wave punch"), SPLIT)
    assert made == Split(("ann", "cem"), (), ("bob",))
    assert len(notes) == 2
    assert notes[1] == "bob tests instead"
    apart = data(ann="wave", cem="punch")
    two = Split(("ann",), (), ("cem",))
    assert coverage.covering(find("gesture_recognition"), apart, two) == (two, ())  # nobody can be spared


def test_a_hold_out_by_hand_without_a_class_that_it_could_have_is_refused_with_who_has_it():
    gestures = find("gesture_recognition")
    with pytest.raises(UserError, match="'punch' by cem, found none, so nobody would test it; add --hold-out bob"):
        coverage.check_tested(gestures, data(ann="wave punch", bob="wave punch", cem="wave"), SPLIT)
    coverage.check_tested(gestures, data(ann="wave punch", bob="wave", cem="wave"), SPLIT)  # ann must train


subjects = st.dictionaries(
    st.sampled_from("abcdefgh"), st.sets(st.sampled_from(["w", "x", "y"]), min_size=1), min_size=2
)


@given(subjects)
def test_a_covered_split_loses_nobody_and_lacks_only_what_one_person_alone_shows(shown):
    app, made = find("gesture_recognition"), data(**{who: " ".join(sorted(some)) for who, some in shown.items()})
    split, _ = coverage.covering(app, made, by_subject(made.subjects))
    assert sorted((*split.train, *split.validation, *split.test)) == made.subjects
    assert split.train
    assert split.test
    everybody = coverage.Shown.of(app, made)
    if not everybody.untrained(split.train):
        for label in everybody.untested(split.test):
            assert not everybody.could_test(split, label)


def test_classes_without_a_recording_are_not_tested_though_everything_else_is_right():
    classes = ["punch", "wave", "none"]
    counts = confusion(np.array([1, 1, 1]), np.array([1, 1, 1]), 3)
    assert untested.untested(counts, classes, 2, streams=False) == ["punch", "none"]
    assert untested.untested(counts, classes, 2, streams=True) == ["punch"]
    metrics = {"int8": {"confusion": counts.tolist()}, "untested": ["punch", "none"]}
    assert untested.tested(metrics) == "1 of 3"
    assert untested.tested(metrics | {"untested": []}) == ""
    assert untested.in_words(["punch"], ["cem"]) == "punch: no recording by cem"


def test_a_class_is_there_once():
    with pytest.raises(UserError, match="found silence twice"):
        _check_classes(["yes", "silence", "unknown", "silence"])


@dataclass(frozen=True)
class Loaded:
    """An application whose data is at hand."""

    app: object
    made: Dataset

    def __getattr__(self, name):
        return getattr(self.app, name)

    def data_of(self, folders: tuple[Path, ...], seed: int) -> Dataset:
        return self.made

    def of_data(self, data: Dataset) -> "Loaded":
        return self


def test_every_command_refuses_such_a_split_before_it_trains(monkeypatch):
    app = Loaded(find("gesture_recognition"), data(ann="wave", bob="wave", cem="wave punch"))
    monkeypatch.setattr(Run, "application", lambda run: app)
    with pytest.raises(UserError, match="'punch' by somebody who trains"):
        Run("gesture_recognition", data="x", hold_out=("cem",)).asked()
    assert Run("gesture_recognition", data="x", hold_out=("ann",)).asked().split.test == ("ann",)
    by_default = Run("gesture_recognition", data="x").asked()
    assert by_default.split == Split(("ann", "cem"), (), ("bob",))
    assert by_default.notes
