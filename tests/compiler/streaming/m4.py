"""Compiled programs on the emulated Cortex-M4 (ml/profile), with counted instructions."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from ml.compiler.header import Identity, header
from ml.compiler.lowering import Program
from ml.profile import image
from ml.profile.machine import Count, Machine


class OnM4:
    """A program in the emulated memory, at its start."""

    def __init__(self, program: Program, folder: Path):
        if shutil.which(image.COMPILER) is None:
            pytest.skip(f"{image.COMPILER} is not installed")
        path = folder / "model_model.h"
        path.write_text(header(program, Identity("model", "0" * 16), 0))
        self.program, self.machine = program, Machine(image.build(path, "model", folder).path)
        self.machine.boot("main")
        self.machine.call("profile_start")
        arena = self.machine.address("model_arena")
        self.input, self.output = arena + program.offset(program.input), arena + program.offset(program.output)

    def run(self, rows: np.ndarray) -> tuple[bytes, list[Count]]:
        """The output for an input and what each layer took."""
        self.machine.write(self.input, np.ascontiguousarray(rows).tobytes())
        counts = [self.machine.call("profile_layer", number) for number in range(len(self.program.layers))]
        return self.machine.read(self.output, self.program.output.size), counts
