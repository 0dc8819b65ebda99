"""Batch normalisation folded into the layer before it, as the converter folds it; activations as layers of their own.

B. Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR
2018, equation 14. Quantisation, equalisation and bias correction work on the folded network, which computes the same.
"""

import numpy as np

from ml.compress.graph import (
    DEPTHWISE,
    Node,
    activation_of,
    again,
    apply,
    copied,
    nodes,
    readers,
    rebuilt,
)
from ml.train.keras import keras_module


def folded(model):
    """The same function (up to float rounding) with a bias in every convolution and dense layer and no batch
    normalisation behind one. UserError for a model that ml/compress/graph.py cannot read."""
    listed = nodes(model)
    by_name, read_by = {node.name: node for node in listed}, readers(listed)
    norms = {}  # layer -> the normalisation that goes into it
    for node in listed:
        before = by_name[node.inputs[0]] if node.inputs else node
        if node.kind == "BatchNormalization" and _takes(before, read_by):
            norms[before.name] = node.layer

    def make(node: Node, *tensors):
        if node.layer in norms.values():
            return tensors[0]
        return _plain(node, norms.get(node.name), tensors) if node.weighted else again(node, *tensors)

    return rebuilt(model, make)


def _takes(node: Node, read_by: dict[str, list[Node]]) -> bool:
    return node.weighted and activation_of(node.layer) == "linear" and len(read_by[node.name]) == 1


def _plain(node: Node, norm, tensors: tuple):
    kernel, *bias = node.layer.get_weights()
    changes = {"use_bias": True, "activation": "linear", "kernel_regularizer": None, "bias_regularizer": None}
    changes |= {"activity_regularizer": None} | ({"depthwise_regularizer": None} if node.kind in DEPTHWISE else {})
    known = node.layer.get_config()
    layer = copied(node.layer, **{name: value for name, value in changes.items() if name in known})
    shift = bias[0] if bias else np.zeros(outputs_of(node), np.float32)
    if norm is not None:
        kernel, shift = _with_norm(node, kernel, shift, norm)
    made = apply(layer, tensors, [kernel.astype(np.float32), shift.astype(np.float32)])
    return activated(made, node.layer)


def activated(made, layer):
    """The activation that was part of `layer`, as a layer named after both."""
    kind, layers = activation_of(layer), keras_module().layers
    if kind == "linear":
        return made
    name = f"{layer.name}_{kind}"
    return layers.ReLU(name=name)(made) if kind == "relu" else layers.Activation(layer.activation, name=name)(made)


def outputs_of(node: Node) -> int:
    """The channels that a weighted layer makes."""
    kernel = node.layer.get_weights()[0]
    return int(kernel.shape[-1] * kernel.shape[-2]) if node.kind in DEPTHWISE else int(kernel.shape[-1])


def by_output(node_kind: str, kernel: np.ndarray) -> np.ndarray:
    """A view of a kernel whose last axis is the channel of the output."""
    return kernel.reshape(*kernel.shape[:-2], -1) if node_kind in DEPTHWISE else kernel


def _with_norm(node: Node, kernel: np.ndarray, bias: np.ndarray, norm) -> tuple[np.ndarray, np.ndarray]:
    mean, variance = (np.asarray(one, np.float64) for one in (norm.moving_mean, norm.moving_variance))
    gain = 1 / np.sqrt(variance + norm.epsilon) * (np.asarray(norm.gamma, np.float64) if norm.scale else 1)
    shift = np.asarray(norm.beta, np.float64) if norm.center else 0.0
    scaled = by_output(node.kind, kernel.astype(np.float64)) * gain
    return scaled.reshape(kernel.shape), (bias - mean) * gain + shift
