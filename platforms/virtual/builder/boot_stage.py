"""Compiles the boot stage of the Cortex-M boards, once for all firmware: it is kept under the hash of its sources."""

import hashlib
import subprocess
import tempfile
from pathlib import Path

SIZE = 0x4000  # mps2.h
COMPILER = "arm-none-eabi-gcc"
FLAGS = ["-std=gnu99", "-Os", "-Wall", "-Wextra", "-ffunction-sections", "-fdata-sections", "-DBOARD_MPS2"]
LINK = ["-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections", "-Wl,--build-id=none"]
PARTS = [
    "board/src/mps2/mps2_flash.c",
    "board/src/virtual/flash.c",
    "nn/src/model.c",
    *(f"update/src/{name}.c" for name in ("blocks", "journal", "slots", "start")),
]
LIBRARIES = ["board", "nn", "update"]


class BootError(Exception):
    """One line for the person at the terminal."""


def made(mps2: Path, lib: Path, cpu: list[str], ram: int, cache: Path) -> Path:
    """The boot stage's bytes in a file below `cache`. mps2, lib: folders of its source; ram: bytes of the board."""
    folder = mps2 / "boot"
    sources = [folder / "boot.c", *(lib / part for part in PARTS)]
    includes = [f"-I{place}" for place in (mps2, *(lib / name / "include" for name in LIBRARIES))]
    headers = [path for place in includes for path in sorted(Path(place[2:]).rglob("*.h"))]
    options = [*cpu, *FLAGS, *LINK, f"-Wl,--defsym=__boot_size={SIZE}", f"-Wl,--defsym=__ram_size={ram}"]
    key = hashlib.sha256(" ".join(options).encode())
    for path in [folder / "boot.ld", *sources, *headers, *sorted((lib / "update" / "src").glob("*.h"))]:
        key.update(path.read_bytes())
    kept = cache / "boot" / f"{key.hexdigest()[:16]}.bin"
    if not kept.is_file():
        _compile([*options, f"-T{folder / 'boot.ld'}", *includes, *map(str, sources)], kept)
    return kept


def _compile(arguments: list[str], kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
        program, image = Path(scratch) / "boot.elf", Path(scratch) / "boot.bin"
        _run([COMPILER, *arguments, "-o", str(program)])
        _run(["arm-none-eabi-objcopy", "-O", "binary", str(program), str(image)])
        image.replace(kept)  # whole, whoever else makes it at the same time


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BootError(f"expected {command[0]} on the PATH, found none; install the Arm GNU toolchain") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise BootError(f"the boot stage: {next((line for line in lines if 'error' in line), lines[-1])}")
