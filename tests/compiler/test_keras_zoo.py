"""Small Keras models of one idea each, as the TFLite converter writes them, compile and equal TFLM layer by layer."""

import pytest

from tests.compiler.parity import assert_same_as_tflm, needs_tflm
from tests.compiler.test_keras import int8

tf = pytest.importorskip("tensorflow")
pytestmark = needs_tflm


def _branches(*merge):
    """Two different tensors of one shape, merged."""

    def build(x):
        layers = tf.keras.layers
        a, b = layers.Conv2D(5, 3, padding="same")(x), layers.DepthwiseConv2D(3, padding="same")(x)
        b = layers.Conv2D(5, 1)(b)
        for layer in merge:
            a = layer([a, b])
        return a

    return build


def _zoo():
    """Small models of one idea each: shape of the input, layers. Keras' LSTM is not among them: TensorFlow 2.21 crashes
    when it calibrates one for int8."""
    k = tf.keras.layers
    image, wave = (8, 6, 4), (12, 4)
    return {
        "dilated": (image, k.Conv2D(5, 3, dilation_rate=2)),
        "grouped": (image, k.Conv2D(6, 3, groups=2, strides=2, padding="same")),
        "depth multiplier": (image, k.DepthwiseConv2D(3, depth_multiplier=2, padding="same")),
        "separable": (image, k.SeparableConv2D(5, 3, activation="relu6")),
        "dense without bias": ((10,), k.Dense(7, use_bias=False)),
        "dense over time": (wave, k.Dense(7, activation="relu")),
        "depthwise in time": (wave, k.DepthwiseConv1D(3)),
        "pooling in time": (wave, lambda x: k.GlobalMaxPooling1D()(k.AveragePooling1D(3)(x))),
        "mean over time": (wave, lambda x: k.GlobalAveragePooling1D()(k.Conv1D(6, 3)(x))),
        "leaky relu": (image, lambda x: k.LeakyReLU(0.1)(k.Conv2D(5, 3)(x))),
        "sigmoid": (image, lambda x: k.Activation("sigmoid")(k.Conv2D(5, 3)(x))),
        "tanh": (image, lambda x: k.Activation("tanh")(k.Conv2D(5, 3)(x))),
        "hard swish": (image, lambda x: k.Activation("hard_swish")(k.Conv2D(5, 3)(x))),
        "add": (image, _branches(k.Add())),
        "subtract": (image, _branches(k.Subtract())),
        "multiply": (image, _branches(k.Multiply())),
        "maximum": (image, _branches(k.Maximum())),
        "minimum": (image, _branches(k.Minimum())),
        "squeeze and excite": (image, _excite),
        "upsampling": (image, lambda x: k.Conv2D(3, 3)(k.Resizing(16, 12, interpolation="nearest")(x))),
        "permute and crop": (image, lambda x: k.Permute((2, 1, 3))(k.Cropping2D(((1, 2), (0, 1)))(x))),
        "flatten": (image, lambda x: k.Dense(3)(k.Flatten()(k.Conv2D(5, 3, padding="same")(x)))),
        "long padding": (image, lambda x: k.Conv2D(3, 3)(k.ZeroPadding2D(((0, 3), (2, 1)))(x))),
    }


def _excite(x):
    k = tf.keras.layers
    x = k.Conv2D(6, 3, padding="same")(x)
    gate = k.Dense(6, activation="sigmoid")(k.Dense(2, activation="relu")(k.GlobalAveragePooling2D()(x)))
    return k.Multiply()([x, k.Reshape((1, 1, 6))(gate)])


@pytest.mark.parametrize("name", _zoo())
def test_single_ideas(name):
    tf.keras.utils.set_random_seed(3)
    shape, layers = _zoo()[name]
    given = tf.keras.layers.Input(shape, batch_size=1)
    net = tf.keras.Model(given, layers(given))
    for weights in net.trainable_weights:  # nothing is 0, as it would be before training
        weights.assign(tf.random.normal(weights.shape, stddev=0.5))
    assert_same_as_tflm(int8(net))
