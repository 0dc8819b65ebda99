"""Data sets in zip archives, with a label for each sample: as their publishers pack activities."""

import zipfile

import numpy as np
import pytest

from ml.data.manifest import load
from ml.errors import UserError

HEADER = "ax,ay,az,gx,gy,gz,label\n"
DONE = ("Walking", "walking", "sitting down", "walking")


def table(seed: int) -> str:
    """A second of each activity at 100 Hz; the first two are one."""
    chance = np.random.default_rng(seed)
    rows = [(*chance.normal(0, 3, 6).round(2), label) for label in DONE for _ in range(100)]
    return HEADER + "".join(",".join(map(str, row)) + "\n" for row in rows)


@pytest.fixture
def packed(tmp_path):
    with zipfile.ZipFile(tmp_path / "phone.zip", "w") as archive:
        for number, who in enumerate(("ann", "bob")):
            archive.writestr(f"{who}_01.csv", table(number))
    lines = [f"phone.zip/{who}_01.csv,adl,{who},100" for who in ("ann", "bob")]
    (tmp_path / "manifest.csv").write_text("\n".join(["file,label,subject,rate", *lines]) + "\n")
    return tmp_path


def test_a_set_in_archives_with_labels_for_samples_is_read(packed):
    data = load(packed, "imu")
    assert data.labels == ["sitting_down", "walking"] and data.subjects == ["ann", "bob"]
    of_ann = [one for one in data.items if one.subject == "ann"]
    assert [(one.label, len(one.recording.samples)) for one in of_ann] == [
        *(("walking", 200), ("sitting_down", 100), ("walking", 100))
    ]
    assert load(packed, "imu").hash == data.hash
    rows = [line.split(",")[:6] for line in table(0).splitlines()[1:201]]
    accel = np.array(rows, float)[:, :3] * 2048 / 9.80665
    assert np.abs(of_ann[0].recording.samples[:, :3] - accel).max() <= 0.5 + 1e-9


def test_joined_recordings_may_stay_whole_with_the_label_of_their_manifest(packed, ml, tmp_path_factory):
    folder = tmp_path_factory.mktemp("joined") / "whole"
    ml("data", "import", packed, "--whole", "--out", folder)
    data = load(folder, "imu")
    assert data.labels == ["adl"] and [len(one.recording.samples) for one in data.items] == [400, 400]


def test_a_damaged_or_missing_archive_is_told(packed):
    (packed / "phone.zip").write_bytes(b"PK\5\6" + bytes(200))
    with pytest.raises(UserError, match="expected recordings that can be read, found none of 2"):
        load(packed, "imu")
    (packed / "phone.zip").unlink()
    with pytest.raises(UserError, match=r"expected the archive phone\.zip"):
        load(packed, "imu")


def test_an_archive_outside_its_folder_is_refused(packed):
    lines = (packed / "manifest.csv").read_text().replace("phone.zip", "../phone.zip")
    (packed / "manifest.csv").write_text(lines)
    with pytest.raises(UserError, match="expected files inside its folder"):
        load(packed, "imu")
