"""Applications on virtual boards, built and started as a user does, in a workspace of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ml.paths import ROOT


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    """PlatformIO's folder for builds and running boards."""
    folder = tmp_path_factory.mktemp("workspace")
    before = os.environ.get("PLATFORMIO_WORKSPACE_DIR")
    os.environ["PLATFORMIO_WORKSPACE_DIR"] = str(folder)
    yield folder
    if before is None:
        del os.environ["PLATFORMIO_WORKSPACE_DIR"]
    else:
        os.environ["PLATFORMIO_WORKSPACE_DIR"] = before


def started(app: str, board: str) -> Iterator[str]:
    """Uploads, and stops the board at the end."""
    command = [sys.executable, "-m", "platformio", "run", "-e", f"{app}-{board}", "-t", "upload"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    yield board
    subprocess.run([sys.executable, "tools/emulator.py", "stop", f"{app}-{board}"], cwd=ROOT, check=True)
