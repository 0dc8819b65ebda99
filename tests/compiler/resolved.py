"""A model as TensorFlow Lite Micro can run it: shapes that a dynamic batch left open are filled in, what computes
them is folded, and a GELU, which TFLM has none of, is a look-up of the same table. Tensors keep their numbers."""

import numpy as np

from ml.compiler.graph import Op, Tensor
from ml.compiler.operators import gelu
from ml.compiler.passes.fold import fold_constants
from ml.compiler.reader import read
from tests.compiler.builder import Builder


def resolved(tflite: bytes) -> bytes:
    graph = read(tflite)
    fold_constants(graph)
    b = Builder()
    numbers = {id(tensor): _tensor(b, tensor) for tensor in graph.tensors}
    for op in graph.ops:
        inputs = [-1 if t is None else numbers[id(t)] for t in op.inputs]
        outputs = [numbers[id(t)] for t in op.outputs]
        if op.kind == "GELU":
            _look_up(b, op, inputs[0], outputs[0])
        else:
            b.op(op.kind, inputs, outputs, **op.options)
    return b.model([numbers[id(t)] for t in graph.inputs], [numbers[id(t)] for t in graph.outputs])


def _tensor(b: Builder, t: Tensor) -> int:
    if t.data is not None:
        return b.const(t.data, scales=t.scales, zeros=t.zeros.tolist(), axis=t.axis, name=t.name)
    scale = float(t.scale) if len(t.scales) else None
    return b.tensor(t.shape, scale=scale, zero=t.zero if len(t.zeros) else 0, dtype=t.dtype, name=t.name)


def _look_up(b: Builder, op: Op, given: int, made: int) -> None:
    table = np.clip(gelu.table(op), -128, 127).astype(np.int8)
    wide, index = (b.tensor(op.output.shape, dtype="int32") for _ in range(2))
    b.op("CAST", [given], [wide])
    b.op("ADD", [wide, b.const(np.array([128], np.int32))], [index])
    scale = {"scales": [float(op.output.scale)], "zeros": [op.output.zero]}
    b.op("GATHER", [b.const(table, **scale), index], [made])
