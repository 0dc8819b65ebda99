"""A transformer from Keras, trained a little, without a fixed batch: every layer is TensorFlow Lite Micro's."""

from tests.compiler.parity import assert_same_as_tflm, needs_tflm
from tests.compiler.resolved import resolved
from tests.compiler.test_keras import needs_tensorflow
from tools.studies.transformer import network, quantised, simulated, train

pytestmark = [needs_tflm, needs_tensorflow]


def test_a_transformer_from_training_to_c_equals_tflm_layer_by_layer():
    windows, labels = simulated(64, 1)
    net = network(width=8, blocks=1)
    train(net, windows, labels, epochs=1)
    tflite = quantised(net, windows)
    program = assert_same_as_tflm(tflite, count=2, reference=resolved(tflite))
    kernels = {layer.lowered.kernel for layer in program.layers}
    assert {"nn_batch_matmul_packed", "nn_lookup", "nn_squared_difference_packed"} <= kernels
    assert "TRANSPOSE" not in {layer.op.kind for layer in program.layers}
