#!/usr/bin/env python3
"""Measures what the watch of a sensor (lib/health) costs on the virtual boards.

python tools/studies/health_bench.py      # instructions for a second of samples, RAM, flash
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.paths import ROOT
from ml.profile.boards import EMULATED
from tools.studies.frontend_bench import ask, build

FIRMWARE = ROOT / "tools" / "studies" / "health_bench"
ROWS = ("sound, 16 kHz, quiet", "sound, 16 kHz, loud", "imu, 100 Hz", "accelerometer, 50 Hz", "vibration, 1,600 Hz")
ANSWER = re.compile(rb"health quiet (\d+) loud (\d+) imu (\d+) accelerometer (\d+) vibration (\d+) bytes (\d+)\n")
CORE_HZ = 64e6  # of an nRF52840; the emulated Cortex-M4 executes 15.625 million instructions a second


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """What the watch of a sensor costs."""
    for name in EMULATED:
        *costs, ram, flash = measured(name)
        table = Table(
            "samples", "instructions a second", "share of 64 million", title=f"{name}: {ram} B RAM, {flash} B flash"
        )
        for title, cost in zip(ROWS, costs, strict=True):
            table.add_row(title, f"{cost:,}", f"{cost / CORE_HZ:.3%}")
        Console().print(table)


def measured(name: str) -> list[int]:
    """Instructions for each of ROWS, bytes of RAM, bytes of flash."""
    with tempfile.TemporaryDirectory() as scratch:
        program = build(Path(scratch), FIRMWARE, name, {})
        found = [int(number) for number in ask(Path(scratch), program, name, ANSWER)]
        objects = list(program.parent.glob("lib*/health/*.o"))
        sizes = subprocess.run(["arm-none-eabi-size", *objects], capture_output=True, text=True, check=True).stdout
        flash = sum(int(row.split()[0]) + int(row.split()[1]) for row in sizes.splitlines()[1:])  # text, data
        return [*found, flash]


if __name__ == "__main__":
    run_cli(cli, "health_bench")
