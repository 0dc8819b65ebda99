"""What an application must say, what it gets for nothing, and how one of its candidates is chosen."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from ml.data.streams import Stream
from ml.errors import UserError
from ml.evaluate.streams import Scored
from ml.files import write_json
from ml.link.sensor_bus import SENSORS
from ml.paths import ROOT
from ml.pipeline import cache
from ml.pipeline.contract import APPS, App, find
from ml.pipeline.stages import STAGES, choose
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


@pytest.mark.parametrize(
    ("merits", "best"),
    [([0.5, 0.9], 1), ([-3.0, -1.0], 1), ([0.7, 0.7], 0), ([None, None], 0), ([None, -5.0], 1)],
)
def test_the_candidate_with_the_highest_merit_is_taken_the_first_of_equals(monkeypatch, tmp_path, merits, best):
    monkeypatch.setattr(cache, "STAGES", tmp_path / "stages")
    tunings = [tmp_path / name for name in "ab"]
    for folder, merit in zip(tunings, merits, strict=True):
        folder.mkdir()
        write_json(folder / "decision.json", {"merit": merit})
    kept = json.loads((choose(["a", "b"], tunings) / "choice.json").read_text())
    assert kept == {"chosen": best, "merits": dict(zip("ab", merits, strict=True))}


def test_the_stages_read_as_they_run():
    names = [stage.__name__ for stage in STAGES]
    assert names == ["examples", "train", "compress", "convert", "tune", "judge", "emit"]


def test_the_rooms_of_the_pipeline_depend_on_each_other_one_way():
    rooms = (
        "data",
        "train",
        "compress",
        "compiler",
        "evaluate",
        "report",
        "pipeline",
        "trial",
        "image",
        "update",
        "commands",
    )
    uses = {room: _imported(ROOT / "ml" / room) for room in rooms}
    assert [(one, other) for one in rooms for other in uses[one] if one != other and one in uses.get(other, ())] == []


def _imported(folder: Path) -> set[str]:
    """The rooms of `ml` that the files of one import."""
    text = "".join(path.read_text() for path in folder.rglob("*.py"))
    return set(re.findall(r"^ *from ml\.(\w+)", text, re.MULTILINE))
