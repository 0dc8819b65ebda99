"""A committed header judged by a folder, and the learning curve, through the command line."""

import json
import re
import shutil

import pytest

from ml.data import manifest
from ml.data.synthesis import Plan, generate, machines
from ml.evaluate.timeline import by_subject
from ml.paths import ROOT
from ml.pipeline.contract import find
from ml.report import page
from ml.trial.committed import committed
from ml.trial.learning_curve import sizes

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
    assert half["all"]["hours"] == pytest.approx(whole["all"]["hours"] / 2, rel=0.03)
    assert list(half["subjects"]) == list(whole["subjects"])


def test_a_folder_of_unknown_gestures_counts_every_event_as_false(ml, quick, folder, tmp_path):
    other = shutil.copytree(folder, tmp_path / "set")
    text = (other / "manifest.csv").read_text().splitlines()
    rows = [row.replace(f",{row.split(',')[1]},", ",juggle,") for row in text[1:]]
    (other / "manifest.csv").write_text("\n".join([text[0], *rows]) + "\n")
    made = judged(ml, "--model", quick, "--data", other)
    assert made["recordings"] is made["streams"] is None
    unknown = made["unknown"]
    assert list(unknown["by_label"]) == ["juggle"]
    assert unknown["all"]["movements"] == unknown["all"]["hits"] == 0
    assert unknown["all"]["false_detections"] > 0  # these are the gestures that it knows
    assert unknown["all"]["hours"] > 0.05
    assert "each event is false" in ml("evaluate", APP, "--model", quick, "--data", other).stdout


def test_what_disturbs_the_sensor_changes_recordings_and_streams_and_the_seed_brings_it_back(ml, quick, folder):
    words = ("--snr", 0, "--noise", "pink", "--gain", -6, "--rotate", 60)
    clean, first, again = (judged(ml, "--model", quick, "--data", folder, *more) for more in ((), words, words))
    assert first == again
    assert first["under"] == "--rotate 60 --snr 0 --noise pink --gain -6"
    assert clean["under"] == "clean"
    assert first["recordings"]["right"] < clean["recordings"]["right"]
    assert first["streams"]["all"]["hits"] < clean["streams"]["all"]["hits"]
    other = judged(ml, "--model", quick, "--data", folder, *words, "--seed", 5)
    assert other["recordings"]["confusion"] != first["recordings"]["confusion"]


def test_a_header_with_another_front_end_than_the_sources_is_not_judged_as_if_it_were_theirs(
    ml, quick, folder, tmp_path
):
    header = tmp_path / f"{APP}_model.h"
    header.write_text((quick / header.name).read_text().replace("33300, // rate", "33400, // rate"))
    done = ml("evaluate", APP, "--model", tmp_path, "--data", folder, status=1)
    assert "the front end that ml/gesture_recognition has now, found another (not there: '33300,')" in done.stderr


def test_data_at_another_rate_than_the_headers_are_refused_with_the_reason(ml, tmp_path):
    machines.generate(machines.Plan(speeds=2, seconds=15, rate_hz=400), 1, tmp_path / "fast")
    done = ml("evaluate", "vibration_anomaly", "--data", tmp_path / "fast", status=1)
    assert re.search(
        r"expected \d+ Hz, the rate of vibration_anomaly_model.h, found 400 Hz: .* not mean the", done.stderr
    )
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_anomaly_detector_has_an_area_for_each_speed_and_one_for_all_together(ml, tmp_path):
    rate = committed(find("vibration_anomaly"), ROOT / "lib/vibration_anomaly_model").rate_mhz / 1000
    plan = machines.Plan(speeds=2, seconds=120, rate_hz=rate)  # a machine is judged when it has settled
    machines.generate(plan, 1, tmp_path / "set")
    made = json.loads(ml("evaluate", "vibration_anomaly", "--data", tmp_path / "set", "--json").stdout)
    speeds = made["recordings"]["by_subject"]
    assert len(speeds) == 2
    found = [one["more"] for one in [*speeds.values(), made["recordings"]]]
    assert sum(bool(one["auc_windows"]) for one in found) >= 2
    # A machine that runs too slowly to be told from one that is off has no windows to judge.
    assert all((one["auc_windows"] is None) == (0 in one["windows"]) for one in found)
    assert made["recordings"]["more"]["windows"] == [
        sum(column) for column in zip(*(one["more"]["windows"] for one in speeds.values()), strict=True)
    ]


def test_the_table_of_disturbances_goes_into_the_report_of_the_model(ml, quick, tmp_path):
    run = shutil.copytree(quick, tmp_path / "run")
    words = ("--only", "frozen", "--only", "offset 8,000", "--hours", 0.02, "--out", run)
    made = json.loads(ml("robustness", APP, "--json", *words).stdout)
    assert [row["name"] for row in made["rows"]] == ["clean", "offset 8,000 counts", "frozen"]
    clean, _, frozen = made["rows"]
    assert clean["recordings"]["right"] == json.loads((quick / "metrics.json").read_text())["int8"]["right"]
    assert clean["streams"]["hits"] > frozen["streams"]["hits"] == 0
    assert made["hours"] == pytest.approx(0.02, rel=0.03)
    assert json.loads((run / "robustness.json").read_text()) == made
    again = ml("robustness", APP, "--json", *words)  # rows that are there are not made again
    assert json.loads(again.stdout) == made
    assert [line for line in again.stderr.splitlines() if "as before" in line] == [
        f"{row['name']}: as before" for row in made["rows"]
    ]
    report = (run / "report.html").read_text()
    assert "<h2>Robustness</h2>" in report
    assert "--offset 8000" in report
    (run / "robustness.json").write_text(json.dumps(made | {"model": "another"}))
    assert "Robustness" not in page.write(run).read_text()
    done = ml("robustness", APP, "--only", "nonsense", "--out", run, status=1)
    assert "--only: expected a part of a name (clean, gain" in done.stderr


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
