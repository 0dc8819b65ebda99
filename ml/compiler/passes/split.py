"""SPLIT, SPLIT_V and UNPACK make several tensors; a layer makes one. So each becomes one operator for each part, told
by its option `part`."""

from __future__ import annotations

from ml.compiler.graph import Graph, Op

COUNTS = {"SPLIT": "num_splits", "SPLIT_V": "num_splits", "UNPACK": "num"}


def separate_splits(graph: Graph) -> None:
    ops = []
    for op in graph.ops:
        if op.kind in COUNTS and len(op.outputs) == op.options[COUNTS[op.kind]] > 0:
            ops += [
                Op(op.kind, op.index, op.inputs, [output], {**op.options, "part": part})
                for part, output in enumerate(op.outputs)
            ]
        else:
            ops.append(op)
    graph.ops = ops
