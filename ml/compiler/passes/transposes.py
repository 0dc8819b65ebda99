"""A TRANSPOSE before a matrix product costs nothing: the product walks over the tensor in another order. One that only
moves axes of length 1 moves no byte at all."""

from __future__ import annotations

from ml.compiler.graph import Graph, Op
from ml.compiler.operators import FAMILIES, Unsupported


def absorb_transposes(graph: Graph) -> None:
    for op in list(graph.ops):
        if op.kind != "TRANSPOSE" or not _plain(op) or any(out.storage is op.output for out in graph.outputs):
            continue
        users = graph.consumers(op.output)
        views = any(t.view_of is op.output for t in graph.tensors)
        if users and not views and all(user.kind == "BATCH_MATMUL" for user in users):
            for user in users:
                _read_through(user, op)
            graph.ops.remove(op)


def _plain(op: Op) -> bool:
    try:
        FAMILIES["TRANSPOSE"].check(op)
    except Unsupported:
        return False
    return True


def _read_through(user: Op, transpose: Op) -> None:
    for i, tensor in enumerate(user.inputs):
        if tensor is transpose.output:
            user.inputs[i] = transpose.inputs[0]
            user.options[f"order_{i}"] = tuple(order_of(transpose))


def order_of(transpose: Op) -> list[int]:
    return [int(axis) for axis in transpose.inputs[1].values.reshape(-1)]


def moves_nothing(transpose: Op) -> bool:
    """The axes longer than 1 keep their order."""
    shape = transpose.inputs[0].shape
    moved = [axis for axis in order_of(transpose) if shape[axis] > 1]
    return moved == sorted(moved)


def view_transposes(graph: Graph) -> None:
    """Those that move no byte become views."""
    for op in list(graph.ops):
        if op.kind == "TRANSPOSE" and _plain(op) and moves_nothing(op):
            op.output.view_of = op.inputs[0]
            graph.ops.remove(op)
