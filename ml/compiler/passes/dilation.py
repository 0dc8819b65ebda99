"""A dilated convolution of a model with an open batch is written as SPACE_TO_BATCH_ND, convolution, BATCH_TO_SPACE_ND.
Here it becomes what it was: one convolution with gaps between its taps."""

from __future__ import annotations

from ml.compiler.graph import Graph, Op, Tensor
from ml.compiler.operators.rearranging import blocks
from ml.compiler.passes.fuse import CONVOLUTIONS, alike, sole_user


def join_dilations(graph: Graph) -> None:
    for op in list(graph.ops):
        conv = sole_user(graph, op) if op.kind == "SPACE_TO_BATCH_ND" and _whole(op) else None
        if conv is None or not _plain(conv, op):
            continue
        back = sole_user(graph, conv)
        if back is not None and back.kind == "BATCH_TO_SPACE_ND" and _whole(back) and _matches(op, conv, back):
            _join(graph, op, conv, back)


def _whole(op: Op) -> bool:
    """An image, both sides of the block and their edges constant."""
    if len(op.inputs) != 3 or any(t is None for t in op.inputs) or len(op.outputs) != 1:
        return False
    known = all(t.data is not None for t in op.inputs[1:])
    return known and op.inputs[1].elements == 2 and op.inputs[2].elements == 4 and len(op.inputs[0].shape) == 4


def _plain(conv: Op, op: Op) -> bool:
    """VALID, a step of 1 without gaps."""
    if conv.kind not in CONVOLUTIONS or len(conv.outputs) != 1 or conv.inputs[0] is not op.output:
        return False
    steps = ("stride_height", "stride_width", "dilation_height", "dilation_width")
    explicit = "pads" in conv.options or conv.options["padding"] != 1
    weights = conv.inputs[1] if len(conv.inputs) > 1 else None
    return not explicit and all(conv.options[one] == 1 for one in steps) and _is_window(weights)


def _is_window(weights: Tensor | None) -> bool:
    return weights is not None and len(weights.shape) == 4


def _matches(op: Op, conv: Op, back: Op) -> bool:
    (block, padding), (other, crops) = blocks(op), blocks(back)
    fits = all(crop[0] == 0 and 0 <= crop[1] <= pad[1] for crop, pad in zip(crops, padding, strict=True))
    small = all(0 <= n <= 1024 for pad in padding for n in pad)
    same = alike(op.inputs[0], op.output) and alike(conv.output, back.output)
    return block == other and all(0 < n <= 255 for n in block) and fits and small and same


def _join(graph: Graph, op: Op, conv: Op, back: Op) -> None:
    (block, padding), (_, crops) = blocks(op), blocks(back)
    sides = [(pad[0], pad[1] - crop[1]) for pad, crop in zip(padding, crops, strict=True)]
    conv.options |= {"dilation_height": block[0], "dilation_width": block[1], "pads": (*sides[0], *sides[1])}
    conv.inputs[0] = op.inputs[0]
    conv.outputs[0] = back.output
    image, window = op.inputs[0].shape, conv.inputs[1].shape
    made = [image[1 + a] + sum(sides[a]) - (window[1 + a] - 1) * block[a] for a in (0, 1)]
    if len(back.output.shape) == 4 and min(made) > 0:  # an open batch leaves shapes behind that are none
        back.output.shape = (image[0], *made, back.output.shape[3])
    graph.ops.remove(op)
    graph.ops.remove(back)
