"""The packed product of two matrices against a plain one, over sizes around every boundary of its loops."""

import numpy as np
import pytest

from ml.compiler import fixed_point
from tests.nn.dsp.kernels import CortexM4, Host, struct

BATCHES = ";".join(
    f"{kind} {name}{i}" for kind, name in (("u16", "batch"), ("u32", "a_b"), ("u32", "b_b")) for i in range(3)
)
FIELDS = (
    f"{BATCHES};u16 rows;u16 depth;u16 columns;u32 a_row;u32 a_depth;u32 b_depth;u32 b_column;"
    "s16 a_zero;s16 b_zero;s16 output_zero;s8 shift;s32 multiplier"
)
GUARD = 8


def plain(a, b, zeros, multiplier, shift):
    sums = (a.astype(np.int64) - zeros[0]) @ (b.astype(np.int64) - zeros[1])
    return np.clip(fixed_point.requantise(sums, multiplier, shift) + zeros[2], -128, 127).astype(np.int8)


def run(target, a, b, zeros, scale, block, adjoint=(False, False)):
    """`a` [batches, rows, depth], `b` [batches, depth, columns]; where `adjoint`, it lies in memory the other way."""
    batches, rows, depth = a.shape
    columns = b.shape[2]
    steps = {"a_row": 1 if adjoint[0] else depth, "a_depth": rows if adjoint[0] else 1}
    steps |= {"b_depth": 1 if adjoint[1] else columns, "b_column": depth if adjoint[1] else 1}
    sides = {"rows": rows, "depth": depth, "columns": columns, "batch0": 1, "batch1": 1, "batch2": batches}
    sides |= {"a_b2": rows * depth, "b_b2": depth * columns}
    numbers = {
        "a_zero": zeros[0],
        "b_zero": zeros[1],
        "output_zero": zeros[2],
        "multiplier": scale[0],
        "shift": scale[1],
    }
    product = struct(target, FIELDS, **sides, **steps, **numbers)
    packed = np.frombuffer(bytes(product) + int(block).to_bytes(4, "little"), np.uint8)
    lie = [x.transpose(0, 2, 1) if turned else x for x, turned in zip((a, b), adjoint, strict=True)]
    pairs = depth // 4 * 2 + (depth % 4 + 1) // 2
    scratch = target.place(np.full(8 * pairs + 4 * (pairs + 1) * block + GUARD, 77, np.int8))
    size = batches * rows * columns
    output = target.place(np.full(size + GUARD, 77, np.int8))
    target.call("nn_batch_matmul_packed", target.place(packed), *map(target.place, lie), output, scratch)
    made = target.fetch(output, size + GUARD)
    assert (made[size:] == 77).all(), "wrote beyond its output"
    beyond = target.fetch(scratch + 8 * pairs + 4 * (pairs + 1) * block, GUARD)
    assert (beyond == 77).all(), "wrote beyond its scratch memory"
    return made[:size].reshape(batches, rows, columns)


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("adjoint", [(False, False), (True, True)])
@pytest.mark.parametrize("block", [4, 16])
def test_every_size_around_rows_columns_and_the_unrolled_loop(target, adjoint, block):
    machine, chance = target(), np.random.default_rng(block)
    for depth in (1, 2, 3, 4, 5, 7, 30, 31, 32, 33, 34, 63, 65):
        for rows, columns in ((1, 1), (2, 4), (3, 5), (4, 17)):
            a = chance.integers(-128, 128, (2, rows, depth)).astype(np.int8)
            b = chance.integers(-128, 128, (2, depth, columns)).astype(np.int8)
            if depth % 7 == 0:  # the largest sums
                a[:], b[:] = -128, chance.choice([-128, 127])
            zeros = [int(chance.choice([-128, 127, 3])) for _ in range(3)]
            scale = fixed_point.multiplier(float(chance.uniform(0.3, 3) / (70 * 70 * np.sqrt(depth))))
            made = run(machine, a, b, zeros, scale, block, adjoint)
            np.testing.assert_array_equal(made, plain(a, b, zeros, *scale), f"{rows}x{depth}x{columns}, zeros {zeros}")
