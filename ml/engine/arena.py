"""How large the interpreter's arena must be, measured by giving the package `tflite-micro` less and less.

The package runs on this computer, where a pointer has 64 bits and the kernels are the reference ones. So for a board:

- Where pointers have 32 bits, the interpreter's record of a tensor (TfLiteEvalTensor) has 12 bytes in place of 24, and
  that of an operator (NodeAndRegistration) 32 in place of 64. What else becomes smaller stays as a margin.
- CMSIS-NN's kernels keep up to 32 B more an operator, and ask for scratch memory: two columns of 16 bits for a
  convolution that is not 1x1, one for a depthwise one that is not 3x3 (arm_*_get_buffer_size of CMSIS-NN).

`python -m ml.engine.arena FOLDER` is the other end of `measure`, in a process of its own: TFLM trusts a model's bytes.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.compiler import tflm
from ml.engine.outline import ALIGNED, Outline
from ml.errors import UserError
from ml.paths import ROOT

MOST = 64 << 20  # bytes
PATIENCE_S = 300
TENSOR, OPERATOR = 12, 32  # bytes by which a record is smaller on 32 bits
CMSIS_NN = 32  # bytes more an operator


@dataclass(frozen=True)
class Measured:
    """Bytes, and CRC-32 of the output for inputs."""

    least: int  # with which this computer's interpreter starts
    tensors: int  # of these, what the tensors share: the head of the arena
    checks: list[int]


@dataclass(frozen=True)
class Arena:
    """Bytes of the arena, all multiples of 16."""

    wide: int  # where pointers have 64 bits
    narrow: int  # where they have 32
    cmsis_nn: int  # more than that with CMSIS-NN's kernels
    tensors: int


def arena(model: Outline, measured: Measured) -> Arena:
    narrow = measured.least - TENSOR * model.all_tensors - OPERATOR * model.all_nodes
    cmsis_nn = CMSIS_NN * model.all_nodes + max([0, *(_scratch(model, number) for number in range(len(model.nodes)))])
    return Arena(*map(_rounded, (measured.least, narrow, cmsis_nn, measured.tensors)))


def _rounded(size: int) -> int:
    return -(-size // ALIGNED) * ALIGNED


def _scratch(model: Outline, number: int) -> int:
    """What CMSIS-NN's kernel for an operator asks for at most on a Cortex-M with or without DSP instructions, bytes."""
    node = model.nodes[number]
    if node.kind not in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        return 0
    height, width, channels = model.tensors[node.inputs[1]].shape[1:4]
    if node.kind == "CONV_2D":
        return 0 if height == width == 1 else 4 * height * width * channels
    return 0 if height == width == 3 else 2 * height * width * channels


def measure(tflite: bytes, name: str, windows: np.ndarray) -> Measured:
    """`windows`: int8 [input, bytes]; `name` is whose model it is, in errors."""
    if not tflm.available():
        raise UserError(
            "expected the package tflite-micro, which measures the arena, found none; it exists for Linux on x86-64 "
            "only: run this step there"
        )
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "model.tflite").write_bytes(tflite)
        np.save(Path(scratch) / "windows.npy", windows)
        command = [sys.executable, "-m", "ml.engine.arena", scratch]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=PATIENCE_S)
    head = re.search(r"Arena allocation head (\d+) bytes", done.stderr)
    if done.returncode or not head:
        said = [line for line in done.stderr.splitlines() if re.search(r"[Ff]ail|rror|not |[Uu]nsupported", line)]
        raise UserError(
            f"{name}: expected a model that TensorFlow Lite Micro takes, found that it does not: "
            f"{(said or ['no reason given'])[-1].strip()[:200]}; compile it without --engine tflm"
        )
    told = json.loads(done.stdout)
    return Measured(told["least"], int(head[1]), told["checks"])


def _interpreter(tflite: bytes, size: int):
    from tflite_micro.python.tflite_micro import runtime  # noqa: PLC0415 - optional and slow

    return runtime.Interpreter.from_bytes(tflite, arena_size=size)


def _starts(tflite: bytes, size: int) -> bool:
    """Whether the interpreter starts with that arena: tried by a copy of this process, for it may die where it does
    not. The package is for Linux, which has fork."""
    copy = os.fork()
    if not copy:
        try:
            _interpreter(tflite, size)
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitpid(copy, 0)[1] == 0


def _least(tflite: bytes) -> int:
    """The smallest arena with which the interpreter starts, a multiple of 16 bytes."""
    high = 1 << 12
    while high < MOST and not _starts(tflite, high):
        high *= 2
    low = 0
    while high - low > ALIGNED:
        middle = (low + high) // 2 // ALIGNED * ALIGNED
        low, high = (low, middle) if _starts(tflite, middle) else (middle, high)
    return high


def _measure(folder: Path) -> None:
    importlib.import_module("tflite_micro.python.tflite_micro.runtime")  # once, before the copies
    tflite = (folder / "model.tflite").read_bytes()
    least = _least(tflite)
    interpreter = _interpreter(tflite, least)
    given = interpreter.get_input_details(0)
    checks = []
    for window in np.load(folder / "windows.npy"):
        interpreter.reset()
        interpreter.set_input(window.view(given["dtype"]).reshape(given["shape"]), 0)
        interpreter.invoke()
        checks.append(zlib.crc32(interpreter.get_output(0).tobytes()))
    interpreter.print_allocations()
    print(json.dumps({"least": least, "checks": checks}))


if __name__ == "__main__":
    _measure(Path(sys.argv[1]))
