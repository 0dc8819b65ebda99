"""lib/nn called directly: on this computer (the portable bodies) and on an emulated Cortex-M4 (the DSP bodies)."""

import ctypes
import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ml.files import replacing
from ml.native.build import load
from ml.paths import ROOT
from ml.profile import image
from ml.profile.machine import RAM, Machine

SOURCES = sorted((ROOT / "lib/nn/src").rglob("*.c"))
FLAGS = ("-mcpu=cortex-m4", "-mthumb", "-O2", "-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror")
LINK = ("-nostartfiles", "--specs=nano.specs", "-Wl,-Ttext=0x100,-Tdata=0x20300000,-e,nn_conv_2d")


class Host:
    """Structs are laid out by ctypes, buffers are numpy's own memory."""

    pointer = ctypes.c_void_p

    def __init__(self):
        self.library = load("kernels_under_test", SOURCES)
        self.kept = []

    def place(self, array: np.ndarray) -> int:
        self.kept.append(np.ascontiguousarray(array).copy())
        return self.kept[-1].ctypes.data

    def write(self, address: int, array: np.ndarray) -> None:
        ctypes.memmove(address, np.ascontiguousarray(array).tobytes(), array.nbytes)

    def call(self, function: str, *addresses: int) -> None:
        getattr(self.library, function)(*(ctypes.c_void_p(address) for address in addresses))

    def fetch(self, address: int, count: int) -> np.ndarray:
        return np.frombuffer(ctypes.string_at(address, count), np.int8)


class CortexM4:
    """Buffers are carved from the emulated RAM; `cycles` is what the last call took."""

    pointer = ctypes.c_uint32

    def __init__(self):
        self.machine = Machine(linked())
        self.next = RAM
        self.cycles = 0

    def place(self, array: np.ndarray) -> int:
        address, data = self.next, np.ascontiguousarray(array).tobytes()
        self.machine.write(address, data)
        self.next += -(-len(data) // 16) * 16 + 16
        return address

    def write(self, address: int, array: np.ndarray) -> None:
        self.machine.write(address, np.ascontiguousarray(array).tobytes())

    def call(self, function: str, *addresses: int) -> None:
        self.cycles = self.machine.call(function, *addresses).cycles

    def fetch(self, address: int, count: int) -> np.ndarray:
        return np.frombuffer(self.machine.read(address, count), np.int8)


@cache
def linked() -> Path:
    """All kernels in one image for a Cortex-M4."""
    if shutil.which(image.COMPILER) is None:
        pytest.skip(f"{image.COMPILER} is not installed")
    objects = image.kernels()
    target = objects[0].parent.with_suffix(".elf")
    if not target.exists():
        with replacing(target) as made:
            command = [image.COMPILER, *image.CPUS["cortex-m4"], *map(str, objects), *LINK, "-o", str(made)]
            subprocess.run(command, check=True, capture_output=True)
    return target


def struct(target, fields: str, **values) -> ctypes.Structure:
    """A C struct by its fields: 'u16 pairs; s16 zero; ptr packed'."""
    types = {"u16": ctypes.c_uint16, "s16": ctypes.c_int16, "s32": ctypes.c_int32, "ptr": target.pointer}
    types |= {"s8": ctypes.c_int8, "u8": ctypes.c_uint8, "u32": ctypes.c_uint32}
    pairs = [field.split() for field in fields.split(";")]
    made = type("Struct", (ctypes.Structure,), {"_fields_": [(name, types[kind]) for kind, name in pairs]})
    return made(**values)


def place_struct(target, made: ctypes.Structure) -> int:
    return target.place(np.frombuffer(bytes(made), np.uint8))
