"""Where a network is rounded: after which layers the converter puts a scale and a zero point."""

from collections.abc import Iterable

from ml.compress.graph import MERGING, PASSING, WEIGHTED, Node, activation_of, readers
from ml.errors import UserError

COMPUTING = (*WEIGHTED, *MERGING, "Concatenate", "GlobalAveragePooling1D", "GlobalAveragePooling2D")
FIXED = {"tanh": (-1.0, 127 / 128), "sigmoid": (0.0, 255 / 256)}  # ranges that the converter prescribes
FREE = ("softmax", "linear")  # rounded by the converter alone, or not at all
OTHERS = ("InputLayer", "ReLU", "Activation", "Softmax", "FakeRange")


def points(listed: Iterable[Node]) -> list[str]:
    """The layers whose outputs get a range, in order: what computes, but for a ReLU behind it, which becomes part of
    it. UserError, with its name, for a layer that cannot be quantised here."""
    listed = list(listed)
    read_by = readers(listed)
    found = []
    for node in listed:
        _check(node)
        ends = node.kind in COMPUTING and not _has_relu(node, read_by)
        if ends or node.kind == "InputLayer" or fixed(node) or is_relu(node):
            found.append(node.name)
    return [name for name in found if not _joined(name, read_by)]


def _joined(name: str, read_by: dict[str, list[Node]]) -> bool:
    """Whether nothing but concatenations reads it: what they join has one scale, theirs."""
    after = read_by[name]
    return bool(after) and all(
        node.kind == "Concatenate" or (node.kind in PASSING and _joined(node.name, read_by)) for node in after
    )


def _check(node: Node) -> None:
    kinds = (*COMPUTING, *PASSING, *OTHERS)
    function = activation_of(node.layer)
    if node.kind not in kinds or (node.kind == "Activation" and function not in (*FIXED, *FREE, "relu", "relu6")):
        what = f"activation {function}" if node.kind == "Activation" else node.kind
        hint = "; put it behind a convolution, which it folds into" if node.kind == "BatchNormalization" else ""
        raise UserError(
            f"layer {node.name}: expected layers that quantise, found {what}{hint}; docs/shrink.md lists them"
        )
    layer = node.layer
    if node.kind == "DepthwiseConv1D" or getattr(layer, "groups", 1) != 1 or getattr(layer, "padding", "") == "causal":
        raise UserError(f"layer {node.name}: expected a convolution in two dimensions or without groups and causality")
    if getattr(layer, "data_format", None) == "channels_first":
        raise UserError(f"layer {node.name}: expected channels in the last axis, found them in the first")


def is_relu(node: Node) -> bool:
    """A ReLU, bounded by 6 or not at all."""
    if node.kind == "Activation":
        return activation_of(node.layer) in ("relu", "relu6")
    return node.kind == "ReLU"


def _fuses(node: Node) -> bool:
    layer = node.layer
    plain = not getattr(layer, "negative_slope", 0) and not getattr(layer, "threshold", 0)
    return is_relu(node) and plain and getattr(layer, "max_value", None) in (None, 6)


def _has_relu(node: Node, read_by: dict[str, list[Node]]) -> bool:
    after = read_by[node.name]
    return len(after) == 1 and _fuses(after[0])


def fixed(node: Node) -> tuple[float, float] | None:
    """The range that a function's outputs have by definition."""
    return FIXED.get(activation_of(node.layer)) if node.kind == "Activation" else None
