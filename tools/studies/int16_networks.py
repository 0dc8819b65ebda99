"""The networks of `.tflite` files as Keras models again, to convert them to other types: weights are what the integers
stand for. Chains and sums of convolutions, pooling, dense layers, ReLU and softmax, one row of inputs."""

from __future__ import annotations

import numpy as np

from ml.compiler.graph import Graph, Op, Tensor
from ml.compiler.reader import read
from ml.errors import UserError
from ml.train.keras import quiet, tensorflow

CALIBRATION = 30  # random inputs that set the ranges of the activations


def int16(tflite: bytes, name: str) -> bytes:
    """The same network with int16 activations and int8 weights, by TensorFlow's converter."""
    tf = tensorflow()
    graph = read(tflite, name)
    shape = graph.inputs[0].shape[1:]
    rows = np.random.default_rng(0).uniform(-1, 1, (CALIBRATION, *shape)) * 128 * graph.inputs[0].scale
    converter = tf.lite.TFLiteConverter.from_keras_model(keras_model(graph, name))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row[None].astype(np.float32)] for row in rows)
    ops = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
    converter.target_spec.supported_ops = [ops]
    converter.inference_input_type = converter.inference_output_type = tf.int16
    with quiet():
        return converter.convert()


def keras_model(graph: Graph, name: str):
    import keras  # noqa: PLC0415  takes seconds: only where it is needed

    made = {graph.inputs[0].index: keras.Input(graph.inputs[0].shape[1:], batch_size=1)}
    for op in graph.ops:
        if op.kind not in LAYERS:
            raise UserError(
                f"{name}: expected one of {', '.join(LAYERS)}, found {op.kind}; the bench has no layer for it"
            )
        given = [made[t.index] for t in op.inputs if t is not None and t.index in made]
        made[op.output.index] = _activated(keras, op, LAYERS[op.kind](keras, op, *given))
    return keras.Model(made[graph.inputs[0].index], made[graph.outputs[0].index])


def _activated(keras, op: Op, made):
    return keras.layers.ReLU()(made) if op.options.get("activation") == "relu" else made


def _real(tensor: Tensor, axis: int) -> np.ndarray:
    sides = [1] * len(tensor.shape)
    sides[axis] = -1
    scales = tensor.scales.reshape(sides) if len(tensor.scales) > 1 else tensor.scales
    return (tensor.data * scales).astype(np.float32)


def _padding(op: Op) -> str:
    return "valid" if op.options["padding"] else "same"


def _strides(op: Op) -> tuple[int, int]:
    return op.options["stride_height"], op.options["stride_width"]


def _apply(layer, given, *weights: np.ndarray):
    made = layer(given)
    layer.set_weights(weights)
    return made


def _conv(keras, op: Op, given):
    weights, bias = op.inputs[1], op.inputs[2]
    layer = keras.layers.Conv2D(weights.shape[0], weights.shape[1:3], strides=_strides(op), padding=_padding(op))
    return _apply(layer, given, _real(weights, 0).transpose(1, 2, 3, 0), _real(bias, 0))


def _depthwise(keras, op: Op, given):
    weights, bias = op.inputs[1], op.inputs[2]
    layer = keras.layers.DepthwiseConv2D(
        weights.shape[1:3], strides=_strides(op), padding=_padding(op), depth_multiplier=op.options["depth_multiplier"]
    )
    multiplier = op.options["depth_multiplier"]
    filters = _real(weights, 3)[0].reshape(*weights.shape[1:3], -1, multiplier)
    return _apply(layer, given, filters, _real(bias, 0))


def _dense(keras, op: Op, given):
    weights, bias = op.inputs[1], op.inputs[2]
    return _apply(keras.layers.Dense(weights.shape[0]), given, _real(weights, 0).T, _real(bias, 0))


def _pool(keras, op: Op, given):
    window = op.options["kernel_height"], op.options["kernel_width"]
    return keras.layers.AveragePooling2D(window, strides=_strides(op), padding=_padding(op))(given)


LAYERS = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _dense,
    "AVERAGE_POOL_2D": _pool,
    "ADD": lambda keras, op, a, b: keras.layers.Add()([a, b]),
    "RESHAPE": lambda keras, op, given: keras.layers.Reshape(op.output.shape[1:])(given),
    "SOFTMAX": lambda keras, op, given: keras.layers.Softmax()(given),
}
