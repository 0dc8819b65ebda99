"""`python -m ml export`: what it refuses, and that it leaves nothing half-written."""

import random
import re
import uuid
from pathlib import Path

import pytest

from ml.cli import main
from ml.errors import UserError
from ml.paths import ROOT
from tests import command

HEADER = ROOT / "lib" / "gesture_recognition_model" / "gesture_recognition_model.h"
CHECK = re.search(r"0x([0-9A-F]{8})u, // CRC-32", HEADER.read_text())[1]  # type: ignore[index]
CORPUS = ROOT / "tests" / "compiler" / "corpus"


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(ml, *words: object) -> str:
    """The one line."""
    said = ml("export", *words, status=1).stderr
    assert said.count("\n") == 1 and "Traceback" not in said
    return said


def test_the_same_model_gives_the_same_bytes_and_a_folder_of_ours_is_written_again(ml, tmp_path):
    ml("export", "gesture_recognition", "--for", "arduino", "--out", tmp_path / "a")
    ml("export", HEADER, "--for", "arduino", "--out", tmp_path / "b")
    first = tree(tmp_path / "a")
    assert first == tree(tmp_path / "b")
    ml("export", "gesture_recognition", "--for", "platformio", "--out", tmp_path / "a")
    assert "library.json" in tree(tmp_path / "a") and "gesture_recognition.zip" not in tree(tmp_path / "a")
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def test_what_passed_its_self_check_here_is_not_compiled_again_and_anything_else_is(ml, tmp_path, monkeypatch):
    ml("export", "gesture_recognition", "--for", "cmake", "--out", tmp_path / "a")

    def crash(model, program):
        raise UserError("the self-check ran")

    monkeypatch.setattr("ml.export.write._run", crash)
    ml("export", "gesture_recognition", "--for", "platformio", "--out", tmp_path / "b")
    other = ("--arena", f"arena_{uuid.uuid4().hex}")
    assert "self-check ran" in refused(ml, "gesture_recognition", "--for", "cmake", *other, "--out", tmp_path / "c")


def test_a_folder_of_somebody_else_is_refused_and_stays(ml, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "diary.txt").write_text("mine")
    said = refused(ml, "gesture_recognition", "--for", "cmake", "--out", theirs)
    assert "name another" in said and tree(theirs) == {"diary.txt": b"mine"}
    file = tmp_path / "file"
    file.write_text("mine")
    assert "a file" in refused(ml, "gesture_recognition", "--for", "cmake", "--out", file)
    assert file.read_text() == "mine"


def test_what_a_user_changed_in_an_export_is_not_lost(ml, tmp_path):
    ml("export", "gesture_recognition", "--for", "cmake", "--out", tmp_path / "a")
    mine = tmp_path / "a" / "examples" / "gesture_recognition" / "main.c"
    mine.write_text("// my own\n")
    assert "main.c changed" in refused(ml, "gesture_recognition", "--for", "cmake", "--out", tmp_path / "a")
    assert mine.read_text() == "// my own\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("swimming", "--for", "cmake"), "expected an application"),
        (("no/such.tflite", "--for", "cmake"), "no/such.tflite"),
        (("no/such.h", "--for", "cmake"), "no/such.h"),
        (("gesture_recognition", "--for", "makefile"), "makefile"),
        (("gesture_recognition", "--for", "cmake", "--arena", "3 bytes"), "3 bytes"),
        (("gesture_recognition", "--for", "cmake", "--name", "other"), "--name"),
        ((ROOT / "lib/nn/include/nn/model.h", "--for", "cmake"), "no nn_model"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_a_line(ml, tmp_path, words, said):
    assert said in refused(ml, *words, "--out", tmp_path / "out")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("u, // CRC-32 of the output for", "u + 1u, // CRC-32 of the output for", "expected a number"),
        pytest.param(CHECK, f"{int(CHECK, 16) ^ 1:08X}", "expected the output with the CRC-32", id="another CRC"),
        ("    case 2:", "    case 2: while (layer) {}", "none"),
        ("nn_softmax(&", "nn_softmacks(&", "compiles"),
        ('#include "nn/softmax.h"', '#include "board/board.h"', "board/board.h"),
        ("static const decide_config gesture_recognition_decide", "static const decide_config other", "decide_config"),
        ("// hash of the model", "// digest", "hash of the model"),
    ],
)
def test_a_header_that_is_not_what_it_says_is_refused_and_nothing_is_written(ml, tmp_path, monkeypatch, old, new, said):
    monkeypatch.setattr("ml.export.write.TIMEOUT_S", 2)
    text = HEADER.read_text()
    assert old in text
    (tmp_path / "model.h").write_text(text.replace(old, new))
    assert said in refused(ml, tmp_path / "model.h", "--for", "cmake", "--out", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["model.h"]


@pytest.mark.parametrize("model", ["truncated_in_the_middle", "root_points_at_itself", "stride_of_nothing"])
def test_a_damaged_tflite_is_refused_in_a_line(ml, tmp_path, model):
    """The whole corpus goes through the compiler in tests/compiler."""
    assert model in refused(ml, CORPUS / f"{model}.tflite", "--for", "cmake", "--out", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_header_with_turned_bytes_ends_in_a_line(tmp_path, monkeypatch):
    monkeypatch.setattr("ml.export.write.TIMEOUT_S", 2)
    draw, text = random.Random(5), HEADER.read_text()
    head = text.index("// 0 conv_2d")
    for _ in range(6):
        place = draw.randrange(head)
        (tmp_path / "model.h").write_text(text[:place] + draw.choice('{};"#x0,\n\\') + text[place + 1 :])
        done = command.call(main, "export", tmp_path / "model.h", "--for", "cmake", "--out", tmp_path / "out")
        assert done.returncode == 0 or (done.stderr.count("\n") == 1 and "expected" in done.stderr), done.stderr
