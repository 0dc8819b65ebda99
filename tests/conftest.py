"""Shared by all tests: where things are, and real data where it is at hand."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from ml.paths import ROOT

pytest_plugins = ["tools.rig.plugin", "tests.hil.options"]  # fixtures board and device: docs/rig.md

settings.register_profile("thimble", deadline=None)  # no test depends on the speed of the host
settings.load_profile("thimble")

SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recordings and reference models beside the repository; the test is skipped where it is not."""
    if not SHARED.is_dir():
        pytest.skip(f"no real recordings and models at {SHARED}")
    return SHARED


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
