"""RESHAPE and its relatives cost nothing: their output is the input's memory under another shape."""

from __future__ import annotations

from ml.compiler.graph import Graph, Op
from ml.compiler.operators.variables import FAULT

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
    """Drops operators whose outputs nobody reads, and that change no variable."""
    wanted = {id(t.storage) for t in graph.outputs}
    kept = []
    for op in reversed(graph.ops):
        if any(id(t.storage) in wanted for t in op.outputs) or _changes_state(op):
            wanted |= {id(t.storage) for t in op.inputs if t is not None}
            kept.append(op)
    graph.ops = kept[::-1]


def _changes_state(op: Op) -> bool:
    """An operator with state may change it, all but READ_VARIABLE; one with a faulty variable is kept for its check."""
    if op.kind == "READ_VARIABLE" or FAULT in op.options:
        return FAULT in op.options
    return any(t is not None and t.storage.variable for t in (*op.inputs, *op.outputs))
