#!/usr/bin/env python3
"""What the audio front end costs: speed on this computer, instructions on the virtual boards beside a float one.

python tools/frontend_bench.py            # both
python tools/frontend_bench.py host       # times real time, all processors
python tools/frontend_bench.py board      # instructions per frame, against tools/frontend_bench/float_logmel.c
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "platforms" / "virtual"))

import emulator_control
from rich.console import Console
from rich.table import Table

from ml.cli import run_cli
from ml.errors import UserError
from ml.link.port import Port
from ml.native import mel
from ml.native.logmel import LogmelConfig, c_source, log_mel
from ml.paths import ROOT

FIRMWARE = ROOT / "tools" / "frontend_bench"
BOARDS = {"virtual": "mps2-an386", "virtual-m3": "mps2-an385"}
PATIENCE_S = 60
CONFIGS = {
    "log-mel": LogmelConfig(),
    "MFCC": LogmelConfig(cepstra=13),
    "log-mel, noise and gain control": LogmelConfig(noise_factor=16, gain_strength=243, gain_offset=1536),
}
PROJECT = """\
[platformio]
src_dir = {firmware}
lib_dir = {root}/lib
[env]
platform = symlink://{root}/platforms/virtual
lib_ldf_mode = chain+
build_flags = -I{folder}
[env:virtual]
board = virtual
[env:virtual-m3]
board = virtual-m3
"""
ANSWER = re.compile(rb"frontend integers (\d+) float (\d+) difference (\d+)\n")


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def cli(context: click.Context) -> None:
    """What the audio front end costs."""
    if context.invoked_subcommand is None:
        context.invoke(host)
        context.invoke(board)


@cli.command()
def host() -> None:
    """Speed of the whole batch on all processors of this computer."""
    clips = [np.random.default_rng(n).normal(0, 2000, 16000 * 10).astype(np.int16) for n in range(64)]
    table = Table("configuration", "hop, ms", "times real time", title=f"{os.cpu_count()} processors, {640} s of sound")
    for hop in (160, 320):
        for name, config in CONFIGS.items():
            changed = LogmelConfig(**vars(config) | {"hop": hop})
            log_mel(clips[:1], changed)  # compiled, loaded
            start = time.perf_counter()
            log_mel(clips, changed)
            table.add_row(name, f"{hop / 16:.0f}", f"{640 / (time.perf_counter() - start):,.0f}")
    Console().print(table)


@cli.command()
def board() -> None:
    """Instructions per frame on the virtual boards."""
    table = Table("board", "configuration", "integers", "float", "share", "mean difference, int8 steps")
    for name in BOARDS:
        for title, config in CONFIGS.items():
            integers, floats, difference = instructions(name, config)
            share = f"{integers / floats:.2f}"
            table.add_row(name, title, f"{integers:,}", f"{floats:,}", share, f"{difference:.3f}")
    Console().print(table)


def instructions(name: str, config: LogmelConfig) -> tuple[int, int, float]:
    """Per frame: of the integer and of the float front end; and how far their int8 outputs differ on average."""
    config_h = f'#include "frontend/logmel.h"\n\n{c_source(config, "bench")}'
    with tempfile.TemporaryDirectory() as scratch:
        headers = {"config.h": config_h, "float_tables.h": float_tables(config)}
        program = build(Path(scratch), FIRMWARE, name, headers)
        integers, floats, difference = map(int, ask(Path(scratch), program, name, ANSWER))
        return integers, floats, difference / 1000


def build(folder: Path, firmware: Path, name: str, headers: dict[str, str]) -> Path:
    """Builds a firmware with headers of its own for a virtual board, in `folder`; returns the program."""
    (folder / "platformio.ini").write_text(PROJECT.format(firmware=firmware, root=ROOT, folder=folder))
    for header, text in headers.items():
        (folder / header).write_text(text)
    pio = Path(sys.executable).with_name("pio")
    done = subprocess.run([pio, "run", "-s", "-d", folder, "-e", name], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"expected the firmware to build, found: {(done.stderr or done.stdout).strip()}")
    return folder / ".pio" / "build" / name / "firmware.elf"


def ask(folder: Path, program: Path, name: str, answer: re.Pattern[bytes]) -> tuple[bytes, ...]:
    """Runs the program in QEMU and returns the groups of its answer to any byte."""
    running, heard = folder / "running", b""
    emulator_control.start(running, str(program), BOARDS[name])
    try:
        port = Port(str((running / emulator_control.CONSOLE).resolve()))
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            port.write(b"?")
            heard += port.read()
            if found := answer.search(heard):
                return found.groups()
        raise UserError(f"expected figures from the board within {PATIENCE_S} s, found {heard[-80:]!r}")
    finally:
        emulator_control.stop(running)


def float_tables(config: LogmelConfig) -> str:
    """The same tables as floats, from the exact values."""
    points = config.fft // 2
    turns = np.outer(np.arange(points // 4), [1, 2, 3]).ravel() / points
    separation = np.arange(1, points // 2 + 1) / config.fft + 0.25
    angles = {"turns": turns, "separation": separation}
    arrays = [
        f"static const float_bin {name}[] = {{{', '.join(f'{{{one(np.cos(a))}, {one(np.sin(a))}}}' for a in values)}}};"
        for name, values in ((name, 2 * np.pi * value) for name, value in angles.items())
    ]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(config.window) / config.window)
    dct = mel.dct(config.cepstra, config.bands).ravel() / mel.ONE if config.cepstra else np.zeros(1)
    for name, values in {"hann": hann, "rising": config.filters.rising / mel.ONE, "dct": dct}.items():
        arrays.append(f"static const float {name}[] = {{{', '.join(map(one, values))}}};")
    return (
        '#include "float_logmel.h"\n\n#pragma GCC diagnostic ignored "-Wunused-variable"\n' + "\n".join(arrays) + "\n"
    )


def one(value: float) -> str:
    """A float literal."""
    return f"{float(np.float32(value))!r}f"


if __name__ == "__main__":
    run_cli(cli, "frontend_bench")
