"""SPLIT makes several tensors; a layer makes one. So it becomes one SPLIT for each part, told by its option `part`."""

from __future__ import annotations

from ml.compiler.graph import Graph, Op


def separate_splits(graph: Graph) -> None:
    ops = []
    for op in graph.ops:
        if op.kind == "SPLIT" and len(op.outputs) == op.options["num_splits"] > 0:
            ops += [
                Op(op.kind, op.index, op.inputs, [output], {**op.options, "part": part})
                for part, output in enumerate(op.outputs)
            ]
        else:
            ops.append(op)
    graph.ops = ops
