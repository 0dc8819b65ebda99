"""Small stacks in streaming form give the whole window's bytes in every step."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ml.compiler.compile import prepare
from ml.compiler.operators import Options
from ml.compiler.streaming import Request
from ml.errors import UserError
from tests.compiler.streaming.stacks import SAME, VALID, Stack
from tests.compiler.streaming.windows import assert_stream_equals_windows, host, random_stream


def valid_convolutions():
    return Stack((1, 12, 1, 4)).conv(6, (3, 1)).depthwise((4, 1)).conv(5, (1, 1)).dense(3).softmax().model()


def same_convolutions():
    return Stack((1, 24, 3, 2)).conv(4, (3, 3), padding=SAME).depthwise((3, 3), padding=SAME).mean((1, 2)).model()


def strides_in_time():
    return Stack((1, 40, 2, 3)).conv(4, (4, 2), (2, 1)).conv(4, (3, 1), (2, 1), padding=SAME).dense(2).model()


def strides_with_rows_left_over():
    return Stack((1, 31, 1, 3)).conv(4, (3, 1), (2, 1)).pool("MAX", (2, 1), (2, 1)).conv(3, (2, 1)).dense(2).model()


def dilations():
    return Stack((1, 30, 1, 4)).conv(4, (3, 1), dilation=(2, 1)).depthwise((3, 1), dilation=(4, 1)).dense(2).model()


def dilated_with_padding():
    return Stack((1, 40, 1, 4)).conv(4, (3, 1), dilation=(3, 1), padding=SAME).conv(4, (2, 1)).dense(2).model()


def poolings():
    stack = Stack((1, 24, 4, 2)).pool("MAX", (3, 2), (1, 2)).pool("AVERAGE", (2, 2), padding=SAME)
    return stack.conv(3, (3, 2)).mean((1, 2)).model()


def global_pooling():
    stack = Stack((1, 20, 3, 2)).conv(4, (3, 3), padding=SAME)
    return stack.pool("AVERAGE", (20, 3)).dense(3).model()


def a_stride_that_stops_the_reuse():
    """As in a network that halves time thrice: the last layer is computed whole."""
    stack = Stack((1, 40, 1, 6)).conv(4, (5, 1), (2, 1)).conv(4, (5, 1), (2, 1)).conv(4, (3, 1), (2, 1))
    return stack.dense(3).model()


def skip_connection():
    stack = Stack((1, 26, 2, 4))
    stack.conv(4, (1, 1))
    base = stack.last
    return stack.conv(4, (3, 1), padding=SAME).add(base).table().conv(2, (3, 2)).dense(2).model()


def cropped_residual():
    """Without padding: the residual leaves out what the convolution has used up."""
    stack = Stack((1, 26, 1, 4)).conv(4, (3, 1))
    base, shape, zero = stack.last, stack.shape, stack.zero
    stack.depthwise((5, 1))
    convolved = stack.last
    stack.last, stack.shape, stack.zero = base, shape, zero
    return stack.crop(1, 3).add(convolved).conv(3, (2, 1)).dense(2).model()


def cropped_padding():
    """What the padding reached is partly cut off again."""
    stack = Stack((1, 30, 2, 3)).conv(4, (7, 2), padding=SAME).crop(2, 5)
    return stack.conv(3, (3, 1), padding=SAME).crop(0, 2).dense(2).model()


def rows_out():
    """One answer a row of time, each with a softmax."""
    return Stack((1, 16, 1, 4)).conv(6, (5, 1)).reshape((1, 12, 6)).softmax().model()


def time_along_the_width():
    """A 1-D convolution as Keras writes it: height 1."""
    stack = Stack((1, 1, 20, 4)).conv(4, (1, 3), padding=SAME).depthwise((1, 4), (1, 1))
    return stack.conv(4, (1, 3), (1, 2), padding=SAME).dense(3).model()


def mean_over_the_width():
    return Stack((1, 18, 4, 3)).conv(4, (3, 3)).mean((2,), keep=True).conv(3, (3, 1)).dense(2).model()


def int16_activations():
    stack = Stack((1, 20, 2, 3), zero=0, dtype="int16")
    return stack.conv(4, (3, 2), padding=SAME).depthwise((3, 1), padding=SAME).conv(3, (4, 2)).model()


STACKS = {
    one.__name__: (one, hops)
    for one, hops in (
        (valid_convolutions, (1, 2, 5)),
        (same_convolutions, (1, 3)),
        (strides_in_time, (4, 8)),
        (strides_with_rows_left_over, (4,)),
        (dilations, (1, 4)),
        (dilated_with_padding, (1,)),
        (poolings, (1, 2)),
        (global_pooling, (1, 2)),
        (a_stride_that_stops_the_reuse, (4, 8)),
        (skip_connection, (1, 3)),
        (cropped_residual, (1, 2, 4)),
        (cropped_padding, (1, 3)),
        (rows_out, (1, 3)),
        (time_along_the_width, (2,)),
        (mean_over_the_width, (1,)),
        (int16_activations, (1, 3)),
    )
}
CASES = [pytest.param(one(), hop, id=f"{name}-{hop}") for name, (one, hops) in STACKS.items() for hop in hops]


@pytest.mark.parametrize("optimise", ["speed", "size"])
@pytest.mark.parametrize(("tflite", "hop"), CASES)
def test_every_layer_of_every_step_equals_the_whole_window(tflite, hop, optimise):
    program = assert_stream_equals_windows(tflite, hop, optimise)
    assert program.macs < program.stream.window_macs


@st.composite
def stacks(draw):
    """Any stack over time, with any ending."""
    side = st.integers(1, 3)
    stack = Stack((1, draw(st.integers(10, 40)), draw(side), draw(side)), draw(st.integers(0, 1 << 20)))
    for _ in range(draw(st.integers(1, 4))):
        kernel = (draw(st.integers(1, 5)), draw(st.integers(1, min(3, stack.shape[2]))))
        stride, dilation = (draw(st.sampled_from([1, 1, 1, 2, 3])), 1), (draw(st.sampled_from([1, 1, 2])), 1)
        padding, kind = draw(st.sampled_from([SAME, VALID])), draw(st.sampled_from("cccddmat"))
        dilation = (1, 1) if stride != (1, 1) or kind in "ma" else dilation
        assume(min(stack.sides(kernel, stride, dilation, padding)) > 0)
        {
            "c": lambda: stack.conv(draw(side) * 2, kernel, stride, dilation, padding),  # noqa: B023
            "d": lambda: stack.depthwise(kernel, stride, dilation, padding),  # noqa: B023
            "m": lambda: stack.pool("MAX", kernel, stride, padding),  # noqa: B023
            "a": lambda: stack.pool("AVERAGE", kernel, stride, padding),  # noqa: B023
            "t": stack.table,
        }[kind]()
    ending = draw(st.sampled_from(["dense", "mean", "none"]))
    if ending == "dense":
        stack.dense(3)
    elif ending == "mean":
        stack.mean((1, 2))
    return stack.model()


@settings(max_examples=15)
@given(stacks(), st.integers(1, 8), st.sampled_from(["speed", "size"]), st.integers(0, 1 << 20))
def test_any_stack_equals_its_windows(tflite, hop, optimise, seed):
    try:
        assert_stream_equals_windows(tflite, hop, optimise, steps=12, seed=seed)
    except UserError:
        assume(False)  # nothing to save with this hop


def test_push_says_when_the_window_is_full_and_reset_begins_again():
    tflite = valid_convolutions()
    program, data = prepare(tflite, "model", None, Request(5)), random_stream(60, 4, 3)
    with host(program) as streaming:
        rounds = []
        for _ in range(2):
            outputs = [streaming.push(data[at : at + 5]) for at in range(0, 60, 5)]
            assert [out is None for out in outputs] == [True, True] + [False] * 10
            rounds.append(np.stack(outputs[2:]))
            streaming.reset()
        np.testing.assert_array_equal(*rounds)


def test_rings_wrap_and_stay_right_over_thousands_of_steps():
    """More steps than a ring has bytes; the last windows are compared."""
    tflite = same_convolutions()
    for options in (Options(), Options("size")):
        program = prepare(tflite, "model", options, Request(1))
        whole, data = prepare(tflite, "model"), random_stream(3000, 6, 5)
        with host(program) as streaming, host(whole) as windows:
            outputs = streaming.run(data)
            views = np.lib.stride_tricks.sliding_window_view(data, 24, axis=0).transpose(0, 2, 1)
            np.testing.assert_array_equal(outputs[23:], windows.run(np.ascontiguousarray(views)))


def test_a_ring_is_read_and_written_across_its_end():
    """One of the strategies keeps rings; its program has the operators that read and write them."""
    program = prepare(same_convolutions(), "model", Options("size"), Request(1))
    kinds = {layer.op.kind for layer in program.layers}
    speed = {layer.op.kind for layer in prepare(same_convolutions(), "model", None, Request(1)).layers}
    assert {"RECALL", "KEEP"} <= kinds | speed
