"""The last fully connected layer of an int8 .tflite: read, and written anew into the same bytes.

Only numbers change: weights, biases and their scales. So the images of the old and of the new model have one structure,
and differ in arrays alone.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from ml.compiler.flatbuffer import Buffer, Table
from ml.compiler.reader import read
from ml.errors import UserError
from ml.native.fleet import BIAS, UNIT, LayerConfig

INT8 = 127


@dataclass(frozen=True)
class Layer:
    """Real numbers. `feature_scale`, `logit_scale`: of a step of int8."""

    weights: np.ndarray  # float64 (classes, features)
    bias: np.ndarray  # float64 (classes,)
    feature_scale: float
    feature_zero: int
    logit_scale: float
    logit_zero: int

    def config(self, logit_unit: int) -> LayerConfig:
        """As a board has it, with what a step of its output is in 2^-20 of a logit."""
        classes, features = self.weights.shape
        return LayerConfig(features, classes, self.feature_zero, self.logit_zero, logit_unit)

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Real, (n, classes), for int8 features (n, features)."""
        return (features.astype(float) - self.feature_zero) @ self.weights.T * self.feature_scale + self.bias

    def changed(self, update: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weights and bias with an update (classes, features + 1) added, in the unit of lib/fleet."""
        weights = self.weights + update[:, :-1] / (UNIT * self.feature_scale)
        return weights, self.bias + update[:, -1] * (BIAS / UNIT)


def last_layer(tflite: bytes, name: str) -> Layer:
    """UserError unless a fully connected int8 layer, and a softmax behind it, end the model."""
    graph = read(tflite, name)
    kinds = [op.kind for op in graph.ops]
    if kinds[-2:] != ["FULLY_CONNECTED", "SOFTMAX"]:
        raise UserError(f"{name}: expected FULLY_CONNECTED and SOFTMAX at its end, found {' and '.join(kinds[-2:])}")
    given, weights, *bias = graph.ops[-2].inputs
    made = graph.ops[-2].outputs[0]
    if weights.dtype != "int8" or given.dtype != "int8" or len(bias) != 1 or bias[0].data is None:
        raise UserError(f"{name}: expected int8 features, int8 weights and a bias in its last layer, found others")
    assert weights.data is not None
    return Layer(
        weights.data.astype(float) * weights.scales[:, None],
        bias[0].data.astype(float) * weights.scales * given.scales[0],
        float(given.scales[0]),
        int(given.zeros[0]),
        float(made.scales[0]),
        int(made.zeros[0]),
    )


def with_layer(tflite: bytes, name: str, weights: np.ndarray, bias: np.ndarray) -> bytes:
    """The model with another last layer. The scale of its output stays, and so does the softmax behind it: logits
    beyond its range are cut off."""
    layer = last_layer(tflite, name)
    if weights.shape != layer.weights.shape or bias.shape != layer.bias.shape:
        raise UserError(f"{name}: expected weights of the shape {layer.weights.shape}, found {weights.shape}")
    if not (np.all(np.isfinite(weights)) and np.all(np.isfinite(bias))):
        raise UserError(f"{name}: expected finite weights, found others; nothing was written")
    scales = np.maximum(np.abs(weights).max(axis=1) / INT8, 1e-9).astype(np.float32)
    bias_scales = (scales * np.float32(layer.feature_scale)).astype(np.float32)
    places = _Places(tflite, name)
    changed = bytearray(tflite)
    places.put(changed, 1, np.rint(weights / scales[:, None]).astype(np.int8), scales)
    places.put(changed, 2, np.clip(np.rint(bias / bias_scales), -(2**31), 2**31 - 1).astype(np.int32), bias_scales)
    made = bytes(changed)
    last_layer(made, name)
    return made


class _Places:
    """Where the numbers of the last layer lie in the file."""

    def __init__(self, tflite: bytes, name: str) -> None:
        self.buffer = Buffer(tflite, name)
        root = self.buffer.root()
        graph = root.tables(2)[0]
        self._tensors, self._buffers = graph.tables(0), root.tables(4)
        layer = graph.tables(3)[-2]
        self._inputs, self._output = layer.array(1, "int32"), int(layer.array(2, "int32")[0])

    def put(self, changed: bytearray, operand: int, values: np.ndarray, scales: np.ndarray) -> None:
        tensor = self._tensors[self._inputs[operand]]
        self._write(changed, self._buffers[tensor.scalar(2, "I")], 0, values)
        self._write(changed, _quantisation(tensor), 2, scales)

    def _write(self, changed: bytearray, table: Table, slot: int, values: np.ndarray) -> None:
        """Over a vector of the same bytes."""
        start, length = self.buffer.vector(self.buffer.follow(table.field(slot)), 1)
        data = values.astype(values.dtype.newbyteorder("<")).tobytes()
        found = length if slot == 0 else length * values.itemsize
        if found != len(data):
            self.buffer.fail(f"{found} bytes where its last layer needs {len(data)}")
        struct.pack_into(f"{len(data)}s", changed, start, data)


def _quantisation(tensor: Table) -> Table:
    table = tensor.table(4)
    assert table is not None  # the reader has seen its scales
    return table
