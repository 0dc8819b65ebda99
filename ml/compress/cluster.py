"""Weights of few values: the file of such a network packs well (huffman.py). In flash it saves nothing, as the
kernels read whole weights; four bits do.

S. Han, H. Mao and W. J. Dally, "Deep Compression", ICLR 2016: k-means with the first centres evenly over the range.
"""

import numpy as np

from ml.compress.graph import nodes
from ml.errors import UserError

ROUNDS = 30


def clustered(model, clusters: int = 16):
    """Brings the kernel of each weighted layer to `clusters` values, in place; returns the model. `tune` would spread
    them again: cluster last."""
    if not 2 <= clusters <= 256:
        raise UserError(f"clustering: expected 2 to 256 clusters, found {clusters}")
    for node in nodes(model):
        if node.weighted:
            kernel, *rest = node.layer.get_weights()
            node.layer.set_weights([nearest(kernel, clusters), *rest])
    return model


def nearest(values: np.ndarray, clusters: int) -> np.ndarray:
    """The same shape with each value at the centre of its cluster."""
    flat = values.ravel().astype(np.float64)
    centres = np.linspace(flat.min(), flat.max(), clusters)
    for _ in range(ROUNDS):
        edges = (centres[1:] + centres[:-1]) / 2
        of = np.searchsorted(edges, flat)
        counts = np.bincount(of, minlength=clusters)
        means = np.bincount(of, flat, clusters) / np.maximum(counts, 1)
        moved = np.where(counts > 0, means, centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres[np.searchsorted((centres[1:] + centres[:-1]) / 2, flat)].reshape(values.shape).astype(values.dtype)
