#!/usr/bin/env python3
"""Measures the audio front end: speed on this computer, instructions on the virtual boards beside a float one.

python tools/studies/frontend_bench.py            # both
python tools/studies/frontend_bench.py host          # times real time, all processors
python tools/studies/frontend_bench.py board         # instructions per frame, against float_logmel.c beside it
    python tools/studies/frontend_bench.py librosa DIR   # how far the log-mel is from librosa's over recordings
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
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.append(str(Path(__file__).resolve().parents[2] / "platforms" / "virtual"))

import emulator_control
from rich.console import Console
from rich.progress import track
from rich.table import Table

from ml.cli import run_cli
from ml.errors import UserError
from ml.link.port import Port
from ml.native import mel
from ml.native.logmel import LogmelConfig, c_source, log_mel, log_mel_q8
from ml.paths import ROOT
from ml.profile.boards import EMULATED, machines

FIRMWARE = ROOT / "tools" / "studies" / "frontend_bench"
PATIENCE_S = 60
DB_PER_OCTAVE = 10 * np.log10(2)
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
build_flags = -I{folder} {flags}
[env:{board}]
board = {board}
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


@cli.command("librosa")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def compare(folder: Path) -> None:
    """Difference from librosa over the recordings in a FOLDER, mono and of 16 kHz, above the noise floor."""
    files = sorted(path for kind in ("*.wav", "*.flac") for path in folder.rglob(kind))
    if not files:
        raise UserError(f"{folder}: expected WAV or FLAC recordings, found none")
    config = LogmelConfig(hop=160)
    found = [differences([soundfile.read(file, dtype="int16")[0]], config) for file in track(files, "Comparing")]
    db = np.concatenate(found)
    click.echo(
        f"{len(files)} recordings, {len(db):,} values: mean absolute difference {db.mean():.3f} dB,"
        f" 99 % within {np.percentile(db, 99):.2f} dB"
    )


@cli.command()
def board() -> None:
    """Instructions per frame on the virtual boards."""
    table = Table("board", "configuration", "integers", "float", "share", "mean difference, int8 steps")
    for name in EMULATED:
        for title, config in CONFIGS.items():
            integers, floats, difference = instructions(name, config)
            share = f"{integers / floats:.3f}"
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


def build(folder: Path, firmware: Path, name: str, headers: dict[str, str], flags: str = "") -> Path:
    """Builds a firmware with headers and flags of its own for a virtual board, in `folder`; returns the program."""
    project = PROJECT.format(firmware=firmware, root=ROOT, folder=folder, flags=flags, board=name)
    (folder / "platformio.ini").write_text(project)
    for header, text in headers.items():
        (folder / header).write_text(text)
    command = [Path(sys.executable).with_name("pio"), "run", "-s", "-d", folder, "-e", name]
    environment = {key: value for key, value in os.environ.items() if key != "PLATFORMIO_WORKSPACE_DIR"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"expected the firmware to build, found: {(done.stderr or done.stdout).strip()}")
    return folder / ".pio" / "build" / name / "firmware.elf"


def ask(folder: Path, program: Path, name: str, answer: re.Pattern[bytes]) -> tuple[bytes, ...]:
    """Runs the program in QEMU and returns the groups of its answer to any byte."""
    running, heard = folder / "running", b""
    emulator_control.start(running, str(program), machines()[name])
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


def librosa_db(pcm: np.ndarray, config: LogmelConfig) -> np.ndarray:
    """(frames, bands): log-mel power in dB by librosa, in counts^2."""
    import librosa  # noqa: PLC0415  for development only

    bank = librosa.filters.mel(
        sr=config.rate_hz, n_fft=config.fft, n_mels=config.bands, fmin=config.low_hz, fmax=config.upper_hz,
        htk=True, norm=None,
    )  # fmt: skip
    before = (config.fft - config.window) // 2  # librosa puts the window into the middle of the transform
    padded = np.pad(pcm.astype(float), (before, config.fft))
    spectrum = librosa.stft(
        padded, n_fft=config.fft, hop_length=config.hop, win_length=config.window, window="hann", center=False
    )
    return librosa.power_to_db(bank @ np.abs(spectrum) ** 2, amin=1e-3, top_db=None).T[: config.frames(len(pcm))]


def differences(recordings: list[np.ndarray], config: LogmelConfig) -> np.ndarray:
    """|ours - librosa's| in dB, above the noise floor: 18 dB over the rounding of 16-bit samples."""
    ours = np.concatenate(log_mel_q8(recordings, config)) / 256 * DB_PER_OCTAVE
    theirs = np.concatenate([librosa_db(pcm, config) for pcm in recordings])
    interval = np.repeat(np.arange(config.bands + 1), config.filters.band_bins)
    rising = np.bincount(interval, config.filters.rising / mel.ONE, config.bands + 1)
    width = rising[:-1] + (config.filters.band_bins - rising)[1:]  # of each filter, in bins
    floor = 10 * np.log10(width * config.window * 3 / 8 / 12) + 18
    return np.abs(ours - theirs)[theirs > floor]


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
