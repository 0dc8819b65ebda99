"""RESHAPE and its relatives cost nothing: their output is the input's memory under another shape."""

from __future__ import annotations

from ml.compiler.graph import Graph

SAME_BYTES = ("RESHAPE", "EXPAND_DIMS", "SQUEEZE")


def remove_views(graph: Graph) -> None:
    kept = []
    for op in graph.ops:
        same = op.kind in SAME_BYTES and op.inputs and len(op.outputs) == 1 and op.inputs[0] is not None
        if same and op.inputs[0].size == op.output.size and op.inputs[0].dtype == op.output.dtype:
            op.output.view_of = op.inputs[0]
        else:
            kept.append(op)
    graph.ops = kept


def remove_dead(graph: Graph) -> None:
    """Drops operators whose outputs nobody reads."""
    wanted = {id(t.storage) for t in graph.outputs}
    kept = []
    for op in reversed(graph.ops):
        if any(id(t.storage) in wanted for t in op.outputs) or any(t is not None and t.variable for t in op.inputs):
            wanted |= {id(t.storage) for t in op.inputs if t is not None}
            kept.append(op)
    graph.ops = kept[::-1]
