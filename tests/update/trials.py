"""How the commands of these tests end."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import click


def end(trial: Callable[[Path], subprocess.CompletedProcess], name: str = "") -> None:
    """Runs a trial in a folder of its own and prints what it said; status 1 ends the program where it found a fault."""
    with tempfile.TemporaryDirectory() as folder:
        done = trial(Path(folder))
    click.echo(name + (done.stdout + done.stderr).strip())
    if done.returncode:
        raise SystemExit(1)
