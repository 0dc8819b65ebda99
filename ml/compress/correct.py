"""Corrections after training, without labels: M. Nagel et al., "Data-Free Quantization Through Weight Equalization and
Bias Correction", ICCV 2019. Both return folded networks (ml/compress/folding.py)."""

from collections.abc import Iterator

import numpy as np

from ml.compress.folding import by_output, folded, outputs_of
from ml.compress.graph import PASSING, Node, nodes, readers
from ml.compress.sensitivity import answers
from ml.train.keras import keras_module

ROUNDS = 20  # equalising one pair disturbs its neighbours
SMALLEST = 1e-6  # a channel whose weights are smaller is dead, and stays as it is


def equalise(model):
    """Cross-layer equalisation (section 4.1): the folded network with the same float function, in which a channel's
    weights reach as far in the layer that makes it as in the one that reads it. It does so through ReLU (without a
    bound), pooling and depthwise layers; a channel that is read twice, as in a residual, stays."""
    made = folded(model)
    pairs = list(_pairs(nodes(made)))
    for _ in range(ROUNDS):
        for first, second in pairs:
            _balance(first, second)
    return made


def _pairs(listed: list[Node]) -> Iterator[tuple[Node, Node]]:
    read_by = readers(listed)
    for node in listed:
        after = [node] if node.weighted else []
        while len(after) == 1 and len(after := read_by[after[0].name]) == 1:
            if after[0].weighted:
                yield node, after[0]
                break
            if not _scales(after[0]):
                break


def _scales(node: Node) -> bool:
    """Whether a channel that is larger by a factor stays so behind the layer."""
    layer = node.layer
    relu = node.kind == "ReLU" and layer.max_value is None and not layer.threshold
    return relu or node.kind.startswith("GlobalAverage") or (node.kind in PASSING and node.kind != "Reshape")


def reads(node: Node, channels: int) -> np.ndarray:
    """The layer's kernel as (..., channels of its input, outputs of each): a view of a copy."""
    kernel = node.layer.get_weights()[0]
    return kernel if node.kind != "Dense" else kernel.reshape(-1, channels, kernel.shape[-1])


def _balance(first: Node, second: Node) -> None:
    kernel, bias = first.layer.get_weights()
    made = by_output(first.kind, kernel)
    channels = outputs_of(first)
    read = reads(second, channels)
    out = np.abs(made).reshape(-1, channels).max(axis=0)
    into = np.abs(np.moveaxis(read, -2, 0)).reshape(channels, -1).max(axis=1)
    alive = (out > SMALLEST) & (into > SMALLEST)
    share = np.sqrt(np.where(alive, out, 1) / np.where(alive, into, 1))
    share = np.where(alive, share, 1).astype(kernel.dtype)
    first.layer.set_weights([(made / share).reshape(kernel.shape), bias / share])
    other, other_bias = second.layer.get_weights()
    second.layer.set_weights([(read * share[:, None]).reshape(other.shape), other_bias])


def biases(aware, model, inputs: np.ndarray):
    """Bias correction (section 4.2, with examples): moves the biases of `aware`, which ml/compress/qat.py made from
    `model`, in place, so that each layer's channels have the mean that they have in float; returns it.

    `inputs` float (n, ...) need no labels. Layer by layer, the first first: what one corrects the next sees.
    """
    plain = folded(model)
    for node in nodes(aware):
        if node.weighted:
            shift = _means(plain, node.name, inputs) - _means(aware, node.name, inputs)
            kernel, bias, *limit = node.layer.get_weights()
            node.layer.set_weights([kernel, bias + shift, *limit])
    return aware


def _means(model, layer: str, inputs: np.ndarray) -> np.ndarray:
    inner = keras_module().Model(model.inputs[0], model.get_layer(layer).output)
    made = answers(inner, inputs)
    return made.reshape(-1, made.shape[-1]).mean(axis=0)
