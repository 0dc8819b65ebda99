"""A C source as objects: the bytes of each constant, and what its pointers lead to. The C compiler lays structs out, so
no layout is written down twice."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection

from ml.errors import UserError
from ml.native.build import compiler
from ml.paths import ROOT

BOARD = ("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb")
# One section a constant, also of those that nobody reads; addresses are left to the relocations.
FLAGS = ("-std=gnu99", "-O0", "-ffreestanding", "-fno-pic", "-fdata-sections", "-fkeep-static-consts", "-w", "-c")
STRINGS = re.compile(r"\.rodata(\.str\d+\.\d+)?")  # where compilers put string literals


@dataclass(frozen=True)
class Target:
    """What a pointer leads to."""

    section: str | None  # None: a symbol of another file
    symbol: str
    offset: int


@dataclass
class Constant:
    """A section: one variable, or all string literals."""

    name: str
    data: bytes
    size: int  # also where it has no bytes of its own (.bss)
    align: int
    pointers: dict[int, Target] = field(default_factory=dict)


@dataclass(frozen=True)
class Objects:
    """The sections of an object file by name."""

    pointer: int  # bytes
    sections: dict[str, Constant]

    def variable(self, name: str) -> Constant | None:
        """The constant or variable of that name."""
        found = (self.sections.get(f"{kind}.{name}") for kind in (".rodata", ".data.rel.ro", ".data", ".bss"))
        return next((section for section in found if section), None)

    def text(self, target: Target) -> bytes:
        """The string literal there, its end included."""
        assert target.section is not None
        data = self.sections[target.section].data
        return data[target.offset : data.index(0, target.offset) + 1]


def compile_objects(source: str, folder: Path, host: bool = False, flags: Sequence[str] = ()) -> Objects:
    """Compiles C for 32-bit boards, or for this computer."""
    command = [compiler(), "-fno-pie"] if host else list(BOARD)
    if shutil.which(command[0]) is None:
        raise UserError(f"expected {command[0]} in the PATH, found none; install the Arm GNU toolchain")
    includes = [f"-I{place}" for place in (*sorted((ROOT / "lib").glob("*/include")), folder.absolute())]
    with tempfile.TemporaryDirectory() as scratch:
        made, code = Path(scratch) / "constants.o", Path(scratch) / "constants.c"
        code.write_text(source)
        done = subprocess.run(
            [*command, *FLAGS, *flags, *includes, "-o", str(made), str(code)],
            capture_output=True,
            text=True,
            check=False,
            cwd=scratch,  # so that a compiler's cache finds the same source in another scratch again
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no message"]
            told = next((line for line in lines if "error" in line), lines[0])
            raise UserError(f"{command[0]} refused the header: {told}")
        with made.open("rb") as stream:
            return _read(stream, command[0])


def _read(stream, program: str) -> Objects:
    try:
        elf = ELFFile(stream)
    except ELFError as error:
        raise UserError(f"expected an ELF object from {program}, found another format; pack for boards here") from error
    names = [section.name for section in elf.iter_sections()]
    sections = {}
    for section in elf.iter_sections():
        if section.name.startswith((".rodata", ".data", ".bss", ".text")):
            size = section["sh_size"]
            data = b"" if section["sh_type"] == "SHT_NOBITS" else section.data()
            sections[section.name] = Constant(section.name, data, size, section["sh_addralign"])
    pointer = elf.elfclass // 8
    for section in elf.iter_sections():
        if isinstance(section, RelocationSection):
            target = sections.get(names[section["sh_info"]])
            if target is not None and not target.name.startswith(".text"):
                _add_pointers(elf, section, target, names, pointer)
    return Objects(pointer, sections)


def _add_pointers(elf, relocations, section: Constant, names: list[str], pointer: int) -> None:
    symbols = elf.get_section(relocations["sh_link"])
    for relocation in relocations.iter_relocations():
        at = relocation["r_offset"]
        symbol = symbols.get_symbol(relocation["r_info_sym"])
        held = int.from_bytes(section.data[at : at + pointer], "little")
        addend = relocation["r_addend"] if relocations.is_RELA() else held
        index = symbol["st_shndx"]
        where = names[index] if isinstance(index, int) else None
        section.pointers[at] = Target(where, symbol.name, addend + (symbol["st_value"] if where else 0))
