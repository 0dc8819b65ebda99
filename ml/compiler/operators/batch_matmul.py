"""BATCH_MATMUL: two int8 matrices, either of them made at run time."""

from __future__ import annotations

from dataclasses import dataclass

from ml.compiler import fixed_point
from ml.compiler.graph import Op, Tensor
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, Struct, family, kernel
from ml.compiler.operators.convolution import braces, pair
from ml.compiler.operators.movement import strides

PARAMS_BYTES = 68  # sizeof(nn_batch_matmul_params) on a 32-bit processor
LARGEST_DEPTH = 32768  # of a sum of products of two 9-bit numbers in 32 bits
LARGEST_PACKED_DEPTH = 16384  # the packed kernel doubles its sums
LARGEST_SHIFT = 16  # of the packed kernel
BLOCK = 16  # columns widened at a time; fewer take less memory and read all rows more often


@dataclass(frozen=True)
class Operand:
    """One of the two matrices as the product sees it: a pass may have taken a TRANSPOSE away (passes/transposes.py)."""

    tensor: Tensor
    shape: tuple[int, ...]
    steps: tuple[int, ...]  # elements from one index to the next along each axis

    def matrix(self, adjoint: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """(rows, columns) and the steps along them."""
        order = slice(None, -3, -1) if adjoint else slice(-2, None)
        return self.shape[order], self.steps[order]

    def batch_steps(self, batches: tuple[int, ...]) -> list[int]:
        """Elements to the next batch along each of the output's batch axes; 0 where the tensor is repeated."""
        missing = len(batches) + 2 - len(self.shape)
        steps = [step if side > 1 else 0 for side, step in zip(self.shape[:-2], self.steps[:-2], strict=True)]
        return [0] * missing + steps


def operand(op: Op, i: int) -> Operand:
    tensor = op.inputs[i]
    order = op.options.get(f"order_{i}", range(len(tensor.shape)))
    steps = strides(tensor.shape)
    return Operand(tensor, tuple(tensor.shape[a] for a in order), tuple(steps[a] for a in order))


def sides(op: Op) -> tuple[int, int, int]:
    """(rows, depth, columns); raises Unsupported where the two depths differ."""
    (rows, depth), _ = operand(op, 0).matrix(op.options["adj_x"])
    (other, columns), _ = operand(op, 1).matrix(op.options["adj_y"])
    checks.require(depth == other, f"{depth} columns meet {other} rows", op.inputs[1])
    return rows, depth, columns


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
    a, b = (operand(op, i).shape[:-2] for i in (0, 1))
    count = max(len(a), len(b))
    a, b = ((1,) * (count - len(side)) + side for side in (a, b))
    fits = all(x == y or 1 in (x, y) for x, y in zip(a, b, strict=True))
    checks.require(fits, f"batches of {list(a)} meet batches of {list(b)}", op.inputs[1])
    checks.shape(op.output, (*map(max, a, b), rows, columns))


def product_rows(op: Op) -> tuple[tuple[str, str], ...]:
    """The rows of an nn_batch_matmul_params."""
    output = op.output
    rows, depth, columns = sides(op)
    batches = (1,) * (5 - len(output.shape)) + output.shape[:-2]
    a, b = operand(op, 0), operand(op, 1)
    mantissa, shift = product_multiplier(op)
    _, a_steps = a.matrix(op.options["adj_x"])
    _, b_steps = b.matrix(op.options["adj_y"])
    batch_rows = (batches, a.batch_steps(batches), b.batch_steps(batches))
    return (
        (", ".join(map(braces, batch_rows)), "batches; steps"),
        (f"{rows}, {depth}, {columns}", "rows, depth, columns"),
        (f"{pair(a_steps)}, {pair(b_steps)}", "steps: row and depth of a, depth and column of b"),
        (f"{a.tensor.zero}, {b.tensor.zero}, {output.zero}", "zero points of a, b, output"),
        (f"{shift}, {mantissa}", "shift, multiplier"),
    )


def product_multiplier(op: Op) -> tuple[int, int]:
    a, b = op.inputs
    real = float(a.scale) * float(b.scale) / float(op.output.scale)
    checks.scaled_sums(sides(op)[1] * 255 * 255, real, op.output)
    return fixed_point.multiplier(real)


def _lowered(op: Op, call: str, struct: Struct) -> Lowered:
    parameters = sum(t.size for t in op.inputs if t.data is not None)
    return Lowered(calls=[call], struct=struct, headers=("nn/batch_matmul.h",), parameters=parameters)


@kernel("BATCH_MATMUL", "nn_batch_matmul")
def batch_matmul(op: Op, options: Options) -> Lowered | None:
    struct = Struct("nn_batch_matmul_params", product_rows(op), PARAMS_BYTES)
    return _lowered(op, "nn_batch_matmul(&{name}, {0}, {1}, {out})", struct)


@kernel("BATCH_MATMUL", "nn_batch_matmul_packed")
def batch_matmul_packed(op: Op, options: Options) -> Lowered | None:
    _, depth, columns = sides(op)
    mantissa, shift = product_multiplier(op)
    if depth > LARGEST_PACKED_DEPTH or not 1 <= -shift <= LARGEST_SHIFT or mantissa == 0:
        return None
    block = min(-(-columns // 4) * 4, 4 if options.optimise == "size" else BLOCK)
    (first, meaning), *middle, last = product_rows(op)
    lines = (("{" + first, meaning), *middle, (last[0] + "}", last[1]), (f"{block}", "columns widened at a time"))
    struct = Struct("nn_packed_matmul", lines, PARAMS_BYTES + 4)
    lowered = _lowered(op, "nn_batch_matmul_packed(&{name}, {0}, {1}, {out}, {scratch})", struct)
    pairs = depth // 4 * 2 + (depth % 4 + 1) // 2
    lowered.reason = "two rows by four columns a loop, columns widened first"
    lowered.scratch = 8 * pairs + 4 * (pairs + 1) * block
    lowered.cycles = op.output.elements / 8 * (16 * pairs + 90)
    return lowered
