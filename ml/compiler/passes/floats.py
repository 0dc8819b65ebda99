"""Replaces floating-point operators between a DEQUANTIZE and a QUANTIZE: together they map one int8 to one int8."""

from __future__ import annotations

from dataclasses import replace

from ml.compiler.graph import Graph, Op
from ml.compiler.operators.float_steps import BETWEEN, STEPS


def fuse_float_steps(graph: Graph) -> None:
    """DEQUANTIZE, NEG, QUANTIZE (in Keras' LayerNormalization) become one NEG on int8."""
    made: dict[int, Op] = {}  # by the QUANTIZE that ends it
    for op in graph.ops:
        if op.kind not in STEPS or len(op.inputs) != 1 or len(op.outputs) != 1:
            continue
        before, after = graph.producer(op.inputs[0]), graph.consumers(op.output)
        if before is None or before.kind != "DEQUANTIZE" or len(before.inputs) != 1:
            continue
        if len(after) == 1 and after[0].kind == "QUANTIZE" and op.output not in graph.outputs:
            options = op.options | {BETWEEN: True}
            made[id(after[0])] = replace(op, inputs=before.inputs, outputs=after[0].outputs, options=options)
    graph.ops = [made.get(id(op), op) for op in graph.ops]
