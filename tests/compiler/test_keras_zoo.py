"""Small Keras models of one idea each, as the TFLite converter writes them, compile and equal TFLM layer by layer."""

import pytest

from ml.train.keras import tensorflow
from tests.compiler.parity import assert_same_as_tflm, needs_tflm
from tests.compiler.test_keras import int8, needs_tensorflow

pytestmark = [needs_tflm, needs_tensorflow]
IMAGE, WAVE = (8, 6, 4), (12, 4)


def _branches(k, merge):
    """Two different tensors of one shape, merged."""

    def build(x):
        a, b = k.Conv2D(5, 3, padding="same")(x), k.DepthwiseConv2D(3, padding="same")(x)
        return merge([a, k.Conv2D(5, 1)(b)])

    return build


def _excite(k, x):
    x = k.Conv2D(6, 3, padding="same")(x)
    gate = k.Dense(6, activation="sigmoid")(k.Dense(2, activation="relu")(k.GlobalAveragePooling2D()(x)))
    return k.Multiply()([x, k.Reshape((1, 1, 6))(gate)])


# Small models of one idea each: shape of the input, and what is made of `keras.layers`. Keras' LSTM is not among them:
# TensorFlow 2.21 crashes when it calibrates one for int8.
ZOO = {
    "dilated": (IMAGE, lambda k: k.Conv2D(5, 3, dilation_rate=2)),
    "grouped": (IMAGE, lambda k: k.Conv2D(6, 3, groups=2, strides=2, padding="same")),
    "depth multiplier": (IMAGE, lambda k: k.DepthwiseConv2D(3, depth_multiplier=2, padding="same")),
    "separable": (IMAGE, lambda k: k.SeparableConv2D(5, 3, activation="relu6")),
    "dense without bias": ((10,), lambda k: k.Dense(7, use_bias=False)),
    "dense over time": (WAVE, lambda k: k.Dense(7, activation="relu")),
    "depthwise in time": (WAVE, lambda k: k.DepthwiseConv1D(3)),
    "pooling in time": (WAVE, lambda k: lambda x: k.GlobalMaxPooling1D()(k.AveragePooling1D(3)(x))),
    "mean over time": (WAVE, lambda k: lambda x: k.GlobalAveragePooling1D()(k.Conv1D(6, 3)(x))),
    "leaky relu": (IMAGE, lambda k: lambda x: k.LeakyReLU(0.1)(k.Conv2D(5, 3)(x))),
    "sigmoid": (IMAGE, lambda k: lambda x: k.Activation("sigmoid")(k.Conv2D(5, 3)(x))),
    "tanh": (IMAGE, lambda k: lambda x: k.Activation("tanh")(k.Conv2D(5, 3)(x))),
    "hard swish": (IMAGE, lambda k: lambda x: k.Activation("hard_swish")(k.Conv2D(5, 3)(x))),
    "add": (IMAGE, lambda k: _branches(k, k.Add())),
    "subtract": (IMAGE, lambda k: _branches(k, k.Subtract())),
    "multiply": (IMAGE, lambda k: _branches(k, k.Multiply())),
    "maximum": (IMAGE, lambda k: _branches(k, k.Maximum())),
    "minimum": (IMAGE, lambda k: _branches(k, k.Minimum())),
    "squeeze and excite": (IMAGE, lambda k: lambda x: _excite(k, x)),
    "upsampling": (IMAGE, lambda k: lambda x: k.Conv2D(3, 3)(k.Resizing(16, 12, interpolation="nearest")(x))),
    "permute and crop": (IMAGE, lambda k: lambda x: k.Permute((2, 1, 3))(k.Cropping2D(((1, 2), (0, 1)))(x))),
    "flatten": (IMAGE, lambda k: lambda x: k.Dense(3)(k.Flatten()(k.Conv2D(5, 3, padding="same")(x)))),
    "long padding": (IMAGE, lambda k: lambda x: k.Conv2D(3, 3)(k.ZeroPadding2D(((0, 3), (2, 1)))(x))),
}


@pytest.mark.parametrize("name", ZOO)
def test_single_ideas(name):
    tf = tensorflow()
    tf.keras.utils.set_random_seed(3)
    shape, layers = ZOO[name]
    given = tf.keras.layers.Input(shape, batch_size=1)
    net = tf.keras.Model(given, layers(tf.keras.layers)(given))
    for weights in net.trainable_weights:  # nothing is 0, as it would be before training
        weights.assign(tf.random.normal(weights.shape, stddev=0.5))
    assert_same_as_tflm(int8(net))
