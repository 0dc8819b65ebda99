"""A streaming model as microWakeWord trains it: TensorFlow keeps the history of each layer in a resource variable,
which the converter quantises, and splits channels among depthwise filters of several lengths (MixConv)."""

import numpy as np
import pytest

from ml.compiler.compile import compile_model, prepare
from ml.compiler.host import HostModel
from ml.compiler.reader import read
from ml.image import pack
from ml.image.host import HostImage
from ml.train.keras import tensorflow
from tests.compiler.parity import needs_tflm
from tests.compiler.test_keras import needs_tensorflow
from tests.compiler.test_variables import assert_steps_equal_tflm

pytestmark = [needs_tflm, needs_tensorflow]
FEATURES, STRIDE = 8, 3


@pytest.fixture(scope="module")
def wake_word() -> bytes:
    """Three frames a step, int8; a score, uint8."""
    tf = tensorflow()
    chance = tf.random.Generator.from_seed(1)

    def weights(*shape):
        return tf.Variable(chance.normal(shape, stddev=0.3))

    def history(rows, channels):
        return tf.Variable(tf.zeros((1, rows, 1, channels)), trainable=False)

    class Net(tf.Module):
        def __init__(self):
            super().__init__()
            self.first, self.point, self.dense = weights(5, 1, FEATURES, 16), weights(1, 1, 16, 8), weights(32, 1)
            self.short, self.long = weights(3, 1, 4, 1), weights(5, 1, 12, 1)
            self.rings = [history(2, FEATURES), history(4, 16), history(3, 8)]

        def ring(self, number, x):
            ring = self.rings[number]
            whole = tf.concat([ring, x], 1)
            ring.assign(whole[:, -ring.shape[1] :])
            return whole

        @tf.function(input_signature=[tf.TensorSpec((1, STRIDE, FEATURES), tf.float32)])
        def __call__(self, x):
            x = self.ring(0, tf.reshape(x, (1, STRIDE, 1, FEATURES)))
            x = self.ring(1, tf.nn.relu(tf.nn.conv2d(x, self.first, 1, "VALID")))
            short, long = tf.split(x, [4, 12], axis=3)
            short = tf.nn.depthwise_conv2d(short[:, -3:], self.short, (1, 1, 1, 1), "VALID")
            long = tf.nn.depthwise_conv2d(long, self.long, (1, 1, 1, 1), "VALID")
            x = tf.nn.relu(tf.nn.conv2d(tf.concat([short, long], 3), self.point, 1, "VALID"))
            return tf.sigmoid(tf.matmul(tf.reshape(self.ring(2, x), (1, 32)), self.dense))

    net = Net()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([net.__call__.get_concrete_function()], net)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter._experimental_variable_quantization = True
    converter.target_spec.supported_ops = {tf.lite.OpsSet.TFLITE_BUILTINS_INT8}
    converter.inference_input_type, converter.inference_output_type = tf.int8, tf.uint8
    frames = np.random.default_rng(0).normal(size=(50, 1, STRIDE, FEATURES)).astype(np.float32)
    converter.representative_dataset = lambda: ([one] for one in frames)
    return converter.convert()


def test_it_equals_tflm_over_many_steps_and_after_a_reset(wake_word):
    kinds = {op.kind for op in read(wake_word).ops}
    assert {"CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "SPLIT_V"} <= kinds
    assert_steps_equal_tflm(wake_word, 20)


def test_what_it_keeps_is_state_that_no_copy_touches(wake_word):
    program = prepare(wake_word, "wake")
    assert program.state == 2 * FEATURES + 4 * 16 + 3 * 8
    assert not {"READ_VARIABLE", "ASSIGN_VARIABLE"} & {layer.op.kind for layer in program.layers}


def test_its_header_is_proved_with_tflm_and_its_image_gives_the_same_bytes(wake_word, tmp_path):
    made = compile_model(wake_word, "wake", tmp_path)
    assert made.verified
    compiled, image = HostModel(made.header), HostImage(pack(made.header, host=True).data)
    chance = np.random.default_rng(0)
    for _ in range(2):
        for _ in range(6):
            row = chance.integers(-128, 128, compiled.model.input_size).astype(np.int8)
            assert image.layers(row) == compiled.layers(row)
        compiled.reset()
        image.reset()
