"""What the last layer of a compiled model is given, and what it answers: all that learning needs of a window."""

import numpy as np

from ml.compiler.host import HostModel
from ml.fleet.layer import Layer


def features(model: HostModel, layer: Layer, windows: np.ndarray) -> np.ndarray:
    """int8 (n, features) of windows (n, ...), as the board that runs the model has them before its last layer."""
    size = layer.weights.shape[1]
    made = np.empty((len(windows), size), np.int8)
    last = model.model.layers - 2  # the softmax is behind it
    for number, window in enumerate(windows):
        row = model.all_but_last(window) if model.stream else window
        made[number] = np.frombuffer(model.layers(row)[last - 1].data, np.int8)[-size:]
    return made


def quantised_logits(layer: Layer, seen: np.ndarray) -> np.ndarray:
    """int8 (n, classes): the layer's output for int8 features (n, features)."""
    real = layer.logits(seen) / layer.logit_scale + layer.logit_zero
    return np.clip(np.rint(real), -128, 127).astype(np.int8)
