"""A bare-metal firmware with lib/image on the Cortex-M4 of ml/profile: what an image computes there, and its cost."""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Symbol, SymbolTableSection

from ml.errors import UserError
from ml.image.pack import Packed, pack
from ml.paths import ROOT
from ml.profile import image as bare
from ml.profile.machine import Machine

SLOT = 0x00100000  # where the image is put: flash that the firmware does not use
PARTS = ("image", "nn", "frontend")
KEPT = ("board_open", "board_model", "board_check", "board_layer", "nn_run")

FIRMWARE = """\
#include "frontend/fft.h"
#include "image/image.h"
#include "image/kernels.h"

{table}
static const image_symbol symbols[] = {{{symbols}}};
static uint8_t arena[{arena}] IMAGE_ALIGNED, state[{state} + 1] IMAGE_ALIGNED, params[{params}] IMAGE_ALIGNED;
static const image_firmware firmware = {{
    IMAGE_ROWS({kernels}), IMAGE_ROWS(symbols), IMAGE_MEMORY(arena), IMAGE_MEMORY(state), IMAGE_MEMORY(params),
    {window},
}};
static image shown;
static image_refusal why;

uint32_t board_open(const void *bytes, uint32_t size) {{ return image_open(&shown, bytes, size, &firmware, &why); }}
const nn_model *board_model(void) {{ return image_model(&shown); }}
uint32_t board_check(void) {{ return nn_self_test(image_model(&shown)); }}
void board_layer(uint32_t layer) {{ image_model(&shown)->step((uint16_t)layer); }}
int main(void) {{ return 0; }}
"""


@dataclass(frozen=True)
class Cost:
    """Compiled in beside shown by lib/image: instructions of an inference, bytes of flash and RAM."""

    compiled_instructions: int
    image_instructions: int
    open_instructions: int  # checks, checksum and relocation
    library_flash: int  # lib/image with the kernels' table, without kernels
    kernels_flash: int  # of all kernels, where the firmware declares them all
    image_bytes: int
    ram: int  # `image`, what is relocated; arena and state are those of the compiled model
    agrees: bool  # the self-check of the model

    @property
    def slower(self) -> float:
        """Of the instructions, as a fraction."""
        return self.image_instructions / self.compiled_instructions - 1


def firmware(images: Sequence[Packed], folder: Path, all_kernels: bool = False) -> Path:
    """An ELF that has what these images need and no more, or every kernel."""
    if shutil.which(bare.COMPILER) is None:
        raise UserError(f"expected {bare.COMPILER} in the PATH, found none; install the Arm GNU toolchain")
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted({kernel.name for one in images for kernel in one.kernels})
    transforms = sorted({name for one in images for name in one.symbols})
    table = ", ".join(f"&image_{name}" for name in names)
    text = FIRMWARE.format(
        table="" if all_kernels else f"static const image_kernel *const kernels[] = {{{table}}};",
        kernels="image_all_kernels" if all_kernels else "kernels",
        symbols=", ".join(["{0, 0}", *(f"{{IMAGE_{name.upper()}, &{name}}}" for name in transforms)]),
        arena=max(one.arena for one in images),
        state=max(one.state for one in images),
        params=max(one.params for one in images),
        window=max(one.window for one in images),
    )
    for name, content in (("main.c", text), ("startup.c", bare.STARTUP), ("image.ld", bare.SCRIPT)):
        (folder / name).write_text(content)
    sources = [path for part in PARTS for path in sorted((ROOT / "lib" / part / "src").rglob("*.c"))]
    path = folder / "firmware.elf"
    includes = [f"-I{found}" for found in sorted((ROOT / "lib").glob("*/include"))]
    link = [*bare.LINK[:3], *(f"-Wl,-u,{name}" for name in KEPT), "-T", str(folder / "image.ld"), "-lm"]
    code = [str(folder / "main.c"), str(folder / "startup.c"), *map(str, sources)]
    command = [bare.COMPILER, *bare.CPUS["cortex-m4"], *bare.FLAGS, *includes, *code, *link, "-o", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"{bare.COMPILER} refused the firmware: {done.stderr.strip().splitlines()[0]}")
    return path


class Board:
    """The firmware running, with an image in its slot."""

    def __init__(self, elf: Path, packed: Packed, slot: int = SLOT):
        self.machine = Machine(elf)
        self.machine.write(slot, packed.data)
        self.opening = self.machine.call("board_open", slot, len(packed.data))
        if not self.machine.result():
            raise UserError("expected the firmware to take the image, found that it refuses it; pack it again")
        self.machine.call("board_model")
        self.model = self.machine.result()
        self.input, self.output, self.input_size = self._words(self.model + 12, 3)
        self.layer_table = self._words(self.model + 40, 1)[0]

    def _words(self, address: int, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}I", self.machine.read(address, 4 * count))

    def agrees(self) -> bool:
        """The self-check."""
        self.machine.call("board_check")
        return self.machine.result() == 1

    def instructions(self) -> int:
        """Of an inference."""
        return self.machine.call("nn_run", self.model).instructions

    def layers(self, given: bytes, count: int) -> list[bytes]:
        """The output of each layer for an input."""
        self.machine.write(self.input, given)
        made = []
        for layer in range(count):
            self.machine.call("board_layer", layer)
            _, data, size = self._words(self.layer_table + 16 * layer, 3)
            made.append(self.machine.read(data, size))
        return made


def _symbols(stream: BinaryIO) -> Iterator[Symbol]:
    section = ELFFile(stream).get_section_by_name(".symtab")
    return section.iter_symbols() if isinstance(section, SymbolTableSection) else iter(())


def _flash(elf: Path, prefixes: tuple[str, ...]) -> int:
    """Bytes of the functions and constants whose names begin so."""
    with elf.open("rb") as stream:
        sizes = {s["st_value"]: s["st_size"] for s in _symbols(stream) if s.name.startswith(prefixes)}
    return sum(sizes.values())


def _text(elf: Path) -> int:
    with elf.open("rb") as stream:
        section = ELFFile(stream).get_section_by_name(".text")
        return section["sh_size"] if section else 0


def cost(header: Path) -> Cost:
    """Measures the image of a header against the header compiled in, on the emulated Cortex-M4."""
    packed = pack(header)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        compiled = bare.build(header, packed.name, folder / "compiled")
        own = firmware([packed], folder / "own")
        every = firmware([packed], folder / "all", all_kernels=True)
        machine = Machine(compiled.path)
        machine.call("profile_start")
        inside = machine.call("nn_run", machine.address(f"{packed.name}_model")).instructions
        board = Board(own, packed)
        agrees = board.agrees()
        table = _text(own) - (_text(compiled.path) - _constants(compiled.path, packed.name))
        return Cost(
            inside, board.instructions(), board.opening.instructions, table, _text(every) - _text(own),
            len(packed.data), _flash(own, ("shown", "params")), agrees,
        )  # fmt: skip


def _constants(elf: Path, name: str) -> int:
    """Bytes of the model in a firmware that has it compiled in: its constants and its step, without its texts."""
    with elf.open("rb") as stream:
        inside = [s for s in _symbols(stream) if s.name.startswith(f"{name}_") and s["st_value"] < 0x20000000]
    return sum({s["st_value"]: s["st_size"] for s in inside}.values())
