"""What a person can get wrong at the command line, through the real one: one line, exit status 1, nothing left over."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ml.cli import main
from ml.files import replace_file
from ml.paths import ROOT
from tests import command

MODEL = ROOT / "tests/compiler/corpus/only_an_identifier.tflite"
COMMANDS = {
    "no such command": (["-m", "ml", "cook"], "No such command"),
    "no such application": (["-m", "ml", "run", "cooking"], "gesture_recognition"),
    "no such option": (["-m", "ml", "run", "gesture_recognition", "--sed", "3"], "--seed"),
    "no number": (["-m", "ml", "run", "gesture_recognition", "--seed", "x"], "--seed"),
    "no such board": (["-m", "ml", "stream", "gesture_recognition", "--on", "moon"], "virtual-m3"),
    "no such model": (["-m", "ml", "compile", "nothing.tflite", "--out", "nowhere"], "nothing.tflite"),
    "no model": (["-m", "ml", "compile", str(MODEL), "--out", "nowhere"], "damaged or of another kind"),
    "no such emulator": (["tools/emulator.py", "stop", "moon-virtual"], "moon-virtual"),
    "no such recording": (["tools/emulator.py", "play", "moon-virtual", "nothing.csv"], "nothing.csv"),
    "no recording": (["tools/emulator.py", "play", "moon-virtual", "README.md"], "CSV, WAV or FLAC"),
}


def run(*words: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(("words", "word"), COMMANDS.values(), ids=COMMANDS.keys())
def test_a_mistake_is_one_line(words, word):
    done = command.call(main, *words[2:]) if words[0] == "-m" else command.script(*words)
    assert (done.returncode, len(done.stderr.splitlines()), done.stdout) == (1, 1, ""), done.stderr
    assert word in done.stderr
    assert not (ROOT / "nowhere").exists()


@pytest.mark.parametrize("name", ["no such command", "no model", "no such emulator"])
def test_a_mistake_is_one_line_of_a_process_too(name):
    words, word = COMMANDS[name]
    done = run(*words)
    assert (done.returncode, len(done.stderr.splitlines()), done.stdout) == (1, 1, ""), done.stderr
    assert word in done.stderr
    assert not (ROOT / "nowhere").exists()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    done = run("-m", "ml", "train", "gesture_recognition", "--quick", "--out", str(tmp_path / "file" / "below"))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "expected to read or write here" in done.stderr


def test_a_file_that_cannot_take_its_place_leaves_nothing(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        replace_file(tmp_path / "taken", b"half")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_without_a_c_compiler_it_says_so_in_one_line(tmp_path):
    done = run(
        "-m",
        "ml",
        "train",
        "gesture_recognition",
        "--quick",
        "--out",
        str(tmp_path / "out"),
        PATH="",
        CC="",
        THIMBLE_CACHE=str(tmp_path / "cache"),
    )
    assert done.returncode == 1
    assert "expected a C compiler" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_ctrl_c_in_the_middle_of_training_leaves_nothing_half_written(tmp_path):
    command = [sys.executable, "-m", "ml", "run", "gesture_recognition", "--quick", "--out", str(tmp_path / "out")]
    cache = tmp_path / "cache"
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"THIMBLE_CACHE": str(cache)},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  background jobs are deaf to it
    )
    assert process.stderr.readline().startswith("examples")
    end = time.monotonic() + 60
    while "tensorflow" not in Path(f"/proc/{process.pid}/maps").read_text() and time.monotonic() < end:
        time.sleep(0.02)  # any moment will do; this one lies inside the import of TensorFlow
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=120)[1]
    assert process.returncode == 1
    assert rest.strip().splitlines()[-1].startswith("python -m ml: interrupted")
    assert "Traceback" not in rest
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"run.json"} | {
        f"data_quality.{kind}" for kind in ("json", "md", "html")
    }
    assert [one.name.partition("-")[0] for one in (cache / "stages").glob("*")] == ["examples"]  # which was whole
