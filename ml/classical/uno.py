"""What a model costs on an Arduino Uno: flash, RAM and cycles, by avr-gcc and simavr.

cost = on_uno(header_text, name, rows)    # None where avr-gcc or simavr is missing
"""

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.classical.host import LIBRARY, sources
from ml.errors import UserError

MCU, FLASH, RAM = "atmega328p", 32256, 2048  # bytes; the boot loader has 512 of 32 kB
COMMAND = ["avr-gcc", f"-mmcu={MCU}", "-std=gnu99", "-Os", "-flto", "-ffunction-sections", "-Wl,--gc-sections"]
PROBE = Path(__file__).with_name("uno_probe.c")
MOST_ROWS_BYTES = 8192  # of rows in the probe's flash
RUN_S = 60.0
TOO_LARGE = f"expected a model that fits the {FLASH:,} B of flash and {RAM:,} B of RAM of an Uno, found a larger one"
_LINE = re.compile(r"^([0-9a-f]{2})([0-9a-f]{8})\.*$", re.M)


class TooLargeError(UserError):
    """The model does not fit an Uno."""


@dataclass(frozen=True)
class Cost:
    """Of a model alone: a program with it less the same program without it."""

    flash: int  # bytes, code and tables
    ram: int  # bytes, static
    cycles: int  # mean of an answer
    most_cycles: int
    answers: np.ndarray  # int (rows,)


def missing() -> str | None:
    """What this computer lacks for `on_uno`, and how to get it; None: nothing."""
    for program, package in (("avr-gcc", "gcc-avr and avr-libc"), ("avr-size", "binutils-avr"), ("simavr", "simavr")):
        if not shutil.which(program):
            return f"expected {program} on the PATH, found none; install {package} (python tools/setup.py --all)"
    return None


def on_uno(header: str, name: str, rows: np.ndarray) -> Cost | None:
    """Runs int8 rows (n, inputs) through the model on the emulated chip. None where a tool is missing.

    TooLargeError for a model that does not fit the chip.
    """
    if missing():
        return None
    rows = rows[: max(1, MOST_ROWS_BYTES // rows.shape[1])]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "model.h").write_text(header)
        (folder / "rows.h").write_text(_rows(rows))
        program, empty = (_built(folder, name, out) for out in ("model", "empty"))
        (flash, ram), (none_flash, none_ram) = _size(program), _size(empty)
        if flash > FLASH or ram > RAM:
            raise TooLargeError(TOO_LARGE)
        said = subprocess.run(
            ["simavr", "-m", MCU, "-f", "16000000", str(program)],
            capture_output=True, text=True, errors="replace", timeout=RUN_S, check=False,
        )  # fmt: skip
    found = _LINE.findall(re.sub(r"\x1b\[[0-9;]*m", "", said.stdout + said.stderr))
    if len(found) != len(rows):
        raise UserError(f"simavr: expected {len(rows)} answers, found {len(found)}; run it again")
    cycles = [int(took, 16) for _, took in found]
    answers = np.array([int(answer, 16) for answer, _ in found])
    return Cost(flash - none_flash, ram - none_ram, round(sum(cycles) / len(cycles)), max(cycles), answers)


def _rows(rows: np.ndarray) -> str:
    values = ", ".join(map(str, rows.astype(int).ravel()))
    return f"#define PROBE_COUNT {len(rows)}\nstatic const int8_t probe_rows[] PROGMEM = {{{values}}};\n"


def _built(folder: Path, name: str, out: str) -> Path:
    defines = [
        f'-DPROBE_HEADER="{folder / "model.h"}"',
        f'-DPROBE_ROWS="{folder / "rows.h"}"',
        f"-DPROBE_INPUTS={name}_INPUTS",
    ]
    defines += [f"-DPROBE_CLASSES={name}_CLASSES", f"-DPROBE_CLASSIFY={name}_classify"]
    defines += ["-DPROBE_EMPTY"] if out == "empty" else []
    files = [str(PROBE), *map(str, sources())]
    command = [*COMMAND, *defines, f"-I{LIBRARY / 'include'}", "-o", str(folder / out), *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        if any(said in done.stderr for said in ("will not fit", "overflowed", "is too large")):
            raise TooLargeError(TOO_LARGE)
        raise UserError(f"avr-gcc: {(done.stderr.splitlines() or ['no reason given'])[0]}")
    return folder / out


def _size(program: Path) -> tuple[int, int]:
    said = subprocess.run(["avr-size", str(program)], capture_output=True, text=True, check=True).stdout
    text, data, bss = map(int, said.splitlines()[1].split()[:3])
    return text + data, data + bss
