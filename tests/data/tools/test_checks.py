"""Each kind of fault is planted once in a good data set and must be the one that is found."""

import json

import numpy as np
import pandas as pd
import pytest
from exports_made import counts, motion_set, sound_set, table, tone

from ml.data.audio import write_audio
from ml.data.checking.check import check
from ml.data.checking.duplicates import correlation
from ml.data.manifest import load


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return motion_set(tmp_path_factory.mktemp("data") / "good", each=6)


def planted(folder, good, file, frame):
    """A copy of the good data set in which one file is another."""
    rows = pd.read_csv(good / "manifest.csv")
    for name in rows.file:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((good / name).read_bytes())
    rows.to_csv(folder / "manifest.csv", index=False)
    if frame is not None:
        frame.to_csv(folder / file, index=False)
    return folder


def test_nothing_is_found_in_good_recordings(good):
    report = check(good)
    assert report.told == ()
    assert report.neighbours_right == {"imu": 1.0}


def stamped(step_us=20_000.0, gap=0, frame=None):
    frame = table(counts("wave", 900)) if frame is None else frame
    times = np.arange(len(frame)) * step_us
    times[50:] += gap * step_us
    return frame.assign(timestamp_us=times.round().astype(int))


def clipped():
    made = counts("wave", 900)
    made[:, 0] = np.clip(made[:, 0].astype(int) * 4, -8192, 8191)
    return table(made)


FAULTS = {
    "clipped": clipped,
    "gap": lambda: stamped(gap=5),
    "drift": lambda: stamped(step_us=20_000 * 1.04),
    "rate": lambda: stamped(step_us=10_000),
    "time": lambda: stamped(gap=-10),
    "units": lambda: table(counts("wave", 900)).mul([1 / 9.80665] * 3 + [1] * 3),
    "stuck": lambda: table(counts("wave", 900)).assign(gy=12.5),
    "constant": lambda: table(np.tile(counts("wave", 900)[:1], (100, 1))),
    "label": lambda: table(counts("punch", 900)),
    "unreadable": lambda: table(counts("wave", 900)).replace({"ax": {0.0: np.nan}}).assign(ay=np.nan),
    "duplicate": lambda: table(counts("wave", 1)),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_planted_fault_is_found_and_named(tmp_path, good, kind):
    report = check(planted(tmp_path, good, "bob/wave_0.csv", FAULTS[kind]()))
    found = {one.kind for one in report.told if one.file == "bob/wave_0.csv"}
    assert kind in found
    # What is wrong in itself may well look like something else too.
    assert found <= {kind, "label", "unreadable"}
    assert {one.file for one in report.told} == {"bob/wave_0.csv"}


def test_wrong_columns_and_cut_files_are_unusable_and_strict_fails(tmp_path, good, ml):
    folder = planted(tmp_path / "data", good, "ann/punch_0.csv", pd.DataFrame({"x": [1], "y": [2]}))
    done = ml("data", "check", folder, "--strict", "--json", "--out", tmp_path / "out", status=1)
    made = json.loads(done.stdout)
    assert (made["unusable"], made["kinds"]) == (1, {"unreadable": 1})
    assert "punch_0" in (tmp_path / "out" / "check.html").read_text()
    assert json.loads((tmp_path / "out" / "check.json").read_text()) == made
    ml("data", "check", folder)


def test_the_same_recording_of_another_person_is_the_worst_duplicate(tmp_path, good):
    folder = planted(tmp_path, good, "cem/wave_0.csv", table(counts("wave", 3)))
    (found,) = check(folder).told
    assert "of another subject" in found.text


def test_sound_that_is_silent_cut_or_there_twice_with_another_gain_is_found(tmp_path):
    data = sound_set(tmp_path)
    quieter = np.rint(tone(300, 0)[40:] * 0.4)
    write_audio(data / "bob" / "low_0.wav", quieter.astype(np.int16), 16000)
    write_audio(data / "bob" / "low_1.wav", np.zeros(8000, np.int16), 16000)
    whole = (data / "ann" / "high_0.wav").read_bytes()
    (data / "ann" / "high_0.wav").write_bytes(whole[: len(whole) // 2])
    found = {(one.file, one.kind) for one in check(data).told}
    assert found == {
        ("bob/low_1.wav", "constant"),
        ("bob/low_0.wav", "duplicate"),
        ("ann/high_0.wav", "unreadable"),
    }


def test_correlation_finds_the_shift_and_ignores_the_gain():
    rng = np.random.default_rng(0)
    long = rng.normal(0, 100, (2000, 3))
    assert correlation(long[100:1900], long * 3) == pytest.approx(1, abs=1e-4)
    assert abs(correlation(long, rng.normal(0, 100, (2000, 3)))) < 0.2
    assert correlation(np.zeros((9, 1)), long[:, :1]) == 0


def test_what_a_capture_noted_in_its_manifest_is_told(tmp_path, good):
    folder = planted(tmp_path, good, None, None)
    rows = pd.read_csv(folder / "manifest.csv")
    rows["lost_before"], rows["status"], rows["drift_ppm"] = 0, "whole", 20.0
    rows.loc[0, ["lost_before", "status", "drift_ppm"]] = [7, "open", -900.0]
    rows.to_csv(folder / "manifest.csv", index=False)
    assert [one.kind for one in check(folder).told] == ["drift", "gap", "unfinished"]


def test_labels_of_two_spellings_rare_ones_and_a_single_subject_are_told(tmp_path):
    folder = motion_set(tmp_path, people=("ann",), each=12)
    rows = pd.read_csv(folder / "manifest.csv")
    rows.loc[rows.file == "ann/wave_0.csv", "label"] = "Wave"
    rows.to_csv(folder / "manifest.csv", index=False)
    told = {one.kind for one in check(folder).told if not one.file}
    assert told == {"subjects", "labels", "balance"}


def test_show_counts_and_draws(tmp_path, good, ml):
    made = json.loads(ml("data", "show", good, "--json", "--plots", tmp_path / "plots").stdout)
    assert (made["recordings"], made["seconds"], made["rates_hz"]) == (54, 108.0, [50.0])
    lengths = {"seconds": 36.0, "shortest_s": 2.0, "median_s": 2.0, "longest_s": 2.0}
    assert made["labels"]["wave"] == {"recordings": 18, "labels": 1, "subjects": 3} | lengths
    pictures = {path.name: path.read_bytes()[:4] for path in (tmp_path / "plots").iterdir()}
    assert set(pictures) == {"index.html", "labels.png", "subjects.png", "durations.png", "examples.png"}
    assert pictures["labels.png"] == b"\x89PNG"
    assert "54 recordings" in ml("data", "show", good).stdout


def test_list_finds_data_sets_and_says_what_is_wrong_with_others(tmp_path, good, ml):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "manifest.csv").write_text("nonsense\n")
    made = json.loads(ml("data", "list", good.parent, tmp_path / "a", "--json").stdout)
    assert [(one["recordings"], bool(one["problem"])) for one in made] == [(54, False), (0, True)]
    assert made[0]["licence"] == "MIT"
    (tmp_path / "empty").mkdir()
    assert "found none" in ml("data", "list", tmp_path / "empty", status=1).stderr


@pytest.mark.parametrize("task", ["gesture/arduino33ble", "falls/waist20"])
def test_real_labels_are_rarely_doubted(shared, task):
    report = check(shared / "data" / task)
    doubted = [one for one in report.told if one.kind == "label"]
    assert len(doubted) <= 0.01 * report.recordings
    assert not [one for one in report.told if one.kind == "duplicate"]
    assert len(load(shared / "data" / task, "imu").left_out) == report.unusable == 0


def test_a_capture_of_several_sensors_is_shown_checked_and_loaded_for_each(tmp_path, ml):
    folder = motion_set(tmp_path / "motion", each=1)
    rows = pd.read_csv(folder / "manifest.csv").assign(sensor="imu")
    more = []
    for name, sensor, rate in (("analog.csv", "analog", 10), ("mic.wav", "mic", 16000)):
        more.append(
            {"file": f"ann/{name}", "label": "wave", "subject": "ann", "sample_rate_hz": rate, "sensor": sensor}
        )
    (folder / "ann" / "analog.csv").write_text("timestamp_us,a0\n" + "".join(f"{i * 100000},{i}\n" for i in range(9)))
    write_audio(folder / "ann" / "mic.wav", tone(400).astype(np.int16), 16000)
    pd.concat([rows, pd.DataFrame(more)]).to_csv(folder / "manifest.csv", index=False)
    assert check(folder, compare=False).told == ()
    assert (len(load(folder, "imu").items), len(load(folder, "accel").items), len(load(folder, "mic").items)) == (
        9,
        9,
        1,
    )
    assert load(folder, "imu").left_out == ()
    made = json.loads(ml("data", "show", folder, "--json").stdout)
    assert (made["recordings"], made["unreadable"], made["other_sensors"]) == (11, 0, 1)
    done = ml("data", "export", folder, "--format", "parquet", "--out", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["imu.parquet", "mic.parquet"]
    assert "analog.csv" in done.stderr
