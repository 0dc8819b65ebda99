"""tools/update.py as its tests call it: with a signed update, in this process or as one of its own."""

import functools
import re
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

from ml.link.update import BLOCK
from ml.paths import ROOT
from ml.update.package import parse
from tests import command
from tests.firmware import Running
from tests.update import signing

APP = "gesture_recognition"  # its first windows are there after about a second
COUNTERS = count(1)


def update_file(folder: Path, app: str = APP, **told) -> Path:
    """A signed update with a counter that no other has had."""
    given = {"counter": next(COUNTERS), "host": True} | told
    path = folder / f"{given['counter']}.tmu"
    signing.update(app, **given).write(path)
    return path


def tool(*words: object, status: int = 0) -> subprocess.CompletedProcess:
    return command.script("tools/update.py", *words, status=status)


def send(board: Running, path: Path, *words: object, status: int = 0) -> subprocess.CompletedProcess:
    return tool("--port", board.console, "--image", path, *words, status=status)


def blocks(path: Path, size: int = BLOCK) -> int:
    return -(-len(parse(path.read_bytes()).payload) // size)


def numbers(pattern: str, text: str) -> list[int]:
    """The groups of the pattern, which the text must have."""
    found = re.search(pattern, text)
    assert found, text
    return [int(group) for group in found.groups()]


def only_line(done: subprocess.CompletedProcess) -> str:
    """The error, without the stages before it."""
    return done.stderr.splitlines()[-1]


def started_tool(*words: object) -> subprocess.Popen:
    """The tool as a process, which hears Ctrl-C."""
    hears = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # background jobs are deaf to it
    told = {"stderr": subprocess.PIPE, "text": True, "cwd": ROOT, "preexec_fn": hears}
    return subprocess.Popen([sys.executable, ROOT / "tools" / "update.py", *map(str, words)], **told)


def ctrl_c(process: subprocess.Popen) -> None:
    """It ends while a dead line would still be waited for: blocks for 15 s, a port for 20 s."""
    process.send_signal(signal.SIGINT)
    try:
        _, said = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 1
    assert said.splitlines()[-1] == (
        "update.py: interrupted; nothing half-written is left, the same command goes on from here"
    )
