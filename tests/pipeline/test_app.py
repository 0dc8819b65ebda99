"""What an application must say, what it gets for nothing, and how one of its candidates is chosen."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from ml.data.manifest import Dataset
from ml.data.split import Split
from ml.data.streams import Stream
from ml.errors import UserError
from ml.evaluate.streams import Scored
from ml.link.sensor_bus import SENSORS
from ml.pipeline import stages
from ml.pipeline.contract import APPS, App, find
from ml.pipeline.stages import Task, choose
from ml.train.examples import Inputs
from ml.train.training import to_int8


@pytest.mark.parametrize("name", APPS)
def test_every_application_says_all_there_is_to_say(name):
    for app in (find(name), find(name, quick=True)):
        assert app.name == name
        assert app.sensor in SENSORS
        assert all(path.exists() for path in app.code)
        assert app.decision.target_false_alarms_per_hour > 0
        assert app in app.candidates() or app.variant


def test_an_application_that_lacks_a_member_cannot_be_made():
    class Silent(App):
        name = "silent"

    with pytest.raises(TypeError, match="abstract"):
        Silent()


def test_words_are_for_applications_that_listen():
    with pytest.raises(UserError, match="application that listens"):
        find("gesture_recognition").with_words(("lights",))


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_keyword_spotting_takes_other_words():
    assert find("keyword_spotting").with_words(("lights",)).config.words == ("lights",)


class Doubling:
    """A model: a window's sum, twice, for the first class; nothing for the other."""

    def answers(self, inputs):
        return np.stack([2.0 * inputs.sum(1), np.zeros(len(inputs))], axis=1)


def test_a_plain_classifier_is_scored_window_by_window():
    class Plain:
        def inputs(self, samples, rate_mhz):
            return Inputs(samples.reshape(-1, 4).astype(np.int8), np.arange(3, len(samples), 4))

        scores, score = App.scores, App.score

    stream = Stream("ann", np.arange(12, dtype=np.int16).reshape(12, 1), 1000, (), "mic")
    made = Plain().score(stream, Doubling())
    assert made.scores.tolist() == [[12, 0], [44, 0], [76, 0]]
    assert made.scores.dtype == np.int8
    assert made.sample.tolist() == [3, 7, 11]
    assert isinstance(made, Scored)
    assert made.awake is None


def test_scores_are_rounded_and_kept_within_int8():
    assert to_int8(np.array([-300.0, -128.4, 0.5, 1.5, 126.6, 900.0])).tolist() == [-128, -128, 0, 2, 127, 127]


@dataclasses.dataclass(frozen=True)
class Candidate:
    """As much of an application as choosing needs."""

    variant: str
    others: tuple[str, ...] = ()

    def candidates(self):
        return tuple(Candidate(one, self.others) for one in self.others)


@pytest.mark.parametrize(
    ("merits", "best"),
    [
        ({"a": 0.5, "b": 0.9}, "b"),
        ({"a": -3.0, "b": -1.0}, "b"),
        ({"a": 0.7, "b": 0.7}, "a"),
        ({"a": None, "b": None}, "a"),
        ({"a": None, "b": -5.0}, "b"),
    ],
)
def test_the_candidate_with_the_highest_merit_is_taken_the_first_of_equals(monkeypatch, tmp_path, merits, best):
    def tuned(task):
        (tmp_path / "decision.json").write_text(json.dumps({"merit": merits[task.app.variant]}))
        return tmp_path

    monkeypatch.setattr(stages, "tune_decision", tuned)  # what is chosen by, without training for it
    made = choose(Task(Candidate("", tuple(merits)), Dataset((), ""), Split((), (), ()), 0))
    assert made.app.variant == best
    assert [one.variant for one in made.candidates] == ["a", "b"]
