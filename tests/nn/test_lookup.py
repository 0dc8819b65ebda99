"""Operators that become tables give TensorFlow Lite Micro's bytes for all 256 inputs."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compiler import reader, tflm
from ml.compiler.operators import hard_swish, lookup
from tests.compiler import strategies as draw_from
from tests.compiler.builder import Builder
from tests.compiler.parity import host_model, needs_tflm

pytestmark = needs_tflm
ALL = np.arange(-128, 128, dtype=np.int8)


def assert_table(kind, scale, zero, out_scale, out_zero, **options):
    b = Builder()
    x = b.tensor((1, 256), scale=scale, zero=zero)
    y = b.tensor((1, 256), scale=out_scale, zero=out_zero)
    b.op(kind, [x], [y], **options)
    model = b.model([x], [y])
    expected = np.frombuffer(tflm.Reference(model).run(ALL)[y], np.int8)
    with host_model(model) as (_, host):
        np.testing.assert_array_equal(host.run(ALL)[0], expected)


wide_scales = st.floats(1e-4, 1.0).map(np.float32)


@settings(max_examples=15)
@given(st.sampled_from(["RELU", "QUANTIZE"]), draw_from.scales, draw_from.zeros, draw_from.scales, draw_from.zeros)
def test_relu_and_quantize_equal_tflm(kind, scale, zero, out_scale, out_zero):
    assert_table(kind, scale, zero, out_scale, out_zero)


@settings(max_examples=10)
@given(draw_from.scales, draw_from.zeros)
def test_relu6_equals_tflm(scale, zero):
    assert_table("RELU6", scale, zero, scale, zero)  # TFLM's does not rescale


@settings(max_examples=15)
@given(draw_from.scales, draw_from.zeros, draw_from.scales, draw_from.zeros, st.floats(-1, 2).map(np.float32))
def test_leaky_relu_equals_tflm(scale, zero, out_scale, out_zero, alpha):
    assert_table("LEAKY_RELU", scale, zero, out_scale, out_zero, alpha=alpha)


@settings(max_examples=15)
@given(wide_scales, draw_from.zeros)
def test_logistic_equals_tflm(scale, zero):
    assert_table("LOGISTIC", scale, zero, 1 / 256, -128)


@settings(max_examples=15)
@given(wide_scales, draw_from.zeros)
def test_tanh_equals_tflm(scale, zero):
    assert_table("TANH", scale, zero, 1 / 128, 0)


@settings(max_examples=20)
@given(draw_from.scales, draw_from.zeros, draw_from.scales, draw_from.zeros)
def test_hard_swish_equals_tflm(scale, zero, out_scale, out_zero):
    out_scale = max(out_scale, np.float32(scale / 100))  # TFLM refuses an output much finer than its input
    assert_table("HARD_SWISH", scale, zero, out_scale, out_zero)


@pytest.mark.parametrize("scale", [0.5, 0.25, 0.125, 1 / 16, 1 / 1024])
def test_scales_that_are_powers_of_two(scale):
    assert_table("LOGISTIC", scale, 3, 1 / 256, -128)
    assert_table("TANH", scale, -3, 1 / 128, 0)
    assert_table("HARD_SWISH", scale, 0, scale, 0)


ROUND_SCALES = [0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.01, 0.02, 0.03, 0.05, 0.1]
TABLES = {
    "QUANTIZE": lookup.quantize_table,
    "RELU": lookup.relu_table,
    "LEAKY_RELU": lookup.leaky_relu_table,
    "HARD_SWISH": hard_swish.table,
}


@pytest.mark.parametrize("kind", TABLES)
def test_ratios_of_scales_that_are_ties_in_single_precision_only(kind):
    """0.003 / 0.002 is 1.5 as a float and less as a double: the last bit decides where 1 goes."""
    for scale, out_scale in itertools.product(ROUND_SCALES, ROUND_SCALES):
        if scale > 20 * out_scale:
            continue  # TFLM refuses an output so much finer than its input
        b = Builder()
        x, y = b.tensor((1, 256), scale=scale), b.tensor((1, 256), scale=out_scale)
        b.op(kind, [x], [y], **({"alpha": 0.3} if kind == "LEAKY_RELU" else {}))
        model = b.model([x], [y])
        expected = np.frombuffer(tflm.Reference(model).run(ALL)[y], np.int8)
        table = np.clip(TABLES[kind](reader.read(model).ops[0]), -128, 127)
        np.testing.assert_array_equal(table, expected, f"{kind} from {scale} to {out_scale}")
