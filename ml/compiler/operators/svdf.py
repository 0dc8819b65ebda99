"""SVDF: a layer whose state is a variable tensor of the model."""

from __future__ import annotations

import numpy as np

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Lowered, Options, Struct, family, kernel
from ml.compiler.operators.convolution import folded_bias
from ml.compiler.operators.recurrent import matrix, state, vector

SVDF_BYTES = 40  # sizeof(nn_svdf_params) on a 32-bit processor


def svdf_macs(op: Op) -> int:
    filters, memory = op.inputs[2].shape
    return op.inputs[0].shape[0] * filters * (op.inputs[1].shape[1] + memory)


@family("SVDF", types="int8; state and time weights int16 or int8", limits="with bias", macs=svdf_macs)
def check_svdf(op: Op) -> None:
    checks.arity(op, 5)
    given, features, times, bias, memory = op.inputs
    for tensor in (given, op.output):
        checks.quantised(tensor)
        checks.rank(tensor, 2)
    checks.rank(times, 2)
    checks.dtypes(times, ("int16", "int8"))
    filters, steps = times.shape
    matrix(features, (filters, given.shape[1]))
    matrix(times, (filters, steps), ("int16", "int8"))
    rank = op.options["rank"]
    checks.require(0 < rank <= filters and filters % rank == 0, f"{filters} filters are no multiple of {rank}", times)
    vector(bias, filters // rank)
    state(memory, given.shape[0] * filters * steps, (times.dtype,))
    checks.shape(op.output, (given.shape[0], filters // rank))


def svdf_bias(op: Op) -> np.ndarray:
    """int32 [units], the state's zero point folded in. These sums may leave 32 bits, and wrap then as TFLM's do."""
    times, bias, memory = op.inputs[2:5]
    weights = times.values.reshape(bias.elements, -1).astype(np.int64)
    return fixed_point.wrap32(bias.values.reshape(-1) - memory.zero * weights.sum(axis=1)).astype(np.int32)


def _largest_sum(op: Op) -> int:
    times, bias = op.inputs[2].values.reshape(op.inputs[3].elements, -1), op.inputs[3].values
    products = np.abs(times.astype(np.int64)).sum(axis=1) * -fixed_point.LIMITS[op.inputs[4].dtype][0] * 2
    return int(np.minimum(products + np.abs(bias.reshape(-1).astype(np.int64)), 1 << 31).max())


@kernel("SVDF", "nn_svdf")
def svdf(op: Op, options: Options) -> Lowered | None:
    return _lower(op, "nn_svdf") if op.inputs[4].dtype == "int16" else None


@kernel("SVDF", "nn_svdf_int8")
def svdf_int8(op: Op, options: Options) -> Lowered | None:
    return _lower(op, "nn_svdf_int8") if op.inputs[4].dtype == "int8" else None


def _lower(op: Op, function: str) -> Lowered:
    given, features, times, bias, memory = op.inputs
    (filters, steps), output = times.shape, op.output
    # Products and quotients of the scales in single precision, as TFLM takes them.
    feature, feature_shift = fixed_point.multiplier(float(given.scale * features.scale / memory.scale))
    real = float(memory.scale * times.scale / output.scale)
    checks.scaled_sums(_largest_sum(op), real, output)
    made, shift = fixed_point.multiplier(real)
    rows = (
        (f"{given.shape[0]}, {given.shape[1]}", "batches, inputs"),
        (f"{filters}, {steps}, {op.options['rank']}", "filters, memory, rank"),
        (f"{memory.zero}, {output.zero}", "zero points of state and output"),
        (f"{feature_shift}, {shift}, {feature}, {made}", "shifts and multipliers: features, output"),
        ("{name}_feature, {name}_feature_bias, {name}_time, {name}_bias", ""),
    )
    return Lowered(
        calls=[function + "(&{name}, {0}, {4}, {out})"],
        arrays=[
            Array("feature", features.values),
            Array("feature_bias", folded_bias(features.values, None, given.zero, filters, features)),
            Array("time", times.values, "oldest first"),
            Array("bias", svdf_bias(op), "zero point of the state folded in"),
        ],
        struct=Struct("nn_svdf_params", rows, SVDF_BYTES),
        headers=("nn/recurrent.h",),
        parameters=sum(t.size for t in (features, times, bias)),
    )
