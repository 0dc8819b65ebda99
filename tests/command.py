"""A command line in this process: the same entry and the same words, without the seconds that imports take."""

import contextlib
import io
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from ml.paths import ROOT
from ml.pipeline import cache

_OPEN: list[io.TextIOWrapper] = []  # kept: a logger that was set up meanwhile writes to what was its stderr


@contextlib.contextmanager
def _as_started(words: list[str]) -> Iterator[tuple[io.TextIOWrapper, io.TextIOWrapper]]:
    """As a process of its own finds things: its words, its folder, nothing to read, nothing told yet."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    _OPEN.extend((out, err))
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.chdir(ROOT),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        open(os.devnull) as nothing,  # noqa: PTH123 - no Path: a device
    ):
        patch.setattr(sys, "argv", words)
        patch.setattr(sys, "path", list(sys.path))
        patch.setattr(sys, "stdin", nothing)
        patch.setattr(cache, "_checked", set())
        yield out, err


def call(entry: Callable[[], None], *words: object) -> subprocess.CompletedProcess:
    """What `entry`, the function that a program ends with, says and exits with; a traceback is the test's own."""
    given = [entry.__module__, *map(str, words)]
    with _as_started(given) as (out, err):
        try:
            entry()
            status = 0
        except SystemExit as ended:
            status = ended.code or 0
        said = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return subprocess.CompletedProcess(given, status, *said)


def script(path: str, *words: object, status: int | None = None) -> subprocess.CompletedProcess:
    """`python PATH WORDS`, a program of this repository; `status`: what it must exit with."""

    def main() -> None:
        runpy.run_path(str(ROOT / path), run_name="__main__")

    done = call(main, *words)
    assert status in (None, done.returncode), done.stdout + done.stderr
    return done


def run(*words: object, status: int = 0, **environment: object) -> subprocess.CompletedProcess:
    """`python WORDS` as a process of its own; keywords are environment variables."""
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        env=os.environ | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done
