"""Constant folding: the rest of Keras' shape arithmetic (Flatten becomes SHAPE, STRIDED_SLICE, PACK, RESHAPE),
and constants that only change their shape."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ml.compiler.graph import Graph, Op
from ml.compiler.passes.shapes import Revised
from ml.compiler.passes.views import SAME_BYTES

MAX_ELEMENTS = 4096  # of a folded result; shape arithmetic is far below


def _shape(op: Op) -> np.ndarray:
    return np.array(op.inputs[0].shape)


def _pack(op: Op) -> np.ndarray:
    return np.stack([t.values for t in op.inputs], axis=op.options["axis"])


def _concatenation(op: Op) -> np.ndarray:
    return np.concatenate([t.values for t in op.inputs], axis=op.options["axis"])


def strided_slice(op: Op, value: np.ndarray) -> np.ndarray:
    """A STRIDED_SLICE with constant bounds, its masks included; ellipsis and new axes are left to the caller."""
    begin, end, step = (t.values.reshape(-1).tolist() for t in op.inputs[1:4])
    picks = []
    for axis, (first, last, stride) in enumerate(zip(begin, end, step, strict=True)):
        bit = 1 << axis
        if op.options["shrink_axis_mask"] & bit:
            picks.append(int(first))
            continue
        low = None if op.options["begin_mask"] & bit else first
        high = None if op.options["end_mask"] & bit else last
        picks.append(slice(low, high, stride))
    return value[tuple(picks)]


def _strided_slice(op: Op) -> np.ndarray:
    if op.options["ellipsis_mask"] or op.options["new_axis_mask"] or op.options["offset"]:
        raise ValueError
    return strided_slice(op, op.inputs[0].values)


def _reduce_prod(op: Op) -> np.ndarray:
    return np.prod(op.inputs[0].values, axis=tuple(op.inputs[1].values.reshape(-1).tolist()))


def _gather(op: Op) -> np.ndarray:
    if op.options["batch_dims"]:
        raise ValueError
    return np.take(op.inputs[0].values, op.inputs[1].values, axis=op.options["axis"])


FOLDS: dict[str, Callable[[Op], np.ndarray]] = {
    "PACK": _pack,
    "CONCATENATION": _concatenation,
    "GATHER": _gather,
    "STRIDED_SLICE": _strided_slice,
    "REDUCE_PROD": _reduce_prod,
    "CAST": lambda op: op.inputs[0].values,
}


def fold_constants(graph: Graph) -> None:
    """Gives data to every output that can be computed now, and drops the operators that made them. What a dynamic batch
    leaves of shapes is known by then too (see shapes.py)."""
    revised, kept = Revised(), []
    for op in graph.ops:
        if not _folded(op):
            revised.follow(op)
            kept.append(op)
    graph.ops = kept


def _folded(op: Op) -> bool:
    if len(op.outputs) != 1 or not op.inputs or any(t is None for t in op.inputs):
        return False
    output = op.output
    if op.kind in SAME_BYTES and op.inputs[0].data is not None and op.inputs[0].size == output.size:
        output.data = op.inputs[0].data.reshape(output.shape)
        return True
    constant = all(t.data is not None for t in op.inputs)
    fold = _shape if op.kind == "SHAPE" else FOLDS.get(op.kind) if constant else None
    if fold is None or output.dtype not in ("int32", "int64") or output.elements > MAX_ELEMENTS:
        return False
    try:
        value = np.asarray(fold(op))
    except (ValueError, IndexError, TypeError, OverflowError):
        return False  # malformed: left for the operator's check to name
    if value.shape != output.shape:
        return False
    output.data = value.astype(output.dtype)
    return True
