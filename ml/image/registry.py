"""The numbers of kernels, settings and symbols, read from the headers of lib/image: both sides have one list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ml.paths import ROOT

INCLUDE = ROOT / "lib" / "image" / "include" / "image"


@dataclass(frozen=True)
class Kernel:
    """A row of kernels.h."""

    id: int
    version: int
    name: str
    operands: str  # a letter each, see kernels.h


@dataclass(frozen=True)
class Settings:
    """A row of settings.h."""

    id: int
    version: int
    type: str


def _rows(header: Path, row: str) -> list[tuple[str, ...]]:
    return re.findall(rf"^    X\({row}", header.read_text(), re.MULTILINE)


@cache
def kernels() -> dict[str, Kernel]:
    """By the name of the C function."""
    rows = _rows(INCLUDE / "kernels.h", r"(\d+), (\d+), (\w+), (\w+),")
    return {name: Kernel(int(number), int(version), name, operands) for number, version, name, operands in rows}


@cache
def settings() -> dict[str, Settings]:
    """By the name of the C type."""
    rows = _rows(INCLUDE / "settings.h", r"(\d+), (\d+), (\w+),")
    return {kind: Settings(int(number), int(version), kind) for number, version, kind in rows}


@cache
def symbols() -> dict[str, int]:
    """What only a firmware has, by its name in C: fft_64 is 1."""
    listed = re.search(r"enum \{ (IMAGE_FFT_64 = 1,[^}]*)\}", (INCLUDE / "image.h").read_text())
    names = re.findall(r"IMAGE_(\w+)", listed[1]) if listed else []
    return {name.lower(): number for number, name in enumerate(names, 1)}
