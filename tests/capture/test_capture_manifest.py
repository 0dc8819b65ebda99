"""The manifest while it is recorded: what a program that died left, what an editor changed, what leads out."""

import csv
import os

import numpy as np
import pytest

from ml.capture import files
from ml.capture.events import Block, Column, Device, Stream
from ml.capture.files import wav_header
from ml.capture.manifest import COLUMNS, MOST_BYTES, Manifest
from ml.capture.take import Naming, Take
from ml.errors import UserError

IMU = Stream("imu", 100.0, tuple(Column(name, "g", 2048) for name in ("ax", "ay", "az")))
DEVICE = Device("app", "board", "", "thimble", (IMU,))


def row(file, **more):
    return dict.fromkeys(COLUMNS, "") | {"file": file, "label": "wave", "subject": "ann", "take": "1"} | more


def left_open(root, *names):
    """A folder whose manifest says that these were being recorded."""
    root.mkdir()
    lines = [",".join(row(name, status="open").values()) for name in names]
    (root / "manifest.csv").write_text("\n".join([",".join(COLUMNS), *lines, ""]))
    return Manifest(root)


def block(first, count=10, lost=0):
    values = np.arange(3 * first, 3 * (first + count), dtype=np.int16).reshape(-1, 3)
    return Block(IMU, first * 10_000, 10_000.0, values, lost, first / 100)


def take_of(manifest, seconds=1.0):
    return Take(manifest, DEVICE, Naming("wave", "ann", "s1"), 0, seconds)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.mark.parametrize("name", ["../precious.bin", "out/precious.bin", "link.bin", "/etc/hostname", "."])
def test_a_row_that_leads_out_is_refused_and_nothing_is_touched(folder, tmp_path, name):
    precious = tmp_path / "precious.bin"
    precious.write_bytes(bytes(5000))
    manifest = left_open(folder, "mine.csv", name)
    (folder / "mine.csv").write_text("timestamp_us,a\n1,2")
    (folder / "out").symlink_to(tmp_path)
    (folder / "link.bin").symlink_to(precious)
    with pytest.raises(UserError, match=r"manifest\.csv: expected files inside its folder"):
        manifest.recover()
    assert precious.stat().st_size == 5000
    assert (folder / "mine.csv").read_text() == "timestamp_us,a\n1,2"


def strange_files():
    sound = bytes(200)
    extra = b"LIST" + (4).to_bytes(4, "little") + b"INFO"
    head = wav_header(16000, len(sound))
    yield "list.wav", head[:36] + extra + head[36:] + sound
    yield "trailing.wav", head[:4] + (36 + len(sound) + len(extra)).to_bytes(4, "little") + head[8:] + sound + extra
    yield "short.wav", b"my notes"
    yield "notes.csv", b"a,b\n1,2\n3,4"
    yield "image.bin", b"\x89PNG" + bytes(100)


@pytest.mark.parametrize(("name", "content"), [*strange_files()], ids=[name for name, _ in strange_files()])
def test_a_file_that_this_program_did_not_write_stays_as_it_is(folder, name, content):
    manifest = left_open(folder, name)
    (folder / name).write_bytes(content)
    (line,) = manifest.recover()
    assert line.startswith(name)
    assert (folder / name).read_bytes() == content
    assert (manifest.rows[0]["status"], "left as it is" in manifest.rows[0]["note"]) == ("cut", True)


@pytest.mark.parametrize("size", [0, 1, 43, 44, 45, 46, 100])
def test_a_wav_file_is_closed_wherever_its_writer_died(folder, size):
    manifest = left_open(folder, "a.wav")
    (folder / "a.wav").write_bytes((wav_header(16000, max(0, min(size, 90) - 44)) + bytes(200))[:size])
    (line,) = manifest.recover()
    samples = (min(size, 90) - 44) // 2
    if samples > 0:
        assert manifest.rows[0]["samples"] == str(samples)
        assert (folder / "a.wav").stat().st_size == 44 + 2 * samples
    else:
        assert (manifest.rows, (folder / "a.wav").exists()) == ([], False)
        assert "before a sample was stored" in line


@pytest.mark.parametrize("died", ["before the file is made", "after"])
def test_a_kill_at_the_beginning_of_a_file_leaves_none_that_no_row_names(folder, monkeypatch, died):
    made = files.create

    def create(path, stream):
        with (folder / "manifest.csv").open() as file:
            assert [each["status"] for each in csv.DictReader(file)] == ["open"]
        if died == "after":
            made(path, stream)
        raise SystemExit  # as near as a test comes to a kill: nothing of the program runs on

    monkeypatch.setattr(files, "create", create)
    manifest = Manifest(folder)
    with pytest.raises(SystemExit):
        take_of(manifest).add(block(0))
    manifest.close()
    after = Manifest(folder)
    (line,) = after.recover()
    assert line.startswith("ann/s1/0001_imu.csv: ")
    assert (after.rows, list(folder.rglob("*_imu*"))) == ([], [])


def test_what_a_person_edits_while_it_is_recorded_stays(folder):
    manifest = Manifest(folder)
    take = take_of(manifest)
    take.add(block(0))
    text = manifest.path.read_text()
    edited = (
        text.replace("file,label", "hand,file,label").replace("ann/s1/0001", "left,ann/s1/0001").replace("wave", "tap")
    )
    manifest.path.write_text(edited + "left,other.csv,knock,bob\n")
    for first in range(10, 100, 10):
        take.add(block(first))
    take.end()
    rows = Manifest._read(manifest)[1]
    assert [(each["hand"], each["file"], each["label"], each["status"]) for each in rows] == [
        ("left", "ann/s1/0001_imu.csv", "tap", "whole"),
        ("left", "other.csv", "knock", ""),
    ]
    assert manifest.edits == 1
    take_of(manifest).add(block(0))
    assert manifest.edits == 1


def test_rows_that_an_editor_did_not_know_of_come_back(folder):
    manifest = Manifest(folder)
    manifest.put([row("a.csv")])
    before = manifest.path.read_bytes()
    manifest.put([row("b.csv", status="whole")])
    manifest.path.write_bytes(before)  # an editor that was opened before saves
    manifest.put([row("c.csv")])
    assert [each["file"] for each in Manifest._read(manifest)[1]] == ["a.csv", "b.csv", "c.csv"]


def test_an_edit_that_cannot_be_read_ends_the_take_and_is_not_overwritten(folder):
    manifest = Manifest(folder)
    take = take_of(manifest)
    take.add(block(0))
    manifest.path.write_text("half a manif")
    with pytest.raises(UserError, match="expected columns file,label,subject"):
        take.end()
    assert manifest.path.read_text() == "half a manif"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "expected columns"),
        ("file,label\n", "expected columns"),
        ("file,label,subject,label\n", "each column once"),
        ("file,label,subject\na,b,c,d\n", "3 fields a row, found more in row 2"),
        ('file,label,subject\n"a,b,c\n', "cannot read it"),
        ("file,label,subject\n" + "x" * 200_000 + ",a,b\n", "cannot read it"),
        ("file,label,subject\n\udcff,a,b\n", "cannot read it"),
    ],
)
def test_a_manifest_that_would_lose_something_is_refused_in_one_line(folder, text, found):
    folder.mkdir()
    (folder / "manifest.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=found) as refused:
        Manifest(folder)
    assert len(str(refused.value).splitlines()) == 1
    (folder / "manifest.csv").unlink()
    Manifest(folder).close()  # and the folder is free again


def test_a_manifest_that_is_none_is_not_read(folder):
    folder.mkdir()
    os.mkfifo(folder / "manifest.csv")
    with pytest.raises(UserError, match="expected a file"):
        Manifest(folder)
    (folder / "manifest.csv").unlink()
    with (folder / "manifest.csv").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(UserError, match="64 MB"):
        Manifest(folder)


def test_a_byte_order_mark_is_no_part_of_the_first_column(folder):
    folder.mkdir()
    (folder / "manifest.csv").write_bytes(b"\xef\xbb\xbffile,label,subject\r\nann.csv,wave,ann\r\n")
    manifest = Manifest(folder)
    assert manifest.rows == [{"file": "ann.csv", "label": "wave", "subject": "ann"}]
    manifest.put([row("new.csv")])
    assert manifest.path.read_text().startswith("file,label,subject,")


def test_a_folder_that_was_removed_is_not_made_again(folder, tmp_path):
    manifest = Manifest(folder)
    take = take_of(manifest)
    take.add(block(0))
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError, match="removed while it was recorded"):
        take.raise_if_removed()
    with pytest.raises(FileNotFoundError, match="removed or exchanged"):
        take.end()
    assert take.ended and not take.is_whole and not folder.exists()
    manifest.close()


def test_a_file_that_was_removed_makes_its_take_incomplete_and_has_no_row(folder):
    manifest = Manifest(folder)
    take = take_of(manifest, 0.1)
    take.add(block(0))
    (folder / "ann/s1/0001_imu.csv").unlink()
    take.end()
    assert (take.is_whole, manifest.rows) == (False, [])
    assert "0001_imu.csv removed while it was recorded" in take.notes[0]
