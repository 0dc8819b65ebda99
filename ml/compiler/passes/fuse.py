"""Fuses padding and activations into the convolution beside them, byte for byte."""

from __future__ import annotations

from ml.compiler.graph import Graph, Op, Tensor

CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
WITH_ACTIVATION = (*CONVOLUTIONS, "FULLY_CONNECTED", "ADD", "SUB", "MUL")


def fuse_padding(graph: Graph) -> None:
    """PAD before a VALID convolution becomes the convolution's own padding: its taps outside count as the zero point,
    which is what PAD writes."""
    for op in list(graph.ops):
        user = sole_user(graph, op) if op.kind == "PAD" else None
        if user is None or user.kind not in CONVOLUTIONS or user.options["padding"] != 1 or "pads" in user.options:
            continue
        pads = _image_pads(op)
        if pads is not None and user.inputs[0] is op.output:
            user.options["pads"] = pads
            user.inputs[0] = op.inputs[0]
            graph.ops.remove(op)


def _image_pads(op: Op) -> tuple[int, int, int, int] | None:
    """(top, bottom, left, right) when a PAD pads height and width only and changes nothing else."""
    if len(op.inputs) != 2 or op.inputs[1].data is None or op.inputs[1].shape != (4, 2):
        return None
    batch, height, width, channels = op.inputs[1].data.tolist()
    sides = (*height, *width)
    given, output = op.inputs[0], op.output
    if any((*batch, *channels)) or not all(0 <= side <= 1024 for side in sides) or not alike(given, output):
        return None
    padded = (given.shape[0], given.shape[1] + sum(height), given.shape[2] + sum(width), given.shape[3])
    return sides if len(given.shape) == 4 and padded == output.shape else None


def fuse_activation(graph: Graph) -> None:
    """RELU or RELU6 behind an operator that can clamp, on the same scale, becomes that operator's activation."""
    for op in list(graph.ops):
        maker = graph.producer(op.inputs[0]) if op.kind in ("RELU", "RELU6") and len(op.inputs) == 1 else None
        if maker is None or maker.kind not in WITH_ACTIVATION or maker.options["activation"] != "none":
            continue
        if (
            graph.feeds_only(op.inputs[0], op)
            and alike(op.inputs[0], op.output)
            and op.inputs[0].shape == op.output.shape
        ):
            maker.options["activation"] = op.kind.lower()
            maker.outputs[0] = op.output
            graph.ops.remove(op)


def sole_user(graph: Graph, op: Op) -> Op | None:
    users = graph.consumers(op.output) if len(op.outputs) == 1 else []
    return users[0] if len(users) == 1 and graph.feeds_only(op.output, users[0]) else None


def alike(a: Tensor, b: Tensor) -> bool:
    """Same type, one scale, same zero point."""
    if a is None or a.dtype != b.dtype or len(a.scales) != 1 or len(b.scales) != 1:
        return False
    return a.scale == b.scale and a.zero == b.zero
