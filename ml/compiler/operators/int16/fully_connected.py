"""FULLY_CONNECTED on int16 activations with int8 weights."""

from __future__ import annotations

from ml.compiler.graph import Op
from ml.compiler.operators.base import Array, Lowered, Options, Struct, family, kernel
from ml.compiler.operators.fully_connected import check_matrix, macs
from ml.compiler.operators.int16.scale import SCALE_BYTES, scale_arrays, scale_row

PARAMS_BYTES = 12 + SCALE_BYTES  # sizeof(nn_fully_connected_int16_params) on a 32-bit processor


@family("FULLY_CONNECTED int16", types="int16, weights int8", limits="as int8; bias int64, int32 or none", macs=macs)
def check(op: Op) -> None:
    check_matrix(op, activations="int16", biases=("int64", "int32"))


@kernel("FULLY_CONNECTED int16", "nn_fully_connected_int16")
def fully_connected(op: Op, options: Options) -> Lowered | None:
    weights, output = op.inputs[1], op.output
    outputs, inputs = weights.shape
    rows = (
        (f"{output.elements // outputs}, {inputs}, {outputs}", "batches, inputs, outputs"),
        ("{name}_weights", ""),
        scale_row(op),
    )
    return Lowered(
        calls=["nn_fully_connected_int16(&{name}, {0}, {out})"],
        arrays=[Array("weights", weights.values), *scale_arrays(op, weights.values)],
        struct=Struct("nn_fully_connected_int16_params", rows, PARAMS_BYTES),
        headers=("nn/int16.h",),
        parameters=sum(t.size for t in op.inputs[1:] if t is not None),
    )
