"""What goes out comes back the same."""

import hashlib
import hmac
import json
import re

import numpy as np
import pandas as pd
import pytest
from exports_made import counts, motion_set, sound_set, table

from ml.data.exports import FORMATS
from ml.data.exports.edge_impulse import UNSIGNED
from ml.data.exports.takes import export
from ml.data.imports.foreign import Asked
from ml.data.imports.importing import import_all
from ml.data.manifest import load


def by_label(folder, sensor):
    """(subject, label, bytes of the samples, rate) of all recordings, in any order."""
    items = load(folder, sensor).items
    return sorted((one.subject, one.label, one.recording.samples.tobytes(), one.recording.rate_mhz) for one in items)


@pytest.mark.parametrize("columns", [3, 6])
@pytest.mark.parametrize("rate", [50.0, 33.3, 119.0])
def test_motion_goes_out_to_edge_impulse_and_comes_back_the_same(tmp_path, columns, rate):
    sensor = "imu" if columns == 6 else "accel"
    data = motion_set(tmp_path / "in", columns=columns, rate=rate, each=2)
    export(data, tmp_path / "out", FORMATS["edge-impulse"])
    import_all([tmp_path / "out"], tmp_path / "back", Asked(), "", "")
    assert by_label(tmp_path / "back", sensor) == by_label(data, sensor)


@pytest.mark.parametrize("kind", ["edge-impulse", "wav", "csv"])
def test_sound_goes_out_and_comes_back_the_same(tmp_path, kind):
    data = sound_set(tmp_path / "in")
    export(data, tmp_path / "out", FORMATS[kind])
    back = tmp_path / "out"
    if kind == "edge-impulse":
        back = import_all([back], tmp_path / "back", Asked(), "", "").folder
    assert by_label(back, "mic") == by_label(data, "mic")


def test_csv_is_a_data_set_of_our_own_form_with_activity_kept(tmp_path):
    data = motion_set(tmp_path / "in", each=1)
    take = table(counts("wave", 7)).assign(active=[0] * 20 + [1] * 50 + [0] * 30)
    take.to_csv(data / "ann" / "wave_0.csv", index=False)
    export(data, tmp_path / "out", FORMATS["csv"])
    assert by_label(tmp_path / "out", "imu") == by_label(data, "imu")
    (kept,) = load(tmp_path / "out", "imu").takes()
    assert kept.recording.active.tolist() == (take.active == 1).tolist()


def test_a_whole_take_has_a_label_for_each_stretch_at_edge_impulse(tmp_path):
    data = motion_set(tmp_path / "in", each=1)
    table(counts("wave", 7)).assign(active=[0] * 20 + [1] * 50 + [0] * 30).to_csv(
        data / "ann" / "wave_0.csv", index=False
    )
    export(data, tmp_path / "out", FORMATS["edge-impulse"])
    entries = json.loads((tmp_path / "out" / "info.labels").read_text())["files"]
    (take,) = [entry["label"] for entry in entries if entry["label"]["type"] == "multi-label"]
    assert [(part["label"], part["startIndex"], part["endIndex"]) for part in take["labels"]] == [
        ("none", 0, 19),
        ("wave", 20, 69),
        ("none", 70, 99),
    ]


def test_parquet_holds_every_sample_with_its_label_and_time(tmp_path):
    data = motion_set(tmp_path / "in", each=1)
    export(data, tmp_path / "out", FORMATS["parquet"])
    made = pd.read_parquet(tmp_path / "out" / "imu.parquet")
    for item in load(data, "imu").items:
        rows = made[made.file == item.file]
        assert set(rows.label) == {item.label}
        back = np.rint(rows[["ax", "ay", "az"]].to_numpy() * 2048 / 9.80665)
        assert np.array_equal(back, item.recording.samples[:, :3])
        assert np.array_equal(np.diff(rows.timestamp_us), np.full(99, 20000))


def test_the_document_is_unsigned_without_a_key_and_signed_as_the_forwarder_does_with_one(tmp_path, ml):
    data = motion_set(tmp_path / "in", each=1)
    ml("data", "export", data, "--format", "edge-impulse", "--out", tmp_path / "plain", EI_HMAC_KEY="")
    ml("data", "export", data, "--format", "edge-impulse", "--out", tmp_path / "signed", "--hmac-key", "secret")
    plain, signed = (
        next((tmp_path / kind / "training").glob("wave*.json")).read_text() for kind in ("plain", "signed")
    )
    document = json.loads(plain)
    assert (document["protected"]["alg"], document["signature"]) == ("none", UNSIGNED)
    assert document["payload"]["interval_ms"] == 20
    assert [sensor["units"] for sensor in document["payload"]["sensors"]] == ["m/s2"] * 3 + ["dps"] * 3
    signature = json.loads(signed)["signature"]
    zeroed = signed.replace(signature, UNSIGNED)
    assert json.loads(signed)["protected"]["alg"] == "HS256"
    assert hmac.new(b"secret", zeroed.encode(), hashlib.sha256).hexdigest() == signature


def test_wav_of_motion_is_counts_and_a_rate_that_is_no_whole_number_is_one_line(tmp_path, ml):
    export(motion_set(tmp_path / "in", each=1), tmp_path / "out", FORMATS["wav"])
    assert len(list((tmp_path / "out").rglob("*.wav"))) == 9
    odd = motion_set(tmp_path / "odd", each=1, rate=33.3)
    done = ml("data", "export", odd, "--format", "wav", "--out", tmp_path / "none", status=1)
    assert re.fullmatch(r"python -m ml: .*use csv\n", done.stderr)
    assert not (tmp_path / "none").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path, ml):
    data = motion_set(tmp_path / "in", each=1)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    done = ml("data", "export", data, "--format", "csv", "--out", tmp_path / "out", status=1)
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]
