"""A committed header judged by a folder, and the learning curve, through the command line."""

import json
import shutil

import pytest

from ml.data import manifest
from ml.data.synthesis import Plan, generate
from ml.evaluate.learning_curve import sizes
from ml.evaluate.timeline import by_subject

APP = "gesture_recognition"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """People whom the quick run's model has not met."""
    return generate(Plan(people=2, repetitions=2, background_s=5), 77, tmp_path_factory.mktemp("set") / "set")


def judged(ml, *words) -> dict:
    return json.loads(ml("evaluate", APP, "--json", *words).stdout)


def test_a_folder_is_judged_with_intervals_by_subject_and_as_streams(ml, quick, folder, tmp_path):
    made = judged(ml, "--model", quick, "--data", folder, "--plot", tmp_path, "--out", tmp_path / "made.json")
    found = made["recordings"]
    assert made["model"] == json.loads((quick / "compiled.json").read_text())["model"]
    assert not made["trained_with_this_data"]
    assert list(found["by_subject"]) == made["subjects"] == ["sim_a", "sim_b"]
    assert sum(one["right"] for one in found["by_subject"].values()) == found["right"]
    assert found["interval"][0] < found["accuracy"] < found["interval"][1] or found["accuracy"] in (0, 1)
    assert made["streams"]["all"]["movements"] == 2 * 10 * 2
    assert (
        made["streams"]["decision"]["smoothing"]
        == json.loads((quick / "decision.json").read_text())["config"]["smoothing"]
    )
    assert json.loads((tmp_path / "made.json").read_text()) == made
    assert len(list(tmp_path.glob("*.svg"))) == 3


def test_data_that_the_model_was_trained_with_is_called_so(ml, quick):
    run = json.loads((quick / "data.json").read_text())
    data = manifest.load(generate(_plan(), 0))
    assert data.hash == run["hash"]
    done = ml("evaluate", APP, "--model", quick, "--data", generate(_plan(), 0))
    assert "this is the data that the model was trained with" in done.stderr


def _plan() -> Plan:
    from ml.gesture_recognition.app import GestureRecognition  # noqa: PLC0415 - the application's own

    return GestureRecognition().quick().config.synthesis


def test_recordings_of_classes_that_the_model_does_not_know_are_named_and_not_judged(ml, quick, folder, tmp_path):
    other = shutil.copytree(folder, tmp_path / "set")
    text = (other / "manifest.csv").read_text()
    (other / "manifest.csv").write_text(text.replace(",shake_lr,", ",juggle,"))
    made = judged(ml, "--model", quick, "--data", other)
    assert made["unknown_labels"] == ["juggle"]
    assert "juggle" not in made["labels"]


def test_a_part_of_the_streams_is_the_first_of_them_and_of_each(ml, quick, folder):
    whole = judged(ml, "--model", quick, "--data", folder)["streams"]
    first = judged(ml, "--model", quick, "--data", folder, "--limit", 1)["streams"]
    assert first["subjects"] == {"sim_a": whole["subjects"]["sim_a"]}
    half = judged(ml, "--model", quick, "--data", folder, "--hours", whole["all"]["hours"] / 2)["streams"]
    assert half["all"]["hours"] == pytest.approx(whole["all"]["hours"] / 2, rel=0.01)
    assert list(half["subjects"]) == list(whole["subjects"])


def test_a_folder_without_a_model_is_one_line(ml, folder, tmp_path):
    done = ml("evaluate", APP, "--model", tmp_path, "--data", folder, status=1)
    assert "expected a generated header, found none" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_sizes_are_halves_of_halves():
    assert sizes(30, 4) == [4, 8, 15, 30]
    assert sizes(2, 4) == [1, 2]


def test_what_a_timeline_keeps_gives_the_counts_of_its_streams(quick):
    metrics, streams = (json.loads((quick / f"{name}.json").read_text()) for name in ("metrics", "streams"))
    (tally,) = by_subject(streams).values()
    assert tally.summary() == metrics["stream"]


def test_the_operating_point_moves_with_the_target(ml, quick, tmp_path):
    shutil.copytree(quick, tmp_path / "run")
    made = {}
    for target in (0, 1000):
        words = ("--target-false-alarms-per-hour", target, "--out", tmp_path / "run", "--json")
        made[target] = json.loads(ml("stream", APP, *words).stdout)
        assert made[target]["target_per_hour"] == target
    assert made[0]["decision"]["threshold"] >= made[1000]["decision"]["threshold"]
    assert made[0]["all"]["hits"] <= made[1000]["all"]["hits"]
    ml("compile", APP, "--target-false-alarms-per-hour", 1000, "--out", tmp_path / "run")
    assert "at most 1000 false alarms an hour asked" in (tmp_path / "run" / f"{APP}_model.h").read_text()
    assert json.loads(ml("stream", APP, "--out", tmp_path / "run", "--json").stdout)["all"] == made[1000]["all"]


def test_a_board_runs_what_is_compiled(ml, quick):
    done = ml("stream", APP, "--on", "virtual", "--target-false-alarms-per-hour", 1, "--out", quick, status=1)
    assert "give it to: python -m ml compile" in done.stderr
