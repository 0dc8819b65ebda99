"""Layers with state give TensorFlow Lite Micro's bytes, inference after inference, and start afresh after a reset."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compiler import tflm
from tests.compiler import strategies as draw_from
from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, host_model, inputs, needs_tflm

pytestmark = needs_tflm

scales = st.floats(5e-3, 0.2).map(np.float32)
weight_scales = st.floats(2e-3, 5e-2).map(np.float32)


def svdf(q: dict, batches: int, count: int, units: int, rank: int, memory: int, kind: str) -> bytes:
    b = Builder()
    filters = units * rank
    x = b.tensor((batches, count), scale=q["scale"], zero=q["zero"])
    features = b.const(draw_from.weights(q["seed"], (filters, count)), scales=[q["weight_scale"]])
    times = b.const(draw_from.weights(q["seed"] + 1, (filters, memory), kind), scales=[q["time_scale"]])
    bias_scale = q["state_scale"] * q["time_scale"]
    bias = b.const(draw_from.biases(q["seed"], units), scales=[bias_scale])
    zero = q["state_zero"] if kind == "int8" else 0
    state = b.tensor((batches, memory * filters), scale=q["state_scale"], zero=zero, dtype=kind, variable=True)
    y = b.tensor((batches, units), scale=q["out_scale"], zero=q["out_zero"])
    b.op("SVDF", [x, features, times, bias, state], [y], rank=rank, activation="relu")
    return b.model([x], [y])


quantisation = st.fixed_dictionaries(
    {
        "scale": scales,
        "zero": draw_from.zeros,
        "weight_scale": weight_scales,
        "time_scale": weight_scales,
        "state_scale": scales,
        "state_zero": draw_from.zeros,
        "out_scale": scales,
        "out_zero": draw_from.zeros,
        "seed": draw_from.seeds,
    }
)
few = st.integers(1, 6)


@settings(max_examples=12)
@given(
    quantisation, st.integers(1, 3), st.integers(1, 12), few, st.integers(1, 3), few, st.sampled_from(["int16", "int8"])
)
def test_svdf_equals_tflm_as_its_memory_fills(q, batches, count, units, rank, memory, kind):
    assert_same_as_tflm(svdf(q, batches, count, units, rank, memory, kind), count=8)


def lstm(q: dict, batches: int, steps: int, count: int, units: int, *, time_major=False, clip=0.0) -> bytes:
    b = Builder()
    shape = (steps, batches) if time_major else (batches, steps)
    x = b.tensor((*shape, count), scale=q["scale"], zero=q["zero"])
    chance = np.random.default_rng(q["seed"])
    ins = [-1] * 24
    ins[0] = x
    for gate in range(4):
        of_input, of_hidden = (np.float32(s) for s in np.exp(chance.uniform(math.log(1e-3), math.log(3e-2), 2)))
        ins[1 + gate] = b.const(draw_from.weights(q["seed"] + gate, (units, count)), scales=[of_input])
        ins[5 + gate] = b.const(draw_from.weights(q["seed"] + 4 + gate, (units, units)), scales=[of_hidden])
        ins[12 + gate] = b.const(draw_from.biases(q["seed"] + gate, units), scales=[of_input * np.float32(q["scale"])])
    hidden = {"scale": q["out_scale"], "zero": q["out_zero"]}
    ins[18] = b.tensor((batches, units), **hidden, variable=True)
    ins[19] = b.tensor((batches, units), scale=q["cell_scale"], dtype="int16", variable=True)
    y = b.tensor((*shape, units), **hidden)
    b.op("UNIDIRECTIONAL_SEQUENCE_LSTM", ins, [y], activation="tanh", cell_clip=clip, time_major=time_major)
    return b.model([x], [y])


lstm_quantisation = st.fixed_dictionaries(
    {
        "scale": scales,
        "zero": draw_from.zeros,
        "cell_scale": st.one_of(st.integers(-15, -8).map(lambda power: 2.0**power), st.floats(1e-5, 5e-3)),
        "out_scale": st.floats(4e-3, 1.5e-2).map(np.float32),
        "out_zero": draw_from.zeros,
        "seed": draw_from.seeds,
    }
)


@settings(max_examples=12)
@given(
    lstm_quantisation, st.integers(1, 3), few, st.integers(1, 9), few, st.booleans(), st.sampled_from([0.0, 0.5, 100.0])
)
def test_lstm_equals_tflm_from_call_to_call(q, batches, steps, count, units, time_major, clip):
    model = lstm(q, batches, steps, count, units, time_major=time_major, clip=clip)
    assert_same_as_tflm(model, count=4)


Q = {
    "scale": np.float32(0.03), "zero": 4, "weight_scale": np.float32(0.01), "time_scale": np.float32(0.01),
    "state_scale": np.float32(0.02), "state_zero": -7, "out_scale": np.float32(0.008), "out_zero": 11, "seed": 5,
    "cell_scale": 2.0**-11,
}  # fmt: skip


def test_after_a_reset_the_same_inputs_give_the_same_outputs():
    for model in (lstm(Q, 1, 3, 4, 5), svdf(Q, 1, 4, 3, 2, 4, "int8"), svdf(Q, 1, 4, 3, 2, 4, "int16")):
        reference = tflm.Reference(model)
        with host_model(model) as (program, host):
            rows = np.stack(inputs(program, 6))
            first = host.run(rows)
            assert not np.array_equal(host.run(rows), first)
            host.reset()
            np.testing.assert_array_equal(host.run(rows), first)
            expected = [np.frombuffer(reference.run(row)[program.output.index], np.int8) for row in rows]
            np.testing.assert_array_equal(first, expected)
