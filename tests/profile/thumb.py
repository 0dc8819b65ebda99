"""Assembles a few Thumb instructions for the Cortex-M4."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile


def assemble(text: str) -> bytes:
    """The machine code of `text`."""
    assembler = shutil.which("arm-none-eabi-as")
    if assembler is None:
        pytest.skip("arm-none-eabi-as is not installed")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "code.o"
        source = f".syntax unified\n.thumb\n.text\n{text}\n"
        command = [assembler, "-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-o", str(made)]
        subprocess.run(command, input=source, text=True, check=True)
        with made.open("rb") as file:
            return ELFFile(file).get_section_by_name(".text").data()
