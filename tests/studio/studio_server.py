"""A server of the page, started as a user starts it."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ml.paths import ROOT

BOARD = "sensor_capture-host"


@dataclass
class Served:
    """A server, its data set and PlatformIO's workspace with its boards."""

    process: subprocess.Popen
    address: str
    data: Path
    workspace: Path

    @property
    def origin(self) -> str:
        return self.address.partition("/?")[0]

    @property
    def token(self) -> str:
        return self.address.partition("token=")[2]

    def stop(self, sign: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(sign)
        return self.process.wait(30)


def serve(data: Path, workspace: Path, *options: str) -> Served:
    """As a user starts it."""
    command = [sys.executable, "-m", "ml", "studio", "--data", str(data), "--port", "0", *options]
    env = {**os.environ, "PLATFORMIO_WORKSPACE_DIR": str(workspace), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline() if process.stdout else ""
    found = re.search(r"http://\S+", line)
    assert found, line
    return Served(process, found[0], data, workspace)
