"""The gesture application on virtual boards, built and started as a user does, in a workspace of its own."""

import os
import subprocess
import sys

import pytest

from ml.compiler.host import HostModel
from ml.link.device import Device
from ml.paths import ROOT

APP = "gesture_recognition"


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


def started(board: str):
    """Uploads, and stops the board at the end."""
    command = [sys.executable, "-m", "platformio", "run", "-e", f"{APP}-{board}", "-t", "upload"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    yield board
    subprocess.run([sys.executable, "tools/emulator.py", "stop", f"{APP}-{board}"], cwd=ROOT, check=True)


@pytest.fixture(scope="session")
def virtual(workspace):
    yield from started("virtual")


@pytest.fixture(scope="session")
def virtual_m3(workspace):
    yield from started("virtual-m3")


@pytest.fixture(scope="session")
def host(workspace):
    yield from started("host")


@pytest.fixture
def device(virtual):
    with Device.open(virtual, app=APP) as opened:
        yield opened


@pytest.fixture(scope="session")
def host_model():
    return HostModel(ROOT / f"lib/{APP}_model/{APP}_model.h")
