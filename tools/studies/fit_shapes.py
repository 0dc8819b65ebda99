"""Random operators for fit_cycles.py, of kernels whose operators no predicted network has; each is made of another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ml.compiler.graph import Graph, Operands, Tensor
from ml.compiler.predict.sketch import Layer

if TYPE_CHECKING:
    from tools.studies.fit_cycles import Shapes

SCALES = {"scales": np.array([0.05], np.float32), "zeros": np.array([0])}


def _constant(data: np.ndarray, **scales) -> Tensor:
    return Tensor(97, "", data.shape, data.dtype.name, data=data, **scales)


def _made(s: Shapes, kind: str, shape, output, *more: Tensor, dtype: str = "int8", **options) -> Graph:
    """An operator on an int8 tensor of that shape."""
    graph = s.graph(shape, Layer("hard_swish"))
    op = graph.ops[0]
    op.kind, op.options = kind, options
    op.inputs = Operands([op.inputs[0], *more])
    quantised = {"scales": op.inputs[0].scales, "zeros": op.inputs[0].zeros}
    op.outputs[0] = replace(op.outputs[0], shape=tuple(map(int, output)), dtype=dtype, index=98, **quantised)
    return graph


def _bilinear(s: Shapes) -> Graph:
    height, width, depth = s.image()
    size = np.array([s.upto(24), s.upto(24)], np.int32)
    graph = _made(s, "RESIZE_BILINEAR", (height, width, depth), (1, *size, depth), _constant(size))
    graph.ops[0].options = {"align_corners": False, "half_pixel_centers": True}
    return graph


def _transposed(s: Shapes) -> Graph:
    height, width, depth = s.image(12)
    filters, kernel = s.upto(12), (s.upto(5), s.upto(5))
    stride = s.one((1, 1), (2, 2), (2, 2), (s.upto(3), s.upto(3)))
    sides = (height * stride[0], width * stride[1])
    weights = _constant(s.fill("int8", (filters, *kernel, depth)), scales=SCALES["scales"], zeros=SCALES["zeros"])
    options = {"padding": 0, "stride_height": stride[0], "stride_width": stride[1], "activation": "none"}
    graph = _made(s, "TRANSPOSE_CONV", (height, width, depth), (1, *sides, filters), **options)
    op = graph.ops[0]
    op.inputs = Operands([_constant(np.array(op.output.shape, np.int32)), weights, op.inputs[0]])
    return graph


def _gathered(s: Shapes) -> Graph:
    shape, axis = s.image(), s.upto(3)
    given = (1, *shape)
    numbers = s.chance.integers(0, given[axis], s.upto(40)).astype(np.int32)
    made = (*given[:axis], len(numbers), *given[axis + 1 :])
    return _made(s, "GATHER", shape, made, _constant(numbers), axis=axis, batch_dims=0)


def _place(s: Shapes, kind: str) -> Graph:
    shape, axis = s.image(), s.upto(3)
    given = (1, *shape)
    made = (*given[:axis], *given[axis + 1 :])
    return _made(s, kind, shape, made, _constant(np.array(axis, np.int32)), dtype="int32")


def _with_slopes(s: Shapes, kind: str, **options) -> Graph:
    shape = s.image()
    slopes = _constant(np.abs(s.fill("int8", (1, 1, 1, shape[2]))) + np.int8(1), **SCALES)
    return _made(s, kind, shape, (1, *shape), slopes, **options)


def _log_softmax(s: Shapes) -> Graph:
    shape = (s.upto(40), s.upto(60))
    graph = _made(s, "LOG_SOFTMAX", shape, (1, *shape))
    graph.ops[0].output.scales, graph.ops[0].output.zeros = np.array([1 / 16], np.float32), np.array([127])
    return graph


def _cast(s: Shapes) -> Graph:
    count = s.upto(2000)
    return _made(s, "CAST", (count,), (1, count), dtype="int32")


def more_generators(s: Shapes) -> dict:
    return {
        "nn_resize_bilinear": lambda: _bilinear(s), "nn_transpose_conv": lambda: _transposed(s),
        "nn_gather": lambda: _gathered(s), "nn_arg_max": lambda: _place(s, "ARG_MAX"),
        "nn_arg_min": lambda: _place(s, "ARG_MIN"), "nn_prelu": lambda: _with_slopes(s, "PRELU"),
        "nn_div": lambda: _with_slopes(s, "DIV", activation="none"), "nn_log_softmax": lambda: _log_softmax(s),
        "nn_cast": lambda: _cast(s),
    }  # fmt: skip
