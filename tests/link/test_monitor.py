"""`pio device monitor` on a board that says what it should not: it goes on, and what it shows is text."""

import contextlib
import os
import pty
import select
import subprocess
import sys
import time

import cbor2
from test_messages import INFO, TELEMETRY

from ml.link.frames import Frame
from ml.link.messages import Type
from ml.paths import ROOT
from tests.link.pretender import Pretender

WAIT_S = 60


@contextlib.contextmanager
def monitor(folder, port):
    """`wait(words)` gives what has been shown when the words have come. The filter is ours, in a project
    without a platform, so that none need be installed."""
    (folder / "platformio.ini").write_text("[env:none]\n")
    for name in ("ml", "monitor"):
        (folder / name).symlink_to(ROOT / name)
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "platformio", "device", "monitor", "-d", folder, "-p", port, "-f", "thimble"]
    process = subprocess.Popen(list(map(str, command)), stdin=slave, stdout=slave, stderr=slave)
    shown = ""

    def wait(words):
        nonlocal shown
        end = time.monotonic() + WAIT_S
        while words not in shown:
            assert time.monotonic() < end and process.poll() is None, f"{words!r} never came: {shown!r}"
            if select.select([master], [], [], 0.2)[0]:
                shown += os.read(master, 4096).decode("utf-8", "replace")
        return shown

    try:
        yield wait
    finally:
        process.terminate()
        process.wait()
        os.close(slave)
        os.close(master)


def test_the_monitor_outlives_hostile_frames_and_shows_no_escapes(tmp_path):
    mute = [
        (Type.INFO, INFO | {"cycles_hz": 10**400}),
        (Type.TELEMETRY, TELEMETRY | {"windows": 10**400}),
        (Type.TELEMETRY, TELEMETRY | {"slept_us": 10**400, "since_us": 1}),
        (Type.INFO, INFO | {"app": "\x1b[2J\x1b[Hevil", "board": "\x9b2J"}),
    ]
    said = b"".join(Frame(kind, 0, 0, 0, cbor2.dumps(values)).encode() for kind, values in mute)
    told, loud = INFO | {"board": "pretender"}, said + b"\x1b[31mlog\x1b[2J\n"
    with Pretender(told, telemetry=TELEMETRY, loud=loud) as board, monitor(tmp_path, board.port) as wait:
        wait("5 windows")
        shown = wait("(refused ")
    assert "gesture_recognition on pretender" in shown
    assert "frames were lost or damaged" in shown
    assert "\x1b[31mlog\\x1b[2J\x1b[0m" in shown
    assert "\x1b[2J" not in shown and "\x1b[H" not in shown and "\x9b" not in shown
