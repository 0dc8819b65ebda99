"""One quick run of the whole pipeline through the command line, shared by the tests of this folder."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ml.paths import ROOT


@pytest.fixture(scope="session")
def ml() -> Callable:
    """Runs `python -m ml ...` as a user would; keywords are environment variables."""

    def run(*words: object, status: int = 0, **environment: object) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "ml", *map(str, words)]
        given = os.environ | {name: str(value) for name, value in environment.items()}
        done = subprocess.run(
            command, cwd=ROOT, env=given, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def quick(ml, tmp_path_factory) -> Path:
    """The folder of a quick run on simulated people."""
    folder = tmp_path_factory.mktemp("quick")
    ml("run", "gesture_recognition", "--quick", "--out", folder)
    return folder
