"""Operators that move bytes put them where TensorFlow Lite Micro does."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, needs_tflm

pytestmark = needs_tflm
SCALE = {"scale": 0.1, "zero": 7}
shapes = st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple)


def indices(values) -> np.ndarray:
    return np.array(values, np.int32)


@settings(max_examples=15)
@given(shapes, st.data(), st.booleans())
def test_padding(shape, data, second):
    amounts = [(data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))) for _ in shape]
    b = Builder()
    x = b.tensor(shape, **SCALE)
    y = b.tensor([side + sum(pad) for side, pad in zip(shape, amounts, strict=True)], **SCALE)
    inputs = [x, b.const(indices(amounts))]
    if second:
        inputs.append(b.const(np.array([-77], np.int8), scales=[0.1], zeros=[7]))
    b.op("PADV2" if second else "PAD", inputs, [y])
    assert_same_as_tflm(b.model([x], [y]), count=1)


@settings(max_examples=15)
@given(st.data())
def test_transposition(data):
    shape = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    order = data.draw(st.permutations(range(len(shape))))
    b = Builder()
    x = b.tensor(shape, **SCALE)
    y = b.tensor([shape[axis] for axis in order], **SCALE)
    b.op("TRANSPOSE", [x, b.const(indices(order))], [y])
    assert_same_as_tflm(b.model([x], [y]), count=1)


@settings(max_examples=25)
@given(shapes, st.data())
def test_strided_slices(shape, data):
    bounds = [(data.draw(st.integers(-7, 7)), data.draw(st.integers(-7, 7))) for _ in shape]
    steps = [data.draw(st.sampled_from([1, 1, 2, 3, -1, -2])) for _ in shape]
    begin_mask, end_mask = data.draw(st.integers(0, 15)), data.draw(st.integers(0, 15))
    shrink = data.draw(st.integers(0, 15)) & data.draw(st.integers(0, 15)) & ((1 << len(shape)) - 1)
    picks, kept = [], []
    for axis, (first, last) in enumerate(bounds):
        bit = 1 << axis
        if shrink & bit:
            index = first % shape[axis]
            bounds[axis], steps[axis] = (index, index + 1), 1
            begin_mask &= ~bit
            continue
        low = None if begin_mask & bit else first
        high = None if end_mask & bit else last
        picks.append(slice(low, high, steps[axis]))
        kept.append(len(range(*picks[-1].indices(shape[axis]))))
    assume(all(kept))
    b = Builder()
    x = b.tensor(shape, **SCALE)
    y = b.tensor(kept, **SCALE)
    first, last = zip(*bounds, strict=True)
    inputs = [x, b.const(indices(first)), b.const(indices(last)), b.const(indices(steps))]
    b.op("STRIDED_SLICE", inputs, [y], begin_mask=begin_mask, end_mask=end_mask, shrink_axis_mask=shrink)
    assert_same_as_tflm(b.model([x], [y]), count=1)


@settings(max_examples=10)
@given(shapes, st.integers(0, 3), st.integers(1, 4))
def test_splits_and_concatenation(shape, axis, parts):
    axis %= len(shape)
    whole = list(shape)
    whole[axis] *= parts
    b = Builder()
    x = b.tensor(whole, **SCALE)
    made = [b.tensor(shape, **SCALE) for _ in range(parts)]
    b.op("SPLIT", [b.const(indices(axis - len(shape))), x], made, num_splits=parts)
    y = b.tensor(whole, **SCALE)
    b.op("CONCATENATION", made[::-1], [y], axis=axis)
    assert_same_as_tflm(b.model([x], [y]), count=1)


@settings(max_examples=20)
@given(
    st.tuples(st.integers(1, 2), st.integers(1, 9), st.integers(1, 9), st.integers(1, 3)),
    st.tuples(st.integers(1, 17), st.integers(1, 17)),
    st.sampled_from([(False, False), (True, False), (False, True)]),
)
def test_resizing_to_the_nearest(shape, size, mode):
    b = Builder()
    x = b.tensor(shape, **SCALE)
    y = b.tensor((shape[0], *size, shape[3]), **SCALE)
    options = {"align_corners": mode[0], "half_pixel_centers": mode[1]}
    b.op("RESIZE_NEAREST_NEIGHBOR", [x, b.const(indices(size))], [y], **options)
    assert_same_as_tflm(b.model([x], [y]), count=1)
