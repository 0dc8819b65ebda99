"""Removes channels that hold the same value for any input.

Training often leaves filters dead: weights of 0, or a bias so low that the activation cuts everything off. Such a
channel of a convolution is a constant; what it adds to the next convolution goes into that one's bias. Layers in
between that treat channels one by one (depthwise, pooling) lose the channel too. What remains is exact, smaller and
faster; the tensor's `channels` says which of the original's channels it holds.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from ml.compiler import fixed_point
from ml.compiler.graph import Graph, Op, Operands, Tensor
from ml.compiler.operators import FAMILIES, Unsupported

POOLS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")
CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
ONE_BY_ONE = ("DEPTHWISE_CONV_2D", *POOLS)  # a channel of the output depends on the same channel of the input only
MULTIPLE = 4  # kernels work on four channels at a time: constants are kept to fill up

Constants = dict[int, dict[int, int]]  # id(tensor) -> channel -> its value


def drop_constant_channels(graph: Graph) -> None:
    constants = _constants(graph)
    dropped: dict[int, set[int]] = {}
    for op in reversed(graph.ops):
        if len(op.outputs) == 1 and op.kind in (*CONVOLUTIONS, *POOLS) and _plain(op):
            candidates = _droppable(graph, op.output, constants, dropped)
            dropped[id(op.output)] = _rounded(candidates, op.output.shape[3])
    for op in graph.ops:
        if op.kind in ONE_BY_ONE and id(op.output) in dropped:  # it loses what its input loses, neither more nor less
            dropped[id(op.output)] = dropped.get(id(op.inputs[0]), set())
    for op in graph.ops:
        _shrink(op, constants, dropped)
    for made in (tensor for op in graph.ops for tensor in op.outputs):
        _shorten(made, dropped.get(id(made), set()))


def _plain(op: Op) -> bool:
    """An int8 operator that the compiler takes, without groups and with a depth multiplier of 1."""
    try:
        FAMILIES[op.kind].check(op)
    except Unsupported:
        return False
    image, output = op.inputs[0], op.output
    if image.dtype != "int8" or output.dtype != "int8" or len(image.shape) != 4:
        return False
    return op.kind in POOLS or op.inputs[1].shape[3] == image.shape[3]  # the weights' last side


def _constants(graph: Graph) -> Constants:
    """Every channel whose value is the same for all inputs."""
    found: Constants = {}
    for op in graph.ops:
        if op.kind in CONVOLUTIONS and _plain(op):
            found[id(op.output)] = _of_convolution(op, found.get(id(op.inputs[0]), {}))
        elif op.kind in POOLS and _plain(op):
            low, high = fixed_point.activation_range(op.options["activation"], op.output)
            given = found.get(id(op.inputs[0]), {})
            found[id(op.output)] = {channel: min(max(value, low), high) for channel, value in given.items()}
    return found


def _of_convolution(op: Op, given: dict[int, int]) -> dict[int, int]:
    """Where the smallest and the largest possible sum come out as the same byte."""
    image = op.inputs[0]
    low, high = _range(image, given, padded=not _pointwise(op))
    weights = _by_channel(op)
    if op.kind == "CONV_2D":
        weights = weights.reshape(len(weights), -1, image.shape[3])
    else:
        low, high = low[:, None], high[:, None]
    axes = tuple(range(1, weights.ndim))
    bias = _bias(op, weights.shape[0])
    ends = [np.minimum(weights * low, weights * high), np.maximum(weights * low, weights * high)]
    sums = [end.sum(axis=axes) + bias for end in ends]
    try:
        first, last = _outputs(op, sums)
    except Unsupported:  # a scale that no kernel takes: the check names it
        return {}
    return {c: low for c, (low, high) in enumerate(zip(first, last, strict=True)) if low is not None and low == high}


def _range(image: Tensor, given: dict[int, int], padded: bool) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest x - zero of each channel; padding is 0."""
    low = np.full(image.shape[3], -128 - image.zero)
    high = np.full(image.shape[3], 127 - image.zero)
    for channel, value in given.items():
        low[channel] = high[channel] = value - image.zero
    return (np.minimum(low, 0), np.maximum(high, 0)) if padded else (low, high)


def _outputs(op: Op, sums: list[np.ndarray]) -> list[list[int | None]]:
    """int8 values of the smallest and of the largest sum of each channel; None where a value between them may wrap."""
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    low, high = fixed_point.activation_range(op.options["activation"], output)
    largest = np.abs(np.stack(sums)).max(axis=0)
    mantissas, shifts = fixed_point.channel_multipliers(image.scale, weights.scales, output.scale, largest)

    def scaled(total: int, most: int, mantissa: int, shift: int) -> int | None:
        if fixed_point.wraps(most, shift):
            return None
        return int(np.clip(fixed_point.rescale(total, mantissa, shift, output.zero), low, high))

    channels = list(zip(largest.tolist(), mantissas.tolist(), shifts.tolist(), strict=True))
    return [[scaled(total, *how) for total, how in zip(ends.tolist(), channels, strict=True)] for ends in sums]


def _by_channel(op: Op) -> np.ndarray:
    weights = op.inputs[1].values.astype(np.int64)
    return (
        weights.reshape(-1, weights.shape[3]).T if op.kind == "DEPTHWISE_CONV_2D" else weights.reshape(len(weights), -1)
    )


def _bias(op: Op, channels: int) -> np.ndarray:
    bias = op.inputs[2] if len(op.inputs) == 3 else None
    return np.zeros(channels, np.int64) if bias is None else bias.values.reshape(-1).astype(np.int64)


def _pointwise(op: Op) -> bool:
    """No tap of the window ever falls outside the image."""
    explicit = any(op.options.get("pads", ()))
    return op.kind == "CONV_2D" and op.inputs[1].shape[1:3] == (1, 1) and not explicit


def _droppable(graph: Graph, tensor: Tensor, constants: Constants, dropped: dict[int, set[int]]) -> set[int]:
    """Channels that every reader of the tensor can do without."""
    if any(out.storage is tensor.storage for out in graph.outputs):
        return set()
    readers = [op for op in graph.ops if any(t is not None and t.storage is tensor for t in op.inputs)]
    sets = [_not_needed(op, tensor, constants.get(id(tensor), {}), dropped) for op in readers]
    return set.intersection(*sets) if sets else set()


def _not_needed(op: Op, tensor: Tensor, known: dict[int, int], dropped: dict[int, set[int]]) -> set[int]:
    if op.kind in ONE_BY_ONE and _plain(op) and op.inputs[0] is tensor:
        return dropped.get(id(op.output), set())
    if op.kind == "CONV_2D" and _plain(op) and op.inputs[0] is tensor:
        return {c for c, value in known.items() if _pointwise(op) or value == tensor.zero}
    if op.kind == "FULLY_CONNECTED" and _one_pixel(op, tensor):
        return set(known)
    return set()


def _one_pixel(op: Op, tensor: Tensor) -> bool:
    """A matrix reads the channels themselves."""
    try:
        FAMILIES["FULLY_CONNECTED"].check(op)
    except Unsupported:
        return False
    same = op.inputs[0].storage is tensor and op.output.dtype == "int8"
    return same and tensor.elements == tensor.shape[3] == op.inputs[1].shape[1]


def _rounded(channels: set[int], total: int) -> set[int]:
    """As many of them that a multiple of four remain, at least four."""
    kept = max(-(-(total - len(channels)) // MULTIPLE) * MULTIPLE, MULTIPLE)
    return set(sorted(channels)[: max(total - kept, 0)]) if kept < total else set()


def _shrink(op: Op, constants: Constants, dropped: dict[int, set[int]]) -> None:
    """Takes an operator's weights along: fewer inputs, what they added in the bias, fewer outputs."""
    source = op.inputs[0].storage if op.inputs and op.inputs[0] is not None else None
    lost_in = dropped.get(id(source), set())
    lost_out = dropped.get(id(op.output), set()) if len(op.outputs) == 1 else set()
    if op.kind in ("CONV_2D", "FULLY_CONNECTED") and source is not None and lost_in:
        _fold(op, sorted(lost_in), constants[id(source)], source.zero)
        if op.kind == "FULLY_CONNECTED":
            _shorten_view(op.inputs[0], source, lost_in)
    if op.kind in CONVOLUTIONS and lost_out:
        kept = _kept(op.output.shape[3], lost_out)
        axis = 3 if op.kind == "DEPTHWISE_CONV_2D" else 0
        op.inputs[1] = _taken(op.inputs[1], kept, axis)
        if len(op.inputs) == 3 and op.inputs[2] is not None:
            op.inputs[2] = _taken(op.inputs[2], kept, 0)


def _fold(op: Op, lost: list[int], known: dict[int, int], zero: int) -> None:
    weights = op.inputs[1]
    values = np.array([known[c] - zero for c in lost], np.int64)
    added = (weights.values[..., lost].astype(np.int64) * values).reshape(weights.shape[0], -1).sum(axis=1)
    bias = (_bias(op, weights.shape[0]) + added).astype(np.int32)
    like = op.inputs[2] if len(op.inputs) == 3 and op.inputs[2] is not None else weights
    made = replace(like, index=-1, shape=bias.shape, dtype="int32", data=bias)
    fewer = _taken(weights, _kept(weights.shape[-1], set(lost)), len(weights.shape) - 1)
    op.inputs = Operands([op.inputs[0], fewer, made])


def _kept(total: int, lost: set[int]) -> np.ndarray:
    return np.array([c for c in range(total) if c not in lost])


def _taken(tensor: Tensor, kept: np.ndarray, axis: int) -> Tensor:
    """A copy with some of its slices; scales go along where there is one for each."""
    data = np.ascontiguousarray(tensor.values.take(kept, axis=axis))
    along = axis == tensor.axis and len(tensor.scales) == tensor.shape[axis] and len(tensor.scales) > 1
    scales, zeros = (v[kept] if along and len(v) == tensor.shape[axis] else v for v in (tensor.scales, tensor.zeros))
    return replace(tensor, data=data, shape=data.shape, scales=scales, zeros=zeros)


def _shorten(tensor: Tensor, lost: set[int]) -> None:
    if lost:
        tensor.channels = _kept(tensor.shape[3], lost)
        tensor.shape = (*tensor.shape[:3], len(tensor.channels))


def _shorten_view(view: Tensor, source: Tensor, lost: set[int]) -> None:
    if view is not source and prod(view.shape) == source.shape[3]:
        view.shape = (1, source.shape[3] - len(lost))
