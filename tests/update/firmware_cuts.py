"""Loss of power at every operation of a patch of the firmware: `python -m tests.update.firmware_cuts --second 20`."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random

import click

from ml.update.firmware import Program, sign_firmware
from ml.update.package import Update
from ml.update.sign import Release
from tests.update import signing
from tests.update.field_host import APP, program, written
from tests.update.trials import end

SIZE = 4500


def programs() -> list[Program]:
    """Bytes that nobody runs: one that is flashed, and two that come out of patches, the last a little larger."""
    chance = Random(7)
    first = b"THFW" + bytes(chance.choice(b"abcdefghij") for _ in range(SIZE - 4))
    second = first[:1000] + chance.randbytes(120) + first[1100:]
    third = second[:50] + chance.randbytes(8) + second[58:3000] + chance.randbytes(150) + second[3000:]
    return [Program(APP, data, pointer=8) for data in (first, second, third)]


def patches() -> tuple[bytes, Update, Update]:
    """What is flashed, the patch that makes the second program of it, and the one that makes the third of that."""
    first, second, third = programs()
    signed = [
        sign_firmware(new, base, signing.KEYS, Release(counter, f"v{counter}", 2))
        for counter, (base, new) in enumerate(((first, second), (second, third)), 1)
    ]
    return first.data, signed[0], signed[1]


def cuts(folder: Path, second: int, seed: int = 1, sabotage: tuple[str, str] | None = None):
    """Builds firmware_cuts.c and runs it."""
    made = program("firmware_cuts", folder, sabotage, firmware=True)
    flashed, old, new = patches()
    (folder / "flashed.bin").write_bytes(flashed)
    files = [written(old, folder / "old.tmu"), written(new, folder / "new.tmu")]
    command = [str(made), str(folder / "flashed.bin"), *map(str, files), str(second), str(seed)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@click.command()
@click.option("--second", type=click.IntRange(0), default=10, show_default=True, help="Second cuts behind each first.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
def main(second: int, seed: int) -> None:
    """Cut the power at every operation of a patch, and again behind it; status 1 where the firmware is lost."""
    end(lambda folder: cuts(folder, second, seed))


if __name__ == "__main__":
    main()
