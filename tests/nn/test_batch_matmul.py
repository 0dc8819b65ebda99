"""Products of two matrices give TensorFlow Lite Micro's bytes, whatever is transposed or repeated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compiler.compile import prepare
from ml.errors import UserError
from tests.compiler import strategies as draw_from
from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, needs_tflm

few = st.integers(1, 6)
batches = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["both", "a", "b"])), max_size=3)


def side(axes, which: str) -> list[int]:
    """Batches of one input: 1 where only the other has them."""
    return [count if whose in ("both", which) else 1 for count, whose in axes]


def part(b: Builder, x: int, first: int, shape, scale, zero: int) -> int:
    """A tensor of that shape from the elements of the model's input that begin at `first`."""
    count = int(np.prod(shape))
    cut = b.tensor((1, count), scale=0.1)
    bounds = [b.const(np.array(pair, np.int32)) for pair in ((0, first), (1, first + count), (1, 1))]
    b.op("STRIDED_SLICE", [x, *bounds], [cut])
    made = b.tensor(shape, scale=scale, zero=zero)
    b.op("RESHAPE", [cut, b.const(np.array(shape, np.int32))], [made])
    return made


def product(axes, sizes, adjoint, scales, zeros, seed=0, constant="") -> bytes:
    """A model of one product; `constant` names the side that is."""
    rows, depth, columns = sizes
    b = Builder()
    shapes = {
        "a": (*side(axes, "a"), *((depth, rows) if adjoint[0] else (rows, depth))),
        "b": (*side(axes, "b"), *((columns, depth) if adjoint[1] else (depth, columns))),
    }
    x = b.tensor((1, sum(int(np.prod(shape)) for shape in shapes.values())), scale=0.1)
    given, first = [], 0
    for (name, shape), scale, zero in zip(shapes.items(), scales, zeros, strict=False):
        if name == constant:
            given.append(b.const(draw_from.weights(seed, shape), scales=[scale], zeros=[zero]))
        else:
            given.append(part(b, x, first, shape, scale, zero))
        first += int(np.prod(shape))
    y = b.tensor((*[count for count, _ in axes], rows, columns), scale=scales[2], zero=zeros[2])
    b.op("BATCH_MATMUL", given, [y], adj_x=adjoint[0], adj_y=adjoint[1])
    return b.model([x], [y])


@needs_tflm
@settings(max_examples=15)
@given(
    batches,
    st.tuples(few, st.integers(1, 20), few),
    st.tuples(st.booleans(), st.booleans()),
    st.tuples(*[draw_from.scales] * 3),
    st.tuples(*[draw_from.zeros] * 3),
    draw_from.seeds,
    st.sampled_from(["", "a", "b"]),
)
def test_batch_matmul_equals_tflm(axes, sizes, adjoint, scales, zeros, seed, constant):
    assert_same_as_tflm(product(axes, sizes, adjoint, scales, zeros, seed, constant), count=2)


def test_depths_that_do_not_meet_are_refused_by_name():
    b = Builder()
    x = b.tensor((2, 3), scale=0.1)
    other = b.const(np.ones((4, 2), np.int8), scales=[0.1], name="table")
    y = b.tensor((2, 2), scale=0.1)
    b.op("BATCH_MATMUL", [x, other], [y])
    with pytest.raises(UserError, match="'table': 3 columns meet 4 rows"):
        prepare(b.model([x], [y]), "model")
