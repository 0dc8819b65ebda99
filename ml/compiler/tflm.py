"""TensorFlow Lite Micro's own kernels, every tensor kept: the truth that compiled models are compared with.

`python -m ml.compiler.tflm FOLDER crcs` is the other end of `part_crcs`, `... runs` that of `runs`.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ml.compiler.graph import Graph, Op, Tensor
from ml.compiler.operators.div import is_defined
from ml.compiler.operators.lookup import saturating_shift
from ml.compiler.passes import run_passes
from ml.compiler.passes.ends import starts
from ml.compiler.reader import read
from ml.compiler.twin import int8_twin
from ml.errors import UserError
from ml.paths import ROOT

ARENA = 64 << 20  # bytes, of a model of which nothing is known


def available() -> bool:
    """True where the tflite-micro package is installed; it has wheels for Linux on x86-64 only."""
    return importlib.util.find_spec("tflite_micro") is not None


def crc32(data: bytes) -> int:
    return zlib.crc32(data)


def undefined(graph: Graph) -> set[int]:
    """Tensors that TFLM makes by arithmetic which C does not define, and what depends on them: the compiler's bytes are
    what is meant, and the same on every processor."""
    lost: set[int] = set()
    for op in graph.ops:
        given = {t.index for t in op.inputs if t is not None}
        saturating = op.kind in ("LOGISTIC", "TANH") and op.inputs[0] is not None and len(op.inputs[0].scales) == 1
        strange = _pads_with_anything(op) or (op.kind == "DIV" and not is_defined(op))
        if lost & given or strange or (saturating and not 0 <= saturating_shift(op) <= 62):
            lost |= {t.index for t in op.outputs}
    return lost


def _pads_with_anything(op: Op) -> bool:
    """TFLM's SPACE_TO_BATCH_ND never sets the value that it pads with; what is meant is the zero point."""
    amounts = op.inputs[2] if op.kind == "SPACE_TO_BATCH_ND" and len(op.inputs) == 3 else None
    return amounts is not None and (amounts.data is None or bool(amounts.data.any()))


def _made(op: Op) -> list[Tensor]:
    """What an operator makes; of an ASSIGN_VARIABLE, what it assigns."""
    return op.outputs if op.outputs else [t for t in op.inputs if t is not None]


class Reference:
    """One model in the TFLM interpreter, with packed INT4 weights as its int8 twin. State runs on from call to call."""

    def __init__(self, tflite: bytes, compiled: Graph | None = None):
        """`compiled` is the graph that the compiler made of the model, where it is at hand."""
        if not available():
            raise UserError(
                "expected the package tflite-micro, found none; it exists for Linux on x86-64 only: run this step there"
            )
        from tflite_micro.python.tflite_micro import runtime  # noqa: PLC0415 - optional and slow

        tflite = int8_twin(tflite)
        self.graph = read(tflite, "model")
        compiled = compiled or run_passes(read(tflite, "model"))
        self.channels = {t.index: t.channels for t in compiled.tensors if t.channels is not None}
        self.undefined = undefined(self.graph)
        # Every tensor is kept, and each with its share of the interpreter's own records.
        arena = sum(t.size for t in self.graph.tensors if t.data is None) * 2 + len(tflite) + (1 << 20)
        config = runtime.InterpreterConfig.kPreserveAllTensors
        self.interpreter = runtime.Interpreter.from_bytes(tflite, arena_size=arena, intrepreter_config=config)

    def run(self, given: np.ndarray) -> dict[int, bytes]:
        """Tensor index -> its bytes, for every tensor that the operators make, but those of `undefined`. `given`: the
        bytes of the input, or of the block of several (passes/ends.py). Where the compiler leaves channels out (see
        passes/channels.py), they are left out here."""
        data = np.ascontiguousarray(given).view(np.uint8).ravel()
        inner = [self._inner(tensor) for tensor in self.graph.inputs]
        for number, (tensor, one, at) in enumerate(zip(self.graph.inputs, inner, starts(inner)[0], strict=True)):
            rows = data[at : at + one.size].copy().view(one.dtype)
            self.interpreter.set_input(_outer(tensor, one, rows).reshape(tensor.shape), number)
        self.interpreter.invoke()
        made = [t for op in self.graph.ops for t in _made(op) if t.size and t.index not in self.undefined]
        return {t.index: self._bytes(t) for t in made}

    def _inner(self, tensor: Tensor) -> Tensor:
        """The tensor that a compiled model takes: behind QUANTIZE when the model itself takes floats."""
        first = self.graph.consumers(tensor)
        return first[0].output if tensor.dtype == "float32" and first else tensor

    def _bytes(self, tensor) -> bytes:
        data = np.asarray(self.interpreter.GetTensor(tensor.index, 0)["tensor_data"])
        kept = self.channels.get(tensor.index)
        return (data if kept is None else data.reshape(tensor.shape)[..., kept]).tobytes()


def _outer(tensor: Tensor, inner: Tensor, rows: np.ndarray) -> np.ndarray:
    """Integers as the model's own input wants them: as floats that quantise back to them."""
    if tensor.dtype != "float32":
        return rows
    return (rows.astype(np.float32) - np.float32(inner.zero)) * inner.scale


Crcs = list[int | None]


def crcs_of(tensors: dict[int, bytes], parts: Iterable[tuple[int, int, int]]) -> Crcs:
    """CRC-32 of each (tensor, first byte, bytes), None where the tensor is not among them."""
    found = ((tensors.get(tensor), first, size) for tensor, first, size in parts)
    return [None if data is None else crc32(data[first : first + size]) for data, first, size in found]


def part_crcs(tflite: bytes, rows: np.ndarray, parts: list[tuple[int, int, int]]) -> list[Crcs | None] | None:
    """`crcs_of` for each input, int8 [input, bytes], one after the other; None for an input that TFLM dies of, and in
    place of all where it refuses the model.

    It runs in processes of its own: TFLM trusts a model's bytes, and a damaged model must not take this process down.
    """
    graph = read(tflite, "model")
    stateful = any(t.variable for t in graph.tensors) or any(op.kind == "VAR_HANDLE" for op in graph.ops)
    told: list[Crcs | None] = []
    while len(told) < len(rows):
        found = _until_it_dies(tflite, rows[len(told) :], parts)
        if not told and not found:
            return None
        told += found
        if len(told) < len(rows):  # what it dies of; behind that, state would be another
            told += [None] * (len(rows) - len(told) if stateful else 1)
    return told


def runs(tflite: bytes) -> bool | None:
    """Whether TFLM takes the model and makes an inference, in a process of its own; None where TFLM is not at hand."""
    if not available():
        return None
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "model.tflite").write_bytes(tflite)
        return _child(scratch, "runs").returncode == 0


def _child(*words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "ml.compiler.tflm", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=300)


def _until_it_dies(tflite: bytes, rows: np.ndarray, parts: list[tuple[int, int, int]]) -> list[Crcs]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "model.tflite").write_bytes(tflite)
        np.save(folder / "rows.npy", rows)
        (folder / "parts.json").write_text(json.dumps(parts))
        done = _child(scratch, "crcs")
    lines = done.stdout.splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.startswith("[") and line.endswith("]\n")]


def _crcs(folder: Path) -> None:
    reference = Reference((folder / "model.tflite").read_bytes())
    parts = json.loads((folder / "parts.json").read_text())
    for row in np.load(folder / "rows.npy"):
        print(json.dumps(crcs_of(reference.run(row), parts)), flush=True)


def _runs(folder: Path) -> None:
    from tflite_micro.python.tflite_micro import runtime  # noqa: PLC0415 - optional and slow

    runtime.Interpreter.from_bytes((folder / "model.tflite").read_bytes(), arena_size=ARENA).invoke()


if __name__ == "__main__":
    {"crcs": _crcs, "runs": _runs}[sys.argv[2]](Path(sys.argv[1]))
