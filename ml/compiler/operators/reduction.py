"""REDUCE_MAX over one or two groups of neighbouring axes. Keras makes it from GlobalMaxPooling."""

from __future__ import annotations

from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, Struct, family, kernel
from ml.compiler.operators.convolution import braces
from ml.compiler.operators.pooling import check_mean, mean_sides

REDUCTION_BYTES = 10  # sizeof(nn_reduction)


@family("REDUCE_MAX", limits="axes constant, in at most two groups of neighbours; one scale and zero point")
def check_reduce_max(op: Op) -> None:
    check_mean(op)
    checks.same_quantisation(op.inputs[0], op.output)


@kernel("REDUCE_MAX", "nn_reduce_max")
def reduce_max(op: Op, options: Options) -> Lowered | None:
    kept, reduced = mean_sides(op)
    rows = ((f"{braces(kept)}, {braces(reduced)}", "sides kept and reduced, in turn"),)
    return Lowered(
        calls=["nn_reduce_max(&{name}, {0}, {out})"],
        struct=Struct("nn_reduction", rows, REDUCTION_BYTES),
        headers=("nn/pool.h",),
    )
