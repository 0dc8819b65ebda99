"""Data sets: what a manifest may say, and what is refused."""

import numpy as np
import pytest

from ml.data import manifest
from ml.data.quality.report import review
from ml.data.rows import read_rows
from ml.errors import UserError

ROW = "lax,lay,laz,gx,gy,gz\n0,0,0,0,0,0\n"


def data_set(folder, rows, header="file,label,subject,sample_rate_hz", files=("a/one.csv", "b/two.csv")):
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ROW)
    (folder / "manifest.csv").write_text(header + "\n" + "\n".join(rows) + "\n")
    return folder


GOOD = ["b/two.csv,right,bob,50", "a/one.csv,left,ann,33.3"]


def test_items_are_sorted_and_know_their_subject_label_and_rate(tmp_path):
    made = manifest.load(data_set(tmp_path, GOOD))
    assert [(item.file, item.label, item.subject, item.recording.rate_mhz) for item in made.items] == [
        ("a/one.csv", "left", "ann", 33300),
        ("b/two.csv", "right", "bob", 50000),
    ]
    assert made.subjects == ["ann", "bob"]


def test_noise_is_nobodys_and_nameless_speech_is_somebody_of_its_own(tmp_path):
    rows = ["a/one.csv,noise,,50", "b/two.csv,speech,,50"]
    made = read_rows(data_set(tmp_path, rows, "file,label,subject,rate") / "manifest.csv")
    assert [(row.subject, row.rate_hz) for row in made] == [("none", 50), ("two", 50)]


def test_a_folder_below_the_manifest_restricts_to_it(tmp_path):
    made = manifest.load(data_set(tmp_path, GOOD) / "a")
    assert [item.file for item in made.items] == ["a/one.csv"]


def test_the_hash_depends_on_content_and_labels_and_not_on_the_place_or_the_order_of_rows(tmp_path):
    one = manifest.load(data_set(tmp_path / "one", GOOD)).hash
    assert manifest.load(data_set(tmp_path / "two", GOOD[::-1])).hash == one
    assert manifest.load(data_set(tmp_path / "three", [GOOD[0], "a/one.csv,up,ann,33.3"])).hash != one
    other = data_set(tmp_path / "four", GOOD)
    (other / "a/one.csv").write_text(ROW.replace("0,0\n", "0,1\n"))
    assert manifest.load(other).hash != one


def test_the_manifest_of_real_gestures_is_read(shared):
    made = manifest.load(shared / "data" / "gesture" / "uhh")
    assert made.subjects == ["uhh_j", "uhh_na", "uhh_s"]
    assert len(made.takes()) == 30
    assert len(made.repetitions()) == 301
    assert len(made.labels) == 10


BAD = {
    "missing file": (["none.csv,left,ann,33.3"], "none.csv"),
    "a folder in place of a file": (["a,left,ann,33.3"], "'a'"),
    "leaves the folder": (["../outside.csv,left,ann,33.3"], "inside its folder"),
    "absolute path": (["/etc/passwd,left,ann,33.3"], "inside its folder"),
    "no file": ([",left,ann,33.3"], "inside its folder"),
    "the same file twice": ([GOOD[0], GOOD[0]], "twice"),
    "no label": (["a/one.csv,,ann,33.3"], "label"),
    "a label that is no name": (['a/one.csv,"a""b",ann,33.3'], "label"),
    "no subject": (["a/one.csv,left,,33.3"], "subject"),
    "no rate": (["a/one.csv,left,ann,"], "sample_rate_hz"),
    "rate of zero": (["a/one.csv,left,ann,0"], "sample_rate_hz"),
    "rate not a number": (["a/one.csv,left,ann,nan"], "sample_rate_hz"),
    "no rows": ([], "expected rows"),
}


@pytest.mark.parametrize(("rows", "word"), BAD.values(), ids=BAD.keys())
def test_a_bad_manifest_is_one_line_that_says_what_is_wrong(tmp_path, rows, word):
    (tmp_path / "outside.csv").write_text(ROW)
    with pytest.raises(UserError) as caught:
        manifest.load(data_set(tmp_path / "set", rows))
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "outside.csv").write_text(ROW)
    folder = data_set(tmp_path / "set", ["link.csv,left,ann,33.3"])
    (folder / "link.csv").symlink_to(tmp_path / "outside.csv")
    with pytest.raises(UserError, match="inside its folder"):
        manifest.load(folder)


@pytest.mark.parametrize("missing", ["file", "label", "subject", "sample_rate_hz"])
def test_a_missing_column_is_named(tmp_path, missing):
    header = ",".join(name for name in ("file", "label", "subject", "sample_rate_hz") if name != missing)
    with pytest.raises(UserError, match=f"missing {missing}"):
        manifest.load(data_set(tmp_path, ["x,y,z"], header))


@pytest.mark.parametrize("kind", ["nothing", "file", "no manifest", "binary manifest"])
def test_a_folder_that_is_no_data_set_is_one_line(tmp_path, kind):
    folder = tmp_path / "set"
    if kind == "file":
        folder.write_text("")
    elif kind != "nothing":
        folder.mkdir()
    if kind == "binary manifest":
        (folder / "manifest.csv").write_bytes(bytes(range(256)))
    with pytest.raises(UserError, match="expected"):
        manifest.load(folder)


@pytest.mark.parametrize("remark", ["two\nlines", "ends in \\", "??/", "\x1b[2J", "x" * 300])
@pytest.mark.parametrize("column", ["session", "source", "licence"])
def test_a_remark_that_could_leave_its_comment_in_the_header_is_refused(tmp_path, column, remark):
    rows = [f'a/one.csv,left,ann,33.3,"{remark}"']
    folder = data_set(tmp_path, rows, f"file,label,subject,sample_rate_hz,{column}")
    with pytest.raises(UserError, match=f"expected a {column} of one line"):
        manifest.load(folder)


def takes(folder, **files):
    """Recordings with samples of their own: name -> (seed, label, subject)."""
    lines = []
    for name, (seed, label, subject) in files.items():
        values = np.random.default_rng(seed).normal(0, 5, (20, 6)).round(3)
        text = "\n".join(",".join(map(str, row)) for row in values.tolist())
        (folder / f"{name}.csv").write_text(f"lax,lay,laz,gx,gy,gz\n{text}\n")
        lines.append(f"{name}.csv,{label},{subject},50")
    return data_set(folder, lines, files=())


@pytest.mark.parametrize("again", ["./ann.csv", "x/../ann.csv", "link.csv", "hard.csv", "ann.csv"])
def test_the_same_file_under_two_names_is_refused_with_both(tmp_path, again):
    takes(tmp_path, ann=(1, "left", "ann"))
    (tmp_path / "x").mkdir()
    (tmp_path / "link.csv").symlink_to("ann.csv")
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "ann.csv")
    data_set(tmp_path, ["ann.csv,left,ann,50", f"{again},left,bob,50"], files=())
    with pytest.raises(UserError, match=r"expected each file once, found 'ann\.csv'") as caught:
        manifest.load(tmp_path)
    assert repr(again) in str(caught.value)


def test_the_same_samples_as_two_peoples_are_left_out_and_both_are_named(tmp_path):
    takes(tmp_path, one=(1, "left", "ann"), two=(1, "left", "bob"), three=(2, "left", "ann"), four=(3, "up", "bob"))
    made = manifest.load(tmp_path)
    assert [item.file for item in made.items] == ["four.csv", "three.csv"]
    assert {one.file for one in made.left_out} == {"one.csv", "two.csv"}
    assert "as subject ann and bob" in made.left_out[0].reason


def test_the_same_samples_under_two_labels_are_left_out(tmp_path):
    takes(tmp_path, one=(1, "left", "ann"), two=(1, "up", "ann"), three=(2, "left", "bob"))
    made = manifest.load(tmp_path)
    assert [item.file for item in made.items] == ["three.csv"]
    assert "as label left and up" in made.left_out[0].reason


def test_the_same_samples_of_one_person_count_twice_which_is_told(tmp_path):
    takes(tmp_path, one=(1, "left", "ann"), two=(1, "left", "ann"), three=(2, "left", "bob"))
    made = manifest.load(tmp_path)
    assert len(made.items) == 3
    assert made.twice == (("two.csv", "one.csv"),)
    (told,) = review(made)["doubtful"]
    assert (told["file"], told["kind"]) == ("two.csv", "duplicate")


def test_samples_are_compared_and_not_files(tmp_path):
    takes(tmp_path, one=(1, "left", "ann"), two=(1, "left", "bob"), three=(2, "left", "bob"))
    text = (tmp_path / "two.csv").read_text()
    (tmp_path / "two.csv").write_text(text.replace(",", ";").replace(".", ","))
    assert {one.file for one in manifest.load(tmp_path).left_out} == {"one.csv", "two.csv"}


def test_a_recording_whose_time_goes_back_is_left_out_and_import_is_named(tmp_path):
    takes(tmp_path, one=(1, "left", "ann"), two=(2, "left", "bob"))
    lines = (tmp_path / "one.csv").read_text().splitlines()
    stamps = [*range(0, 200_000, 20_000)] * 2
    rows = [f"{stamp},{line}" for stamp, line in zip(stamps, lines[1:], strict=True)]
    (tmp_path / "one.csv").write_text("\n".join([f"timestamp_us,{lines[0]}", *rows]))
    (left_out,) = manifest.load(tmp_path).left_out
    assert "a step back at sample 10" in left_out.reason
    assert "ml data import" in left_out.reason
