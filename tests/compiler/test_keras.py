"""What Keras and the TFLite converter make of 1-D and 2-D classifiers compiles and equals TFLM, layer by layer."""

from importlib.util import find_spec

import numpy as np
import pytest

from ml.train.keras import tensorflow
from tests.compiler.parity import assert_same_as_tflm, needs_tflm

# TensorFlow takes seconds: it is imported by the worker that runs these tests, not by all that collect them.
needs_tensorflow = pytest.mark.skipif(find_spec("tensorflow") is None, reason="TensorFlow is not installed")
pytestmark = [needs_tflm, needs_tensorflow]


def int8(net) -> bytes:
    """The model fully quantised, inputs and outputs int8."""
    return quantised(net, tensorflow().lite.OpsSet.TFLITE_BUILTINS_INT8, tensorflow().int8)


def int16(net) -> bytes:
    """The model with int16 activations and int8 weights."""
    ops = tensorflow().lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
    return quantised(net, ops, tensorflow().int16)


def quantised(net, ops, kind) -> bytes:
    shape = net.input_shape[1:]
    chance = np.random.default_rng(0)
    converter = tensorflow().lite.TFLiteConverter.from_keras_model(net)
    converter.optimizations = [tensorflow().lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([chance.normal(size=(1, *shape)).astype(np.float32)] for _ in range(10))
    converter.target_spec.supported_ops = [ops]
    converter.inference_input_type = converter.inference_output_type = kind
    return converter.convert()


def conv_1d_classifier(batch_size):
    layers = tensorflow().keras.layers
    x = given = layers.Input((32, 6), batch_size=batch_size)
    x = layers.Conv1D(8, 3, activation="relu", padding="same")(x)
    x = layers.MaxPooling1D(2)(x)
    x = layers.Conv1D(12, 5, strides=2)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(10, activation="relu")(x)
    return tensorflow().keras.Model(given, layers.Dense(4, activation="softmax")(x))


def residual_2d_classifier():
    layers = tensorflow().keras.layers
    x = given = layers.Input((16, 12, 3))
    x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(8, 3, strides=2, activation="relu")(x)
    y = layers.DepthwiseConv2D(3, padding="same")(x)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU(6.0)(y)
    y = layers.Conv2D(8, 1)(y)
    x = layers.Activation("relu")(layers.Add()([x, y]))
    x = layers.Concatenate()([layers.AveragePooling2D(2)(x), layers.MaxPooling2D(2)(x)])
    x = layers.GlobalAveragePooling2D()(x)
    return tensorflow().keras.Model(given, layers.Dense(3, activation="softmax")(x))


@pytest.mark.parametrize("batch_size", [None, 1])
def test_conv_1d_classifier(batch_size):
    tensorflow().keras.utils.set_random_seed(1)
    program = assert_same_as_tflm(int8(conv_1d_classifier(batch_size)))
    kinds = {layer.op.kind for layer in program.layers}
    assert kinds <= {"CONV_2D", "MAX_POOL_2D", "FULLY_CONNECTED", "SOFTMAX"}


def test_residual_2d_classifier():
    tensorflow().keras.utils.set_random_seed(1)
    program = assert_same_as_tflm(int8(residual_2d_classifier()))
    assert "PAD" not in {layer.op.kind for layer in program.layers}


@pytest.mark.parametrize("net", [lambda: conv_1d_classifier(1), residual_2d_classifier], ids=["1d", "2d"])
def test_int16_activations(net):
    tensorflow().keras.utils.set_random_seed(1)
    program = assert_same_as_tflm(int16(net()))
    assert program.input.dtype == program.output.dtype == "int16"
