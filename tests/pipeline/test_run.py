"""The whole path, through the real command line."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from ml.compiler.host import HostModel
from ml.data.recordings import read
from ml.evaluate import record
from ml.evaluate.record import Rate, Share
from ml.pipeline.cache import STAGES
from ml.pipeline.run import last


def kept(folder, name):
    return json.loads((folder / f"{name}.json").read_text())


def test_a_run_leaves_model_header_figures_and_report(quick):
    names = {path.name for path in quick.iterdir()}
    assert {"model.keras", "model.tflite", "gesture_recognition_model.h", "held_out.npz", "report.html"} <= names
    assert (quick / "gesture_recognition_model.tflite").read_bytes() == (quick / "model.tflite").read_bytes()


def test_the_model_has_learned_something_and_int8_follows_float(quick):
    metrics = kept(quick, "metrics")
    assert metrics["int8"]["accuracy"] > 0.6  # one in eleven by chance
    assert abs(metrics["int8"]["accuracy"] - metrics["float"]["accuracy"]) < 0.06


def test_nobody_tested_was_trained_or_tuned_with(quick):
    split = kept(quick, "data")["split"]
    assert not set(split["test"]) & {*split["train"], *split["validation"], *kept(quick, "decision")["subjects"]}


def test_no_layer_differs_from_tensorflow_lite_micro(quick):
    parity = kept(quick, "metrics")["parity"]
    if parity is None:
        pytest.skip("no tflite-micro on this system")
    assert parity["windows"] == 30
    assert parity["mismatches"] == 0


def test_the_written_header_gives_the_reported_answers(quick):
    held_out = np.load(quick / "held_out.npz")
    answers = HostModel(quick / "gesture_recognition_model.h").run(held_out["inputs"]).argmax(1)
    counts = np.zeros((11, 11), int)
    np.add.at(counts, (held_out["labels"], answers), 1)
    assert counts.tolist() == kept(quick, "metrics")["int8"]["confusion"]


def test_the_header_holds_the_front_end_and_decision_it_was_tuned_with(quick):
    text = (quick / "gesture_recognition_model.h").read_text()
    config = kept(quick, "decision")["config"]
    assert f"{{{', '.join(map(str, config['threshold']))}}}" in text
    assert "#define GESTURE_RECOGNITION_WINDOW 40" in text
    assert "held out of training" in text
    assert not re.search(r"20\d\d-\d\d", text)  # no date


def test_the_header_states_the_counts_that_were_measured(quick):
    found = record.read((quick / "gesture_recognition_model.h").read_text())
    metrics, tuned = kept(quick, "metrics"), kept(quick, "decision")["validation"]
    assert found.accuracy == Share(metrics["int8"]["right"], metrics["int8"]["repetitions"])
    assert found.found == Share(metrics["stream"]["hits"], metrics["stream"]["movements"])
    assert found.false_alarms == Rate(metrics["stream"]["false_detections"], metrics["stream"]["hours"])
    assert found.tuned_found == Share(tuned["hits"], tuned["movements"])
    assert found.tuned_false_alarms == Rate(tuned["false_detections"], tuned["hours"])


def test_model_and_arena_stay_within_20_kb_of_flash_and_12_kb_of_ram(quick):
    compiled = kept(quick, "compiled")
    assert compiled["flash_bytes"] < 16_000  # kernels take the rest
    assert compiled["arena_bytes"] < 8_000


def test_the_report_needs_no_network_and_shows_every_part(quick):
    text = (quick / "report.html").read_text()
    assert not re.search(r"(?:src|href)=.http|<script|@import|url\(http", text)
    parts = ("Simulated people", "quick trial", "Accuracy", "As a stream", "Training", "Memory", "Make it again")
    for part in parts:
        assert part in text
    assert text.count("<svg") >= 6
    assert "\\n" not in text


def test_the_same_data_and_seed_give_the_same_header_byte_for_byte(ml, quick, tmp_path):
    header = (quick / "gesture_recognition_model.h").read_bytes()
    ml("run", "gesture_recognition", "--quick", "--seed", 0, "--out", tmp_path, THIMBLE_CACHE=tmp_path / "cache")
    assert (tmp_path / "gesture_recognition_model.h").read_bytes() == header
    assert (tmp_path / "report.html").read_bytes() == (quick / "report.html").read_bytes()


def test_a_second_run_repeats_nothing(ml, quick, tmp_path):
    before = finished()
    done = ml("run", "gesture_recognition", "--quick", "--out", tmp_path)
    assert {line for line in done.stderr.splitlines() if line.startswith("train")} == {"train: as before"}
    assert before.items() <= finished().items()


def finished():
    """Steps whose results are kept, and when they were made; not what other runs are making now."""
    return {path: path.stat().st_mtime_ns for path in STAGES.iterdir() if not path.name.startswith("tmp")}


def test_the_steps_one_by_one_come_to_the_same(ml, quick, tmp_path):
    ml("train", "gesture_recognition", "--quick", "--out", tmp_path)
    ml("quantise", "gesture_recognition", "--out", tmp_path)
    assert (tmp_path / "model.tflite").read_bytes() == (quick / "model.tflite").read_bytes()
    assert not (tmp_path / "gesture_recognition_model.h").exists()


def test_exported_streams_are_recordings_of_the_unseen_person_with_their_truth(ml, quick):
    done = ml("export-stream", "gesture_recognition", "--out", quick)
    recording, truth = done.stdout.split()
    samples = read(recording, 33.3)
    rows = list(csv.DictReader(Path(truth).read_text().splitlines()))
    assert len(rows) == kept(quick, "metrics")["stream"]["movements"]
    assert all(samples.active[int(row["start"]) : int(row["end"])].all() for row in rows)
    assert len(last("gesture_recognition", str(quick)).application().inputs(samples.samples, 33_300).windows) > 500
