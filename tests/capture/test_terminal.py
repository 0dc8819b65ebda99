"""Recording by hand, at a real (pseudo-)terminal."""

import contextlib
import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest
from desk import RATES, Done

from ml.paths import ROOT

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """The tool on a pseudo-terminal, and who sits there."""

    def __init__(self, desk, data, *words):
        self.data = data
        self.text = ""
        master, slave = pty.openpty()
        command = [sys.executable, ROOT / "tools/collect.py", "--data", data, "--port", desk.environment, *words]
        given = {"PLATFORMIO_WORKSPACE_DIR": str(desk.folder), "TERM": "xterm", "COLUMNS": "120", "LINES": "50"}
        self.process = subprocess.Popen(
            list(map(str, command)), cwd=ROOT, env=os.environ | given, stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)
        self.master = master

    def read(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not select.select([self.master], [], [], 0.05)[0]:
                continue
            with contextlib.suppress(OSError):
                self.text += ESCAPES.sub("", os.read(self.master, 65536).decode(errors="replace"))

    def wait(self, words, seconds=30):
        """Until the screen has said so, since the last key."""
        end = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < end, f"{words!r} never came: {self.text[-3000:]}"
            self.read(0.1)

    def press(self, keys):
        self.text = ""
        os.write(self.master, keys.encode())

    def done(self):
        end = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.1)
        self.read(0.1)
        os.close(self.master)
        return Done(self.process.wait(1), self.text, "", self.data)


@pytest.fixture
def sit(host, tmp_path):
    opened = []

    def at(*words):
        opened.append(Terminal(host, tmp_path / "data", *words))
        return opened[-1]

    yield at
    for terminal in opened:
        if terminal.process.poll() is None:
            terminal.process.kill()


def test_names_are_asked_for_once_then_keys_record_relabel_discard_and_show(sit):
    terminal = sit("--label", "wave", "--label", "knock", "--streams", "mic,imu", "--plot")
    terminal.wait("Subject")
    terminal.press("ann\n")
    terminal.wait("Session")
    terminal.press("s1\n")
    terminal.wait("ready")
    assert "of 400 Hz" in terminal.text
    terminal.press(" ")
    terminal.wait("RECORDING wave", 10)
    time.sleep(0.5)
    terminal.press(" ")
    terminal.wait("take 1  wave")
    terminal.press("2 ")
    terminal.wait("RECORDING knock", 10)
    terminal.press(" ")
    terminal.wait("take 2  knock")
    terminal.press("r")
    terminal.wait("new label")
    terminal.press("tapx\x7f\n")
    terminal.wait("knock is now tap")
    terminal.press("p")
    terminal.wait("0002_mic.wav  tap  whole")
    terminal.wait("kHz")
    terminal.press(" ")
    terminal.wait("RECORDING")
    terminal.press(" ")
    terminal.wait("take 3  knock")
    terminal.press("d")
    terminal.wait("take 3 (knock) discarded")
    terminal.press("q")
    done = terminal.done()
    assert done.status == 0, done.out
    assert [(row["label"], row["status"]) for row in done.rows(sensor="imu")] == [("wave", "whole"), ("tap", "whole")]
    assert sorted(path.name for path in (done.data / "ann/s1").iterdir()) == [
        f"000{take}_{name}" for take in (1, 2) for name in ("imu.csv", "mic.wav")
    ]
    again = sit("--label", "wave", "--streams", "imu")
    again.wait("ready")
    again.press("q")
    assert again.done().status == 0


def test_a_loop_counts_down_before_each_take(sit):
    words = ("--subject", "a", "--session", "b", "--streams", "imu", "--seconds", "0.3", "--repeat", "2")
    terminal = sit("--label", "wave", *words, "--countdown", "1")
    terminal.wait("ready")
    terminal.press(" ")
    terminal.wait("(2 to go)")
    terminal.wait("(1 to go)")
    terminal.wait("take 2  wave")
    terminal.press("q")
    assert [row["samples"] for row in terminal.done().rows()] == ["120", "120"]


def test_leaving_while_recording_keeps_what_there_is(sit):
    terminal = sit(
        "--label", "wave", "--subject", "a", "--session", "b", "--streams", "imu", "--seconds", "60", "--countdown", "0"
    )
    terminal.wait("ready")
    terminal.press(" ")
    terminal.wait("RECORDING")
    terminal.press("q")
    done = terminal.done()
    assert done.status == 3
    (row,) = done.rows()
    assert (row["status"], row["note"]) == ("cut", "stopped")
    assert int(row["samples"]) + int(row["lost_after"]) == 60 * RATES["imu"]


def test_a_lost_terminal_ends_the_tool_with_its_files_valid(sit):
    terminal = sit("--label", "wave", "--subject", "a", "--session", "b", "--streams", "imu")
    terminal.wait("ready")
    terminal.press(" ")
    terminal.wait("RECORDING")
    os.close(terminal.master)
    terminal.process.wait(30)
    done = Done(0, "", "", terminal.data)
    (row,) = done.rows()
    assert row["status"] in ("whole", "cut")
    assert len(done.samples(row)) == int(row["samples"])


def test_a_discarded_take_is_not_missed(sit):
    names = ("--subject", "ann", "--session", "s1")
    terminal = sit("--label", "wave", *names, "--streams", "imu", "--seconds", "60", "--countdown", "0")
    terminal.wait("ready")
    terminal.press(" ")
    terminal.wait("RECORDING")
    terminal.press(" ")
    terminal.wait("take 1  wave")
    assert "INCOMPLETE" in terminal.text
    terminal.press("d")
    terminal.wait("discarded")
    terminal.press("q")
    assert terminal.done().status == 0
