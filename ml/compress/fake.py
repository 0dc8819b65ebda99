"""Layers whose weights and outputs are rounded as a microcontroller will have them, and can be trained.

Weights: limits per output channel, learned with the gradient of S. K. Esser et al., "Learned Step Size Quantization",
ICLR 2020. Outputs: ranges learned with the gradient of what they clip (J. Choi et al., PACT, arXiv:1805.06085). Outside
of training both are TensorFlow's `fake_quant` operators, in which the converter reads the ranges.

Importing this module loads TensorFlow, and lets Keras load a model that has such layers.
"""

from typing import Any

import numpy as np

from ml.compress.graph import DEPTHWISE
from ml.train.keras import keras_module, tensorflow

keras, tf = keras_module(), tensorflow()
_PACKAGE = "thimble"


@keras.saving.register_keras_serializable(_PACKAGE)
class FakeRange(keras.layers.Layer):
    """Rounds its input to 2^bits levels between `low` and `high`; with 16 bits zero lies in the middle."""

    def __init__(self, low: float, high: float, bits: int = 8, learned: bool = True, **rest) -> None:
        super().__init__(**rest)
        self.first, self.bits, self.learned = (float(low), float(high)), bits, learned

    def build(self, shape) -> None:
        constant = keras.initializers.Constant
        low, high = self.first
        self.low = self.add_weight(
            shape=(), initializer=constant(low), trainable=self.learned and low < 0, name="low"
        )  # behind a ReLU it stays 0
        self.high = self.add_weight(shape=(), initializer=constant(high), trainable=self.learned, name="high")
        super().build(shape)

    def ends(self):
        """(low, high) as tensors; for 16 bits those of a zero point of 0."""
        if self.bits == 8:
            return tf.minimum(tf.convert_to_tensor(self.low), 0.0), tf.maximum(tf.convert_to_tensor(self.high), 1e-6)
        largest = tf.maximum(-tf.convert_to_tensor(self.low), tf.convert_to_tensor(self.high))
        return -largest * np.float32(32768 / 32767), largest

    def call(self, x):
        low, high = self.ends()
        return tf.quantization.fake_quant_with_min_max_vars(x, low, high, num_bits=self.bits)

    def scale(self) -> tuple[np.float32, int]:
        """(scale, zero point) of the int8 or int16 that stand for the output."""
        low, high = (np.float64(one) for one in self.ends())
        scale, least = (high - low) / (2**self.bits - 1), -(2 ** (self.bits - 1))
        return np.float32(scale), int(np.clip(np.rint(least - low / scale), least, -least - 1))

    def get_config(self) -> dict:
        kept = {"low": self.first[0], "high": self.first[1], "bits": self.bits, "learned": self.learned}
        return super().get_config() | kept


class _Fake(Any):  # a mixin of Keras layers
    """What the layers below share: `kernel` is the float one, `limit` where each output channel's weights end."""

    imitates = ""

    def __init__(self, *args, weight_bits: int = 8, **rest) -> None:
        super().__init__(*args, **rest)
        self.weight_bits = weight_bits

    def build(self, shape) -> None:
        super().build(shape)
        kernel = self.kernel.shape
        channels = kernel[-1] * kernel[-2] if self.imitates in DEPTHWISE else kernel[-1]
        self.limit = self.add_weight(shape=(channels,), initializer="ones", name="limit")

    def get_config(self) -> dict:
        return super().get_config() | {"weight_bits": self.weight_bits}

    def save_own_variables(self, store) -> None:
        keras.layers.Layer.save_own_variables(self, store)  # Keras' own for these layers knows two variables only

    def load_own_variables(self, store) -> None:
        keras.layers.Layer.load_own_variables(self, store)

    @property
    def steps(self) -> int:
        """Weights are -steps..steps."""
        return 2 ** (self.weight_bits - 1) - 1

    def faked(self, training: bool):
        """The rounded kernel, its last axis the channel of the output."""
        kernel = tf.convert_to_tensor(self.kernel)
        if self.imitates in DEPTHWISE:
            kernel = tf.reshape(kernel, (*kernel.shape[:-2], 1, -1))
        elif self.imitates in ("Conv1D", "Dense"):
            kernel = kernel[(None,) * (4 - len(kernel.shape))]
        limit = tf.abs(tf.convert_to_tensor(self.limit)) + 1e-9
        if training:
            return self._learning(kernel, limit)
        return tf.quantization.fake_quant_with_min_max_vars_per_channel(
            kernel, -limit, limit, num_bits=self.weight_bits, narrow_range=True
        )

    def _learning(self, kernel, limit):
        share = 1 / np.sqrt(np.prod(kernel.shape) / kernel.shape[-1] * self.steps)  # of the step's gradient
        step = limit / self.steps
        step = step * share + tf.stop_gradient(step * (1 - share))
        clipped = tf.clip_by_value(kernel / step, -self.steps, self.steps)
        return (clipped + tf.stop_gradient(tf.round(clipped) - clipped)) * step

    def integers(self) -> tuple[np.ndarray, np.ndarray]:
        """(int kernel, float scale per output channel) of the weights."""
        scale = (np.abs(self.limit.numpy()) + np.float32(1e-9)) / np.float32(self.steps)
        return np.rint(self.faked(False).numpy() / scale).astype(int), scale


@keras.saving.register_keras_serializable(_PACKAGE)
class FakeDense(_Fake, keras.layers.Dense):
    """`Dense` without an activation, as a convolution of 1 by 1: in a matrix product TensorFlow 2.21's converter turns
    the kernel but not the axis of its scales, and fails."""

    imitates = "Dense"

    def call(self, x, training=False):
        inputs, units = self.kernel.shape
        rows = 1 if len(x.shape) == 2 else x.shape[1]
        made = tf.nn.conv2d(tf.reshape(x, (-1, 1, rows, inputs)), self.faked(training), 1, "VALID")
        return tf.reshape(made + tf.convert_to_tensor(self.bias), (-1, *x.shape[1:-1], units))


@keras.saving.register_keras_serializable(_PACKAGE)
class FakeConv2D(_Fake, keras.layers.Conv2D):
    """`Conv2D` without an activation."""

    imitates = "Conv2D"

    def call(self, x, training=False):
        return self.convolution_op(x, self.faked(training)) + tf.convert_to_tensor(self.bias)


@keras.saving.register_keras_serializable(_PACKAGE)
class FakeConv1D(_Fake, keras.layers.Conv1D):
    """`Conv1D` without an activation, as a convolution of one row, which is what the converter makes of it."""

    imitates = "Conv1D"

    def call(self, x, training=False):
        steps, dilations = (1, self.strides[0]), (1, self.dilation_rate[0])
        row = tf.reshape(x, (-1, 1, *x.shape[1:]))
        made = tf.nn.conv2d(row, self.faked(training), steps, self.padding.upper(), dilations=dilations)
        return tf.reshape(made + tf.convert_to_tensor(self.bias), (-1, *made.shape[2:]))


@keras.saving.register_keras_serializable(_PACKAGE)
class FakeDepthwiseConv2D(_Fake, keras.layers.DepthwiseConv2D):
    """`DepthwiseConv2D` without an activation."""

    imitates = "DepthwiseConv2D"

    def call(self, x, training=False):
        kernel = tf.reshape(self.faked(training), self.kernel.shape)
        made = keras.ops.depthwise_conv(
            x, kernel, strides=self.strides, padding=self.padding, dilation_rate=self.dilation_rate
        )
        return made + tf.convert_to_tensor(self.bias)


FAKES = {cls.imitates: cls for cls in (FakeDense, FakeConv1D, FakeConv2D, FakeDepthwiseConv2D)}
