"""Which channels of a network go together: a residual adds the n-th to the n-th, a depthwise layer hands each on.

coupled = Coupling(model)
coupled.classes["conv1"]   # int (channels,): the class of each channel; channels of one class stay or go together
coupled.groups             # classes that the same layers make, and among which pruning may choose

After G. Fang et al., "DepGraph: Towards Any Structural Pruning", CVPR 2023, on the layers of a Keras functional model.
"""

from collections.abc import Iterable
from math import prod

import numpy as np

from ml.compress.graph import DEPTHWISE, MERGING, PASSING, WEIGHTED, Node, activation_of, nodes, output_name

SINGLY = (  # each channel for itself
    *("BatchNormalization", "ReLU", "LeakyReLU", "GlobalAveragePooling1D", "GlobalAveragePooling2D"),
    *("GlobalMaxPooling1D", "GlobalMaxPooling2D", "ActivityRegularization", "GaussianNoise"),
)
MOVING = ("Flatten", "Reshape")
TOGETHER = ("softmax", "log_softmax")  # functions of all channels


class Coupling:
    """The classes of the channels of every layer's output. Channels of the input, of the output, and of what a layer
    reads that is not known here, never go."""

    def __init__(self, model) -> None:
        self.nodes = nodes(model)
        self._above: list[int] = []  # of each class, itself or one that it was found to be the same as
        self._fixed: set[int] = set()
        self._made: dict[str, np.ndarray] = {}
        for node in self.nodes:
            self._made[node.name] = self._output(node, [self._made[name] for name in node.inputs])
        self._fix(self._made[output_name(model)])
        self.classes = {name: self._found(ids) for name, ids in self._made.items()}
        self._fixed = {self._find(one) for one in self._fixed}
        self.groups = self._grouped()

    def _output(self, node: Node, given: list[np.ndarray]) -> np.ndarray:
        shape = node.layer.output.shape
        if node.kind in DEPTHWISE or (node.kind in (*SINGLY, *PASSING, "Activation") and node.kind not in MOVING):
            return self._joined_by_function(node, np.repeat(given[0], getattr(node.layer, "depth_multiplier", 1)))
        if node.kind in WEIGHTED and getattr(node.layer, "groups", 1) == 1 and _last(node):
            return self._joined_by_function(node, self._new(shape[-1]))
        if node.kind == "Concatenate" and node.layer.axis in (-1, len(shape) - 1):
            return np.concatenate(given)
        if node.kind in (*MERGING, "Concatenate") and len({len(one) for one in given}) == 1:
            for other in given[1:]:
                self._same(given[0], other)
            return given[0]
        if node.kind in MOVING and _keeps_channels(node, len(given[0])):
            return np.tile(given[0], shape[-1] // len(given[0]))
        for one in given:
            self._fix(one)
        made = self._new(shape[-1])
        self._fix(made)
        return made

    def _joined_by_function(self, node: Node, ids: np.ndarray) -> np.ndarray:
        if activation_of(node.layer) in TOGETHER:
            self._fix(ids)
        return ids

    def _new(self, count: int) -> np.ndarray:
        first = len(self._above)
        self._above.extend(range(first, first + count))
        return np.arange(first, first + count)

    def _fix(self, ids: Iterable[int]) -> None:
        self._fixed.update(int(one) for one in ids)

    def _find(self, one: int) -> int:
        while self._above[one] != one:
            self._above[one] = one = self._above[self._above[one]]
        return one

    def _found(self, ids: np.ndarray) -> np.ndarray:
        return np.array([self._find(int(one)) for one in ids], int)

    def _same(self, first: np.ndarray, second: np.ndarray) -> None:
        for one, other in zip(self._found(first), self._found(second), strict=True):
            self._above[max(self._find(one), self._find(other))] = min(self._find(one), self._find(other))

    def _grouped(self) -> dict[tuple[str, ...], list[int]]:
        makers: dict[int, set[str]] = {}
        for node in self.nodes:
            if makes(node):
                for one in self.classes[node.name]:
                    makers.setdefault(int(one), set()).add(node.name)
        groups: dict[tuple[str, ...], list[int]] = {}
        for one in sorted(makers):
            if one not in self._fixed:
                groups.setdefault(tuple(sorted(makers[one])), []).append(one)
        return groups


def makes(node: Node) -> bool:
    """Whether a layer's channels are its own: it learned each from all channels that it reads."""
    return node.kind in WEIGHTED and node.kind not in DEPTHWISE


def _last(node: Node) -> bool:
    return getattr(node.layer, "data_format", None) != "channels_first"


def _keeps_channels(node: Node, channels: int) -> bool:
    """Whether the last axis afterwards is the last before, alone or with others in front of it."""
    before, after = node.layer.input.shape[1:], node.layer.output.shape[1:]
    return bool(after) and after[-1] % channels == 0 and prod(before[-1:]) == channels and _boundary(before, after)


def _boundary(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    tails = {prod(before[at:]) for at in range(len(before))}
    return after[-1] in tails
