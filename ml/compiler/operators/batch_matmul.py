"""BATCH_MATMUL: two int8 matrices, either of them made at run time."""

from __future__ import annotations

from ml.compiler import fixed_point
from ml.compiler.graph import Op, Tensor
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, Struct, family, kernel
from ml.compiler.operators.convolution import braces

PARAMS_BYTES = 68  # sizeof(nn_batch_matmul_params) on a 32-bit processor
LARGEST_DEPTH = 32768  # of a sum of products of two 9-bit numbers in 32 bits


def sides(op: Op) -> tuple[int, int, int]:
    """(rows, depth, columns); raises Unsupported where the two depths differ."""
    a, b = op.inputs
    rows, depth = a.shape[:-3:-1] if op.options["adj_x"] else a.shape[-2:]
    columns, other = b.shape[-2:] if op.options["adj_y"] else b.shape[:-3:-1]
    checks.require(depth == other, f"{depth} columns meet {other} rows", b)
    return rows, depth, columns


def batch_steps(tensor: Tensor, batches: tuple[int, ...]) -> list[int]:
    """Elements to the next batch along each of the output's batch axes; 0 where the tensor is repeated."""
    shape = (1,) * (len(batches) + 2 - len(tensor.shape)) + tensor.shape
    steps, step = [], shape[-1] * shape[-2]
    for side in reversed(shape[:-2]):
        steps.append(step if side > 1 else 0)
        step *= side
    return steps[::-1]


def macs(op: Op) -> int:
    return op.output.elements * sides(op)[1]


@family("BATCH_MATMUL", limits="2 to 5 dimensions, either side transposed, batches broadcast", macs=macs)
def check(op: Op) -> None:
    checks.arity(op, 2)
    for tensor in (*op.inputs, op.output):
        checks.quantised(tensor)
        checks.rank(tensor, 2, 3, 4, 5)
    rows, depth, columns = sides(op)
    checks.require(depth <= LARGEST_DEPTH, f"a depth of {depth} is more than {LARGEST_DEPTH}", op.inputs[0])
    a, b = (t.shape[:-2] for t in op.inputs)
    count = max(len(a), len(b))
    a, b = ((1,) * (count - len(side)) + side for side in (a, b))
    fits = all(x == y or 1 in (x, y) for x, y in zip(a, b, strict=True))
    checks.require(fits, f"batches of {list(a)} meet batches of {list(b)}", op.inputs[1])
    checks.shape(op.output, (*map(max, a, b), rows, columns))


@kernel("BATCH_MATMUL", "nn_batch_matmul")
def batch_matmul(op: Op, options: Options) -> Lowered | None:
    a, b = op.inputs
    output = op.output
    rows, depth, columns = sides(op)
    batches = (1,) * (5 - len(output.shape)) + output.shape[:-2]
    real = float(a.scale) * float(b.scale) / float(output.scale)
    checks.scaled_sums(depth * 255 * 255, real, output)
    mantissa, shift = fixed_point.multiplier(real)
    a_steps = (1, rows) if op.options["adj_x"] else (depth, 1)
    b_steps = (1, depth) if op.options["adj_y"] else (columns, 1)
    lines = (
        (", ".join(braces(s) for s in (batches, batch_steps(a, batches), batch_steps(b, batches))), "batches; steps"),
        (f"{rows}, {depth}, {columns}", "rows, depth, columns"),
        (f"{braces(a_steps)[1:-1]}, {braces(b_steps)[1:-1]}", "steps: row and depth of a, depth and column of b"),
        (f"{a.zero}, {b.zero}, {output.zero}", "zero points of a, b, output"),
        (f"{shift}, {mantissa}", "shift, multiplier"),
    )
    return Lowered(
        calls=["nn_batch_matmul(&{name}, {0}, {1}, {out})"],
        struct=Struct("nn_batch_matmul_params", lines, PARAMS_BYTES),
        headers=("nn/batch_matmul.h",),
        parameters=sum(t.size for t in op.inputs if t.data is not None),
    )
