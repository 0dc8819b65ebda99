"""Ranges are those of the method, fake quantisation is what the device computes, and the file holds exactly it."""

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compiler.operators import Options
from ml.compiler.reader import read
from ml.compiler.twin import int8_twin
from ml.compress import calibrate, qat
from ml.compress.folding import folded
from ml.compress.graph import nodes
from ml.compress.quantise import layer_errors, run_int8
from ml.errors import UserError
from ml.train.lessons import tune
from tests.compiler.parity import assert_same_as_tflm, needs_tflm
from tests.compress.networks import inputs, network, real, recurring, tiny


@pytest.fixture(scope="module")
def narrow():
    """(network of random weights, the same with weights of four bits, its .tflite)"""
    plain = network(1)
    aware = qat.wrap(plain, real(inputs()), 4)
    return plain, aware, qat.export(aware)


@given(st.integers(0, 2**32 - 1), st.sampled_from(calibrate.METHODS), st.sampled_from([16, 256]))
@settings(max_examples=40, deadline=None)
def test_a_range_holds_zero_and_never_more_than_was_seen(seed, method, levels):
    chance = np.random.default_rng(seed)
    values = chance.normal(chance.normal(), 1, 3000) * chance.uniform(0.1, 10)
    low, high = min(values.min(), 0), max(values.max(), 1e-6)
    counts = np.histogram(values, calibrate.BINS, (low, high))[0].astype(float)
    found = calibrate.narrowed(counts, low, high, method, levels)
    assert low - 1e-9 <= found[0] <= 0 < found[1] <= high + 1e-9


@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 4, 8]))
@settings(max_examples=40, deadline=None)
def test_limits_of_the_least_squared_error_leave_no_more_than_those_of_the_largest_weight(seed, bits):
    rows = np.random.default_rng(seed).standard_t(3, (5, 40))
    steps = 2 ** (bits - 1) - 1

    def error(limit):
        step = limit[:, None] / steps
        return ((np.clip(np.rint(rows / step), -steps, steps) * step - rows) ** 2).sum(axis=1)

    assert (error(calibrate.limits(rows, bits, "mse")) <= error(calibrate.limits(rows, bits, "minmax")) + 1e-12).all()


@pytest.mark.parametrize("method", calibrate.METHODS)
def test_every_method_finds_a_range_for_activations_and_weights(method):
    plain = folded(recurring())
    found = calibrate.ranges(plain, real(inputs(shape=(16, 4))), method)
    assert set(found) == {layer.name for layer in plain.layers}
    assert all(low <= 0 < high for low, high in found.values())
    assert (calibrate.limits(np.random.default_rng(0).normal(size=(4, 30)), 4, method) > 0).all()


def test_outliers_are_clipped_by_all_but_min_max():
    values = np.append(np.random.default_rng(0).normal(0, 1, 200_000), 60.0)
    counts = np.histogram(values, calibrate.BINS, (values.min(), 60))[0].astype(float)
    highs = {method: calibrate.narrowed(counts, values.min(), 60.0, method, 256)[1] for method in calibrate.METHODS[1:]}
    assert highs["percentile"] < 5 < highs["mse"] < 50, highs
    assert highs["entropy"] < 55, highs


def test_folding_keeps_the_function():
    model = network(0)
    plain = folded(model)
    assert not any(node.kind == "BatchNormalization" for node in nodes(plain))
    np.testing.assert_allclose(plain(real(inputs())), model(real(inputs())), atol=1e-5)


def test_the_file_has_exactly_the_ranges_and_limits_of_the_model(narrow):
    _, aware, tflite = narrow
    ops = read(tflite).ops
    weighted = [op for op in ops if len(op.inputs) > 2 and op.inputs[1].data is not None]
    fakes = [node.layer for node in nodes(aware) if node.weighted]
    assert len(weighted) == len(fakes)
    for layer in fakes:
        integers, scale = layer.integers()
        matches = [op for op in weighted if np.array_equal(op.inputs[1].scales, scale)]
        assert len(matches) == 1, layer.name
        values = matches[0].inputs[1].values
        turned = np.moveaxis(integers, -2 if values.shape[0] == 1 else -1, 0)
        np.testing.assert_array_equal(values, turned)
        assert np.abs(values).max() <= layer.steps
    scales = {(op.output.scale, op.output.zero) for op in ops}
    for node in nodes(aware):
        if node.kind == "FakeRange" and node.name != "window_range":
            assert node.layer.scale() in scales, node.name
    assert (ops[0].inputs[0].scale, ops[0].inputs[0].zero) == (np.float32(1 / 64), 0)


@needs_tflm
def test_packed_weights_compile_and_equal_their_int8_twin_in_tflm(narrow):
    tflite = narrow[2]
    program = assert_same_as_tflm(tflite, count=1, options=Options(weights="4"), reference=int8_twin(tflite))
    bits = {layer.lowered.bits for layer in program.layers if layer.op.kind == "CONV_2D"}
    assert bits == {4}


def test_the_model_computes_what_its_file_does_bit_for_bit():
    """In TensorFlow's int8 kernels, which round a product once. TFLM rounds twice: of one layer one value of a hundred
    differs by 1 there."""
    plain = network(3)
    names = [layer.name for layer in plain.layers]
    name = next(one for one in names if one.startswith("joined"))
    after = plain.get_layer(name).output
    aware = qat.wrap(keras.Model(plain.inputs[0], after), real(inputs()), 8)
    given_ = inputs(seed=5)
    made = run_int8(qat.export(aware), given_)
    last = [node.layer for node in nodes(aware) if node.kind == "FakeRange"][-1]
    scale, zero = last.scale()
    np.testing.assert_array_equal(made, np.rint(aware(real(given_)).numpy() / scale + zero))


def test_a_network_without_a_layer_called_relu_is_compared_by_its_scores():
    plain = tiny(0)
    (scores,) = layer_errors(plain, qat.export(qat.wrap(plain, real(inputs()), 8)), inputs(seed=5), 1 / 64)
    assert scores.name == "scores" and scores.sqnr_db > 20


def test_training_moves_weights_limits_and_ranges_and_keras_keeps_them(learnt, tmp_path):
    plain, some = learnt
    aware = qat.wrap(plain, real(some.inputs[:64]), 4)
    before = [weight.numpy() for weight in aware.trainable_variables]
    losses = tune(aware, some, 2, 0, 1e-3)
    assert losses[-1] < losses[0]
    moved = {
        one.path.split("/")[-1]
        for one, old in zip(aware.trainable_variables, before, strict=True)
        if (one != old).numpy().any()
    }
    assert moved == {"kernel", "bias", "limit", "low", "high"}
    aware.save(tmp_path / "aware.keras")
    again: Any = keras.models.load_model(tmp_path / "aware.keras", compile=False)
    np.testing.assert_array_equal(again(real(some.inputs[:9])), aware(real(some.inputs[:9])))


@needs_tflm
def test_convolutions_over_time_and_activations_of_sixteen_bits_compile():
    model, given_ = recurring(), real(inputs(shape=(16, 4)))
    packed = qat.export(qat.wrap(model, given_, {"conv1": 8, "conv4": 4}))
    program = assert_same_as_tflm(packed, 1, Options(weights="4"), int8_twin(packed))
    assert [layer.lowered.bits for layer in program.layers if layer.op.kind == "CONV_2D"] == [8, 4, 8]
    wide = assert_same_as_tflm(qat.export(qat.wrap(model, given_, activation_bits=16)), count=1)
    assert wide.input.dtype == wide.output.dtype == "int16"


def strange(kind: str):
    layers = keras.layers
    x = given_ = keras.Input((8, 4), name="window")
    if kind == "LSTM":
        x = layers.LSTM(3, name="memory")(x)
    elif kind == "BatchNormalization":
        x = layers.BatchNormalization(name="first")(x)
    elif kind == "twice":
        one = layers.Dense(4, name="shared")
        x = one(one(x))
    else:
        x = layers.Dense(4, activation="gelu", name="smooth")(x)
    return keras.Model(given_, x)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("LSTM", "layer memory: expected layers that quantise, found LSTM"),
        ("BatchNormalization", "layer first: .* found BatchNormalization; put it behind a convolution"),
        ("twice", "layer shared: expected to run once with one output, found 2 runs"),
        ("gelu", "layer smooth_gelu: .* found activation gelu"),
    ],
)
def test_a_layer_that_cannot_be_quantised_is_named(kind, message):
    with pytest.raises(UserError, match=message) as raised:
        qat.wrap(strange(kind), real(inputs(shape=(8, 4))))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"bits": 3}, "expected weights of 4 or 8 bits, found 3"),
        ({"bits": {"nobody": 4}}, "expected layers with weights, found nobody"),
        ({"weights": "best"}, "calibration: expected one of minmax, .*, found 'best'"),
        ({"activation_bits": 12}, "expected activations of 8 or 16 bits, found 12"),
        ({"inputs": np.full((2, 16, 4), np.nan, np.float32)}, "expected finite outputs on the examples"),
        ({"inputs": np.zeros((0, 16, 4), np.float32)}, "expected examples, found none"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(how, message):
    with pytest.raises(UserError, match=message):
        qat.wrap(recurring(), **{"inputs": real(inputs(shape=(16, 4)))} | how)


def test_a_network_without_ranges_is_not_exported():
    with pytest.raises(UserError, match="expected a fake-quantised model"):
        qat.export(recurring())
