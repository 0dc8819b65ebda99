"""Generated headers on the emulated Cortex-M4 (ml/profile/machine.py), with counted instructions."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from ml.compiler.header import Identity, header
from ml.compiler.lowering import Program
from ml.paths import ROOT
from ml.profile.machine import RAM, Count, Machine

SOURCES = sorted((ROOT / "lib/nn/src").rglob("*.c"))
FLAGS = [
    "-mcpu=cortex-m4",
    "-mthumb",
    "-O2",
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Werror",
    "-nostartfiles",
    "--specs=nano.specs",
]
PLACES = ["-Wl,-Ttext=0x100,-Tdata=0x20010000,-e,run"]
INPUT = RAM + 0x300000

MAIN = """#include "model_model.h"
void run(const int8_t *rows);
const int8_t *output(void);
void run(const int8_t *rows) { memcpy(model_model.input, rows, model_model.input_size); nn_run(&model_model); }
const int8_t *output(void) { return model_model.output; }
"""


class OnM4:
    """A compiled program in the emulated memory; state is as after a reset."""

    def __init__(self, program: Program, folder: Path):
        compiler = shutil.which("arm-none-eabi-gcc")
        if compiler is None:
            pytest.skip("arm-none-eabi-gcc is not installed")
        (folder / "model_model.h").write_text(header(program, Identity("model", "0" * 16), 0))
        (folder / "main.c").write_text("#include <string.h>\n" + MAIN)
        image = folder / "image.elf"
        sources = [*map(str, SOURCES), str(folder / "main.c")]
        includes = [f"-I{ROOT}/lib/nn/include", f"-I{folder}"]
        command = [compiler, *FLAGS, *includes, *sources, *PLACES, "-o", str(image)]
        made = subprocess.run(command, capture_output=True, check=False)
        assert made.returncode == 0, made.stderr.decode()
        self.machine, self.size = Machine(image), program.output.size

    def run(self, rows: np.ndarray) -> tuple[bytes, Count]:
        """The output for an input and what it took."""
        self.machine.write(INPUT, np.ascontiguousarray(rows).tobytes())
        count = self.machine.call("run", INPUT)
        self.machine.call("output")
        return self.machine.read(self.machine.result(), self.size), count
