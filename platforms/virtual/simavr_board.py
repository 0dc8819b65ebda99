"""The program that plays an AVR board: simavr/board.c, compiled once. Standard library only, for PlatformIO."""

from __future__ import annotations  # PlatformIO may bring a Python older than ours

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "simavr" / "board.c"
CACHE = SOURCE.parents[3] / ".cache" / "simavr"
HERTZ = {"atmega328p": 16_000_000}  # the processors that it plays
HOW = "install it (Debian: libsimavr-dev, or: python tools/setup.py --all)"


def build() -> str | Path:
    """The program, or in a line why there is none."""
    compiler = next(filter(shutil.which, filter(None, (os.environ.get("CC"), "cc", "gcc", "clang"))), None)
    if compiler is None:
        return "expected a C compiler (cc, gcc or clang) for simavr, found none; install one"
    command = [compiler, "-std=gnu11", "-O2", "-isystem", "/usr/include/simavr", str(SOURCE), "-lsimavr"]
    key = hashlib.sha256(SOURCE.read_bytes() + "\0".join(command).encode()).hexdigest()[:16]
    made = CACHE / f"board-{key}"
    if not made.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        scratch = CACHE / f".{key}.{os.getpid()}"
        done = subprocess.run([*command, "-o", str(scratch)], capture_output=True, text=True, check=False)
        if done.returncode:
            scratch.unlink(missing_ok=True)
            lines = [line for line in done.stderr.splitlines() if "error" in line or "cannot find" in line]
            told = lines[0] if lines else "no reason given"
            missing = "sim_avr.h" in done.stderr or "-lsimavr" in done.stderr
            return f"expected libsimavr, found none; {HOW}" if missing else f"simavr/board.c: {told}"
        scratch.replace(made)
    return made
