"""Trees, forests and boosted trees as bytes (lib/classical/include/classical/trees.h has their layout).

Two ways to a leaf are one: `floor(threshold)` with `<=` on integers is `threshold` with `<=` on the same integers as
floats. A forest's votes are soft: the parts of a leaf are rounded so that they sum to 2^bits, and `forest` takes the
least bits (4, 8, 16) with which every given row has scikit-learn's answer.
"""

from dataclasses import dataclass, field

import numpy as np

from ml.classical.form import HIGH, LOW, Form, Table
from ml.errors import UserError

CLASS, VOTES_4, VOTES_8, VOTES_16, VALUE = range(5)  # classical_leaf
LEAVES = ("CLASSICAL_CLASS", "CLASSICAL_VOTES_4", "CLASSICAL_VOTES_8", "CLASSICAL_VOTES_16", "CLASSICAL_VALUE")
VOTES = {4: VOTES_4, 8: VOTES_8, 16: VOTES_16}
NIBBLE_CLASSES = 16
NARROW_FEATURES, NARROW_BYTES, WIDE_BYTES = 64, 255, 2**14 - 1
MOST_TREES, MOST_BYTES = 255, 65535
INT16 = 32767


@dataclass(frozen=True)
class Leaf:
    """What a row that comes here adds to the scores."""

    add: np.ndarray  # int (classes,)
    code: bytes


@dataclass(frozen=True)
class Node:
    """x[feature] <= threshold goes to the left."""

    feature: int
    threshold: int
    left: "Node | Leaf"
    right: "Node | Leaf"


@dataclass(frozen=True)
class Trees(Form):
    """A tree, a forest or boosted trees."""

    family: str
    inputs: int
    classes: int
    leaf: int
    trees: list[Node]
    initial: np.ndarray  # int (classes,)
    of: list[int] = field(default_factory=list)  # the class of each boosted tree
    header = "classical/trees.h"
    c_type = "classical_trees"
    run = "classical_trees_run"

    def __post_init__(self) -> None:
        if not 1 <= len(self.trees) <= MOST_TREES:
            raise UserError(f"expected 1 to {MOST_TREES} trees, found {len(self.trees)}; train fewer")

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        scores = np.tile(self.initial.astype(np.int64), (len(inputs), 1))
        for tree in self.trees:
            _add(tree, inputs, np.arange(len(inputs)), scores)
        return scores

    @property
    def wide(self) -> bool:
        return self.inputs > NARROW_FEATURES or any(_longest_left(tree, 3) > NARROW_BYTES for tree in self.trees)

    def tables(self) -> list[Table]:
        wide = self.wide
        coded = [_coded(tree, wide) for tree in self.trees]
        starts = np.cumsum([0, *map(len, coded)])
        if starts[-1] > MOST_BYTES:
            raise UserError(f"expected at most {MOST_BYTES:,} B of trees, found {starts[-1]:,}; train smaller ones")
        tables = [
            Table("uint8_t", "nodes", np.frombuffer(b"".join(coded), np.uint8), "nodes and leaves: classical/trees.h"),
            Table(
                "uint8_t", "offset", starts[:-1].astype("<u2").view(np.uint8).reshape(-1, 2), "where each tree begins"
            ),
        ]
        if self.leaf == VALUE:
            tables.append(Table("uint8_t", "of", np.array(self.of), "the class of each tree"))
            tables.append(Table("int32_t", "initial", self.initial, "the scores before all trees"))
        return tables

    def fields(self, name: str) -> str:
        more = (f"{name}_of", f"{name}_initial") if self.leaf == VALUE else ("0", "0")
        wide = "true" if self.wide else "false"
        start = f"{len(self.trees)}, {self.classes}, {LEAVES[self.leaf]}, {wide}, {name}_nodes, &{name}_offset[0][0]"
        return f"{start}, {', '.join(more)}"


def _add(node: Node | Leaf, inputs: np.ndarray, rows: np.ndarray, scores: np.ndarray) -> None:
    if isinstance(node, Leaf):
        scores[rows] += node.add
        return
    left = inputs[rows, node.feature] <= node.threshold
    _add(node.left, inputs, rows[left], scores)
    _add(node.right, inputs, rows[~left], scores)


def _size(node: Node | Leaf, node_size: int) -> int:
    if isinstance(node, Leaf):
        return len(node.code)
    return node_size + _size(node.left, node_size) + _size(node.right, node_size)


def _longest_left(node: Node | Leaf, node_size: int) -> int:
    if isinstance(node, Leaf):
        return 0
    below = max(_longest_left(node.left, node_size), _longest_left(node.right, node_size))
    return max(_size(node.left, node_size), below)


def _coded(node: Node | Leaf, wide: bool) -> bytes:
    if isinstance(node, Leaf):
        return node.code
    left, right = _coded(node.left, wide), _coded(node.right, wide)
    flags = isinstance(node.left, Leaf) + 2 * isinstance(node.right, Leaf)
    threshold = node.threshold % 256
    if not wide:
        return bytes([node.feature | flags << 6, threshold, len(left)]) + left + right
    if len(left) > WIDE_BYTES:
        raise UserError(f"expected at most {WIDE_BYTES:,} B left of a node, found {len(left):,}; train smaller trees")
    return bytes([node.feature, threshold]) + (len(left) | flags << 14).to_bytes(2, "little") + left + right


def grown(tree, leaf) -> Node:
    """scikit-learn's `tree_` with integer thresholds; `leaf(index)` makes the leaf of one of its nodes."""

    def node(at: int) -> Node | Leaf:
        left, right = int(tree.children_left[at]), int(tree.children_right[at])
        if left < 0:
            return leaf(at)
        threshold = int(np.floor(tree.threshold[at]))
        if threshold < LOW or threshold >= HIGH:  # all int8 go one way
            return node(right if threshold < LOW else left)
        below, above = node(left), node(right)
        if isinstance(below, Leaf) and isinstance(above, Leaf) and below.code == above.code:
            return below  # the question changes nothing
        return Node(int(tree.feature[at]), threshold, below, above)

    return _rooted(node(0))


def _rooted(node: Node | Leaf) -> Node:
    """The C begins with a node: a tree that is one leaf gets a node both of whose children are this leaf."""
    return node if isinstance(node, Node) else Node(0, 0, node, node)


def class_leaf(classes: int, class_id: int) -> Leaf:
    """Of a single tree."""
    return Leaf(np.eye(classes, dtype=np.int64)[class_id], bytes([class_id]))


def vote_leaf(parts: np.ndarray, bits: int) -> Leaf:
    """Soft votes: parts of 2^bits, int (classes,)."""
    entries = [_entry(int(class_id), int(parts[class_id]), bits) for class_id in np.flatnonzero(parts)]
    return Leaf(parts, b"".join(entries))


def _entry(class_id: int, parts: int, bits: int) -> bytes:
    if bits == 4:
        return bytes([class_id << 4 | parts - 1])
    return bytes([class_id]) + (parts - 1).to_bytes(bits // 8, "little")


def value_leaf(value: float, class_id: int, classes: int, scale: float) -> Leaf:
    """Of a boosted tree."""
    rounded = int(np.clip(np.round(value * scale), -INT16, INT16))
    return Leaf(np.eye(classes, dtype=np.int64)[class_id] * rounded, rounded.to_bytes(2, "little", signed=True))
