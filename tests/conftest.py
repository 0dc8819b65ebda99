"""Shared by all tests: where things are, and real data where it is at hand."""

import fcntl
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from ml.cli import main
from ml.paths import ROOT
from tests import command

pytest_plugins = ["tools.rig.plugin", "tests.hil.options", "tests.session"]  # fixtures board and device: docs/rig.md

settings.register_profile("thimble", deadline=None, max_examples=50)  # others each time; none depends on the speed
settings.load_profile("thimble")

# Of this process and those that it starts. The workers fill the cores: further threads of OpenBLAS wait, and do so
# busily, which was a third of the time of tests that compute.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_OPT", "0")  # the first import of librosa compiles half a minute, or a whole one

SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recordings and reference models beside the repository; the test is skipped where it is not."""
    if not SHARED.is_dir():
        pytest.skip(f"no real recordings and models at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def ml() -> Callable:
    """Runs `python -m ml ...`; with keywords, which are environment variables, as a process of its own."""

    def run(*words: object, status: int = 0, **environment: object) -> subprocess.CompletedProcess:
        if environment:
            return command.run("-m", "ml", *words, status=status, **environment)
        done = command.call(main, *words)
        assert done.returncode == status, done.stdout + done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def quick(session_folder: Path) -> Path:
    """The folder of a quick run of the whole pipeline on simulated people, a process of its own; of all workers."""
    folder = session_folder / "quick"
    with (session_folder / "quick.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "report.html").exists():
            command.run("-m", "ml", "run", "gesture_recognition", "--quick", "--out", folder)
    return folder
