"""A bare-metal Cortex-M image around a compiled model: nothing but the model, its kernels and two markers.

The markers are empty functions around one inference on the fixed input, for ml/profile and for any other tool that
measures an ELF. `profile_layer(i)` runs one layer by itself.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from ml.errors import UserError
from ml.kept import kept_files, made_once
from ml.paths import CACHE, ROOT

COMPILER = "arm-none-eabi-gcc"
CPUS = {
    "cortex-m4": ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"),
    "cortex-m3": ("-mcpu=cortex-m3", "-mthumb"),  # no DSP extension: the portable bodies of the kernels
}
FLAGS = ("-std=c99", "-O2", "-ffunction-sections", "-fdata-sections", "-Wall", "-Wextra", "-Wconversion", "-Werror")
KEPT = ("profile_start", "profile_layer", "profile_agrees")
LINK = ("-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections", *(f"-Wl,-u,{name}" for name in KEPT))

MAIN = """\
#include "{name}_model.h"

__attribute__((noinline)) void marker_begin(void) {{ __asm__ volatile(""); }}
__attribute__((noinline)) void marker_end(void) {{ __asm__ volatile(""); }}

void profile_start(void) {{
    if ({name}_model.reset) {name}_model.reset();
    nn_fixed_input(&{name}_model);
}}

void profile_layer(uint32_t layer) {{ {name}_model.step((uint16_t)layer); }}

uint32_t profile_agrees(void) {{
    return nn_crc32({name}_model.output, {name}_model.output_size) == {name}_model.check;
}}

int main(void) {{
    profile_start();
    marker_begin();
    nn_run(&{name}_model);
    marker_end();
    return profile_agrees() ? 0 : 1;
}}
"""

STARTUP = """\
#include <stdint.h>

extern uint32_t data_start[], data_end[], data_image[], bss_start[], bss_end[];
extern uint8_t stack_top[];
int main(void);

// The exit status in r0 is what semihosting's SYS_EXIT_EXTENDED takes.
static __attribute__((noreturn)) void leave(uint32_t status) {
    uint32_t block[2] = {0x20026, status}; // ADP_Stopped_ApplicationExit
    __asm__ volatile("mov r0, #0x20\\n mov r1, %0\\n bkpt 0xAB" : : "r"(block) : "r0", "r1", "memory");
    for (;;) {
    }
}

void reset(void) {
    volatile uint32_t *access = (volatile uint32_t *)0xE000ED88;
    *access |= 0xFu << 20; // the FPU
    for (uint32_t *to = data_start, *from = data_image; to < data_end;) *to++ = *from++;
    for (uint32_t *to = bss_start; to < bss_end;) *to++ = 0;
    leave((uint32_t)main());
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {stack_top, (const void *)reset};
"""

SCRIPT = """\
MEMORY { FLASH (rx) : ORIGIN = 0, LENGTH = 4M  RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 4M }
ENTRY(reset)
SECTIONS {
    .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) . = ALIGN(4); } > FLASH
    .ARM.exidx : { *(.ARM.exidx*) } > FLASH
    .data : { data_start = .; *(.data*) . = ALIGN(4); data_end = .; } > RAM AT > FLASH
    data_image = LOADADDR(.data);
    .bss (NOLOAD) : { bss_start = .; *(.bss*) *(COMMON) . = ALIGN(4); bss_end = .; } > RAM
    stack_top = ORIGIN(RAM) + LENGTH(RAM);
}
"""


@dataclass(frozen=True)
class Image:
    """A linked image and what it takes, in bytes."""

    path: Path
    flash: int  # .text, .rodata, .ARM.exidx and the image of .data, start-up code included
    ram: int  # .data and .bss: the arena and everything beside it but the stack


@functools.cache
def compiler() -> str:
    """The cross compiler's first line about itself."""
    if shutil.which(COMPILER) is None:
        raise UserError(f"expected {COMPILER} in the PATH, found none; install the Arm GNU toolchain")
    done = subprocess.run([COMPILER, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.partition("\n")[0]


def build(header: Path, name: str, folder: Path, cpu: str = "cortex-m4", lib: Path = ROOT / "lib") -> Image:
    """Compiles `<name>_model.h` with the kernels of `<lib>/nn` to `<folder>/<name>.elf`."""
    objects = kernels(cpu, lib, name)
    folder.mkdir(parents=True, exist_ok=True)
    sources = [*objects, folder / "main.c", folder / "startup.c"]
    (folder / "main.c").write_text(MAIN.format(name=name))
    (folder / "startup.c").write_text(STARTUP)
    (folder / "image.ld").write_text(SCRIPT)
    path = folder / f"{name}.elf"
    includes = (*(f"-I{found}" for found in sorted(lib.glob("*/include"))), f"-I{header.parent}")
    script = ("-T", str(folder / "image.ld"))
    _call(name, cpu, [*includes, *map(str, sources), *LINK, *script, "-o", str(path)])
    return Image(path, *_sizes(path))


def kernels(cpu: str = "cortex-m4", lib: Path = ROOT / "lib", name: str = "nn") -> list[Path]:
    """The objects of `<lib>/nn`, in the order of their sources: compiled once, then found again by their content.
    `name` is whose they are, in errors."""
    sources, include = sorted((lib / "nn/src").rglob("*.c")), lib / "nn/include"
    key = hashlib.sha256("\0".join([compiler(), *CPUS[cpu], *FLAGS]).encode())
    for path in (*sources, *sorted((lib / "nn").rglob("*.h"))):
        key.update(f"\0{path.relative_to(lib)}\0".encode() + path.read_bytes())

    def make(scratch: Path) -> None:
        for number, source in enumerate(sources):
            made = scratch / f"{number:03}-{source.stem}.o"
            _call(name, cpu, [f"-I{include}", "-c", str(source), "-o", str(made)])

    folder = CACHE / "native" / f"nn-{cpu}-{key.hexdigest()[:16]}"
    made_once(folder, make)
    return kept_files(folder)


def _call(name: str, cpu: str, words: list[str]) -> None:
    result = subprocess.run([COMPILER, *CPUS[cpu], *FLAGS, *words], capture_output=True, text=True, check=False)
    if result.returncode:
        raise UserError(f"{name}: {COMPILER} refused the model: {_first_error(result.stderr)}")


def _first_error(said: str) -> str:
    lines = said.strip().splitlines() or ["no message"]
    return next((line for line in lines if "error" in line), lines[0])


def _sizes(path: Path) -> tuple[int, int]:
    with path.open("rb") as file:
        sizes = {section.name: section["sh_size"] for section in ELFFile(file).iter_sections()}
    data = sizes.get(".data", 0)
    flash = sizes[".text"] + sizes.get(".ARM.exidx", 0) + data
    return flash, data + sizes.get(".bss", 0)
