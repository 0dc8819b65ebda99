"""Data sets of our own form become one, also from archives; what cannot be read is told and left out."""

import zipfile

import numpy as np
import pandas as pd
import pytest

from ml.data.imports.foreign import Asked
from ml.data.imports.importing import import_all
from ml.data.manifest import load
from ml.errors import UserError

ROWS = "ax,ay,az\n0,0,9.8\n0,0.1,9.8\n0,0,9.7\n"


def data_set(folder, name, rows, header="file,label,subject,sample_rate_hz"):
    made = folder / name
    made.mkdir()
    (made / "manifest.csv").write_text("\n".join([header, *rows]) + "\n")
    return made


def packed(archive, members):
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for member, text in members.items():
            file.writestr(member, text)


def bring(out, *folders):
    return import_all(list(folders), out, Asked(), "", "")


def manifest(folder):
    return pd.read_csv(folder / "manifest.csv", dtype=str, keep_default_na=False)


@pytest.fixture
def two(tmp_path):
    """One with files, one with an archive; a person of the same name in both."""
    plain = data_set(tmp_path, "plain", ["a.csv,fall,S01,20"])
    (plain / "a.csv").write_text(ROWS)
    zipped = data_set(
        tmp_path, "zipped", ["x.zip/b.csv,adl,s01,50,TAG", "x.zip/c.csv,adl,s02,50,TAG"],
        "file,label,subject,rate,sensor",
    )  # fmt: skip
    packed(zipped / "x.zip", {"b.csv": ROWS.replace("9.8", "9.9"), "c.csv": ROWS.replace("9.8", "9.6")})
    return plain, zipped


def test_folders_with_manifests_become_one_whose_recordings_load(tmp_path, two):
    found = bring(tmp_path / "out", *two)
    assert (found.recordings, found.notes) == (3, [])
    data = load(tmp_path / "out", "accel")
    assert [(item.file, item.recording.rate_mhz) for item in data.items] == [
        ("plain/a.csv", 20_000), ("zipped/x.zip/b.csv", 50_000), ("zipped/x.zip/c.csv", 50_000),
    ]  # fmt: skip
    assert data.items[1].more["worn"] == "TAG"
    assert np.allclose(data.items[1].recording.samples[0], [0, 0, 2068], atol=1)


def test_people_of_the_same_name_in_two_folders_stay_two(tmp_path, two):
    bring(tmp_path / "out", *two)
    assert manifest(tmp_path / "out").subject.tolist() == ["plain_S01", "zipped_s01", "s02"]


def test_a_damaged_member_is_told_and_left_out(tmp_path, two):
    archive = two[1] / "x.zip"
    damaged = bytearray(archive.read_bytes())
    damaged[:30] = bytes(30)
    archive.write_bytes(damaged)
    found = bring(tmp_path / "out", *two)
    assert found.recordings == 2
    assert "zipped/x.zip/b.csv: cannot be read" in found.notes[0]


@pytest.mark.parametrize("file", ["../a.csv", "x.zip/../../a.csv", "/etc/passwd"])
def test_no_name_of_a_manifest_leads_out_of_its_folder(tmp_path, two, file):
    (two[1] / "manifest.csv").write_text(f"file,label,subject,sample_rate_hz\n{file},adl,s02,50\n")
    with pytest.raises(UserError, match=r"expected files inside its folder|expected recordings that can be read"):
        bring(tmp_path / "out", two[1])
    assert not (tmp_path / "out").exists()


def test_folders_of_the_same_name_are_refused(tmp_path, two):
    (tmp_path / "more").mkdir()
    other = data_set(tmp_path / "more", "plain", ["a.csv,fall,S01,20"])
    with pytest.raises(UserError, match="folders of different names"):
        bring(tmp_path / "out", two[0], other)
