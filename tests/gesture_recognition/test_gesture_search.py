"""tools/studies/gesture_search.py searches with as many simulated people as were asked for. All of it takes minutes."""

import pytest

from ml.gesture_recognition.config import Config
from ml.pipeline.contract import APPS, find
from tests import command

PROGRAM = "tools/studies/gesture_search.py"


@pytest.fixture(autouse=True)
def apps(monkeypatch):
    """The study puts an application of its own in the place of ours."""
    monkeypatch.setitem(APPS, "gesture_recognition", APPS["gesture_recognition"])


def test_there_are_as_many_people_as_were_asked_for_each_with_half_of_the_gestures(monkeypatch):
    from tools.studies import gesture_search  # noqa: PLC0415 - it changes APPS

    monkeypatch.setitem(APPS, "gesture_recognition", f"{gesture_search.__name__}:many")
    monkeypatch.setenv(gesture_search.PEOPLE, "7")
    made = find("gesture_recognition").data(None, 0)
    assert len(made.subjects) == 7
    left = sum((item.subject, item.label) == ("sim_g", "left") for item in made.items)
    usual = Config().synthesis.repetitions
    assert usual // 2 <= left < usual


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--people", 6, "--hold-out", "sim_g"], "sim_g"),
        (["--people", 5], "6<=x<=26"),
        (["--quick"], "expected no --quick"),
        (["--board", "toaster"], "found 'toaster'"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, monkeypatch, words, said):
    monkeypatch.delenv("THIMBLE_STUDY_PEOPLE", raising=False)
    done = command.script(PROGRAM, *words, "--out", tmp_path, status=1)
    assert said in done.stderr and len(done.stderr.splitlines()) == 1
