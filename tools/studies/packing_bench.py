#!/usr/bin/env python3
"""Measures what it costs a device to unpack a model (lib/huffman), and what packing saves.

python tools/studies/packing_bench.py                   # instructions a byte on the virtual boards, RAM, flash
python tools/studies/packing_bench.py MODEL.tflite ...  # bytes of files, packed
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.compress.huffman import entropy, pack
from ml.paths import ROOT
from ml.profile.boards import EMULATED
from tools.studies.frontend_bench import ask, build

FIRMWARE = ROOT / "tools" / "studies" / "packing_bench"
ANSWER = re.compile(rb"packing whole (\d+) few (\d+) reader (\d+)\n")
SIZE = 8192  # bytes of weights


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("models", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def cli(models: tuple[Path, ...]) -> None:
    """What packing saves and costs."""
    table = Table("bytes", "packed", "share", "bits a byte")
    for path in models:
        data = path.read_bytes()
        packed = len(pack(data))
        table.add_row(f"{path.name}: {len(data):,}", f"{packed:,}", f"{packed / len(data):.0%}", f"{entropy(data):.2f}")
    if models:
        Console().print(table)
        return
    for name in EMULATED:
        show(name)


def show(name: str) -> None:
    """Prints what unpacking costs on a board."""
    given = weights()
    *costs, ram, flash = measured(name, given)
    table = Table(
        "weights", "bits a byte", "packed", "instructions a byte", title=f"{name}: {ram} B RAM, {flash} B flash"
    )
    for (kind, data), cost in zip(given.items(), costs, strict=True):
        table.add_row(kind, f"{entropy(data):.2f}", f"{len(pack(data)) / SIZE:.0%}", f"{cost / SIZE:.1f}")
    Console().print(table)


def weights() -> dict[str, bytes]:
    """Spread as a trained layer's are: whole int8, and the same in 16 clusters."""
    whole = np.clip(np.rint(np.random.default_rng(0).normal(0, 36, SIZE)), -127, 127)
    few = np.rint(whole / 17) * 17
    return {name: values.astype(np.int8).tobytes() for name, values in (("whole", whole), ("few", few))}


def measured(name: str, given: dict[str, bytes]) -> list[int]:
    """Instructions for each of the weights, bytes of RAM (the reader), bytes of flash."""
    arrays = [
        f"static const uint8_t {kind}_packed[] = {{{', '.join(map(str, pack(data)))}}};" for kind, data in given.items()
    ]
    header = "\n".join(["#include <stdint.h>", f"#define SIZE {SIZE}", *arrays, ""])
    with tempfile.TemporaryDirectory() as scratch:
        program = build(Path(scratch), FIRMWARE, name, {"packed.h": header})
        found = [int(number) for number in ask(Path(scratch), program, name, ANSWER)]
        objects = list(program.parent.glob("lib*/huffman/*.o"))
        sizes = subprocess.run(["arm-none-eabi-size", *objects], capture_output=True, text=True, check=True).stdout
        return [*found, sum(int(row.split()[0]) + int(row.split()[1]) for row in sizes.splitlines()[1:])]


if __name__ == "__main__":
    run_cli(cli, "packing_bench")
