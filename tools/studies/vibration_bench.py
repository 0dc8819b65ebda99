#!/usr/bin/env python3
"""Measures what the parts of apps/vibration_anomaly cost on the virtual boards, with the committed model.

python tools/studies/vibration_bench.py      # instructions for a second of samples, RAM, flash
"""

import configparser
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

FIRMWARE = ROOT / "tools" / "studies" / "vibration_bench"
APP = ROOT / "apps" / "vibration_anomaly" / "app.ini"
CORE_HZ = 64e6  # of an nRF52840
ROWS = (
    "what the machine does, a second",
    "front end, a second",
    "front end, the sample that ends a block",
    "the model's mixture, a window",
    "the end of learning, once",
    "a learnt baseline, a window",
)
ANSWER = re.compile(
    rb"vibration machine (\d+) frontend (\d+) block (\d+) model (\d+) finish (\d+) baseline (\d+)"
    rb" bytes (\d+) (\d+) (\d+)\n"
)
OBJECTS = {
    "what the machine does": ("anomaly/machine",),
    "front end": ("frontend/vibration", "frontend/fft"),
    "distance, baseline": ("anomaly/distance", "anomaly/baseline", "anomaly/detector"),
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """What the parts of vibration anomaly detection cost."""
    for name in EMULATED:
        costs, ram, flash = measured(name)
        table = Table("work", "instructions", "of a second at 64 MHz", title=name)
        for title, cost in zip(ROWS, costs, strict=True):
            table.add_row(title, f"{cost:,}", f"{cost / CORE_HZ:.3%}")
        Console().print(table)
        for what, bytes_ in zip(OBJECTS, ram, strict=True):
            Console().print(f"{what}: {bytes_:,} B RAM, {flash[what]:,} B flash", highlight=False)


def measured(name: str) -> tuple[list[int], list[int], dict[str, int]]:
    """Instructions for each of ROWS; bytes of RAM and of flash for each of OBJECTS."""
    with tempfile.TemporaryDirectory() as scratch:
        program = build(Path(scratch), FIRMWARE, name, {}, _flags())
        found = [int(number) for number in ask(Path(scratch), program, name, ANSWER)]
        flash = {what: sum(_linked(program, part) for part in parts) for what, parts in OBJECTS.items()}
    return found[: len(ROWS)], found[len(ROWS) :], flash


def _flags() -> str:
    """The firmware's own: no larger than the committed model needs."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(APP)
    return parser["app:vibration_anomaly"]["custom_flags"]


def _linked(program: Path, part: str) -> int:
    """Bytes of code and constants that a source file adds to the program."""
    (compiled,) = program.parent.glob(f"lib*/{part}.o")
    names = {name for name, _ in _symbols(compiled)}
    return sum(size for name, size in _symbols(program) if name in names)


def _symbols(file: Path) -> list[tuple[str, int]]:
    """Names and sizes of what lies in flash."""
    command = ["arm-none-eabi-nm", "--print-size", file]
    rows = (
        row.split() for row in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    )
    return [(row[3], int(row[1], 16)) for row in rows if len(row) == 4 and row[2] in "TtRr"]


if __name__ == "__main__":
    run_cli(cli, "vibration_bench")
