"""TensorFlow Lite Micro's own kernels, every tensor kept: the truth that compiled models are compared with."""

from __future__ import annotations

import importlib.util
import zlib

import numpy as np

from ml.compiler.reader import read
from ml.errors import UserError


def available() -> bool:
    """True where the tflite-micro package is installed; it has wheels for Linux on x86-64 only."""
    return importlib.util.find_spec("tflite_micro") is not None


def crc32(data: bytes) -> int:
    return zlib.crc32(data)


class Reference:
    """One model in the TFLM interpreter. State, where the model has any, runs on from call to call."""

    def __init__(self, tflite: bytes):
        if not available():
            raise UserError(
                "expected the package tflite-micro, found none; it exists for Linux on x86-64 only: run this step there"
            )
        from tflite_micro.python.tflite_micro import runtime  # noqa: PLC0415 - optional and slow

        self.graph = read(tflite, "model")
        # Every tensor is kept, and each with its share of the interpreter's own records.
        arena = sum(t.size for t in self.graph.tensors if t.data is None) * 2 + len(tflite) + (1 << 20)
        config = runtime.InterpreterConfig.kPreserveAllTensors
        self.interpreter = runtime.Interpreter.from_bytes(tflite, arena_size=arena, intrepreter_config=config)

    def run(self, given: np.ndarray) -> dict[int, bytes]:
        """Tensor index -> its bytes, for every tensor the operators make. `given`: the bytes of the input."""
        tensor = self.graph.inputs[0]
        rows = np.ascontiguousarray(given).view(tensor.dtype).reshape(tensor.shape)
        self.interpreter.set_input(rows, 0)
        self.interpreter.invoke()
        made = [t for op in self.graph.ops for t in op.outputs if t.size]
        return {t.index: self._bytes(t) for t in made}

    def _bytes(self, tensor) -> bytes:
        return np.asarray(self.interpreter.GetTensor(tensor.index, 0)["tensor_data"]).tobytes()
