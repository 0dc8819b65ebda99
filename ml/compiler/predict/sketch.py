"""A network described only by its shapes, as a search proposes it before anything is trained.

net = Network((49, 10, 1), (
    Layer("conv", 64, kernel=(10, 4), stride=(2, 2)),
    Layer("depthwise", kernel=(3, 3)),
    Layer("conv", 64),
    Layer("global_average"),
    Layer("dense", 12, activation="none"),
    Layer("softmax"),
))

Shapes are those of one input, without the batch: (height, width, channels), or (frames, features) for "dense" and what
works row by row. A layer reads the one before it, or those that `inputs` names: 0 is the network's input, n the n-th
layer's output.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from ml.compiler.graph import Graph, Op, Operands, Tensor
from ml.errors import UserError

ACTIVATIONS = ("none", "relu", "relu6")
TABLES = {"gelu": "GELU", "sigmoid": "LOGISTIC", "tanh": "TANH", "hard_swish": "HARD_SWISH"}
WEIGHT = 9  # more than 4 bits hold, little enough for any number of taps
NARROW_WEIGHT = 3  # of 4 bits: what trained ones are on average, so that as many taps add up without overflow
SCALE, WEIGHT_SCALE = np.float32(0.05), np.float32(0.004)


@dataclass(frozen=True)
class Layer:
    """One operator. `size` is a number of filters, units or, for "reshape", nothing."""

    kind: str  # a key of KINDS
    size: int = 0
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: str = "same"  # or "valid"
    activation: str = "relu"  # of conv, depthwise, dense, add and multiply; or none, relu6
    shape: tuple[int, ...] = ()  # of a "reshape"
    inputs: tuple[int, ...] = ()  # see above; empty: the layer before
    bits: int = 8  # of the weights of conv and dense: 8 or 4


@dataclass(frozen=True)
class Network:
    """A network with one input and one output, that of the last layer."""

    input: tuple[int, ...]
    layers: tuple[Layer, ...]
    bits: int = 8  # of activations: 8 or 16


Fill = Callable[[str, tuple[int, ...]], np.ndarray]  # constants of a type and shape; "int4": int8 that 4 bits hold


def unknown() -> Fill:
    """Constants that nobody knows yet: arrays without memory. Weights need all of their bits; biases differ, so that no
    two layers share constants."""
    number = itertools.count(1)

    def fill(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
        weight = {"int8": WEIGHT, "int4": NARROW_WEIGHT}.get(dtype)
        made = np.array(next(number), dtype) if weight is None else np.array(weight, np.int8)
        return np.broadcast_to(made, shape)

    return fill


def is_unknown(data: np.ndarray) -> bool:
    return data.size > 1 and not any(data.strides)


def graph_of(network: Network, fill: Fill | None = None) -> Graph:
    """The graph that the compiler takes; raises UserError where a layer does not fit its input."""
    return _Drawing(network, fill or unknown()).graph


class _Drawing:
    def __init__(self, network: Network, fill: Fill):
        self.fill, self.network = fill, network
        self.dtype = {8: "int8", 16: "int16"}.get(network.bits, "")
        if not self.dtype:
            raise UserError(f"expected activations of 8 or 16 bits, found {network.bits}")
        self.tensors: list[Tensor] = []
        self.ops: list[Op] = []
        self.outputs = [self._tensor((1, *network.input), zero=0)]
        given = self.outputs[0]
        for number, layer in enumerate(network.layers, 1):
            self.outputs.append(self._draw(number, layer))
        self.graph = Graph(self.tensors, self.ops, [given], [self.outputs[-1]])

    def _draw(self, number: int, layer: Layer) -> Tensor:
        if layer.kind not in KINDS:
            raise UserError(f"layer {number}: expected one of {', '.join(KINDS)}, found {layer.kind!r}")
        chosen = layer.inputs or (number - 1,)
        if not all(0 <= one < number for one in chosen):
            raise UserError(f"layer {number} ({layer.kind}): expected inputs of 0..{number - 1}, found {list(chosen)}")
        try:
            return KINDS[layer.kind](self, layer, *(self.outputs[one] for one in chosen))
        except (TypeError, ValueError, IndexError, ZeroDivisionError) as error:
            shapes = [list(self.outputs[one].shape[1:]) for one in chosen]
            raise UserError(f"layer {number} ({layer.kind}) does not fit its input of shape {shapes}") from error

    def _tensor(self, shape, zero: int | None = None, scale=SCALE) -> Tensor:
        zero = 0 if zero is None or self.dtype == "int16" else zero
        made = Tensor(
            len(self.tensors), "", tuple(map(int, shape)), self.dtype, np.array([scale], np.float32), np.array([zero])
        )
        self.tensors.append(made)
        return made

    def _constant(self, dtype: str, shape, scales=None, axis: int = 0, data=None) -> Tensor:
        data = self.fill(dtype, tuple(shape)) if data is None else np.asarray(data, dtype)
        dtype = "int8" if dtype == "int4" else dtype
        scales = np.zeros(0, np.float32) if scales is None else scales
        made = Tensor(len(self.tensors), "", data.shape, dtype, scales, np.zeros(len(scales), np.int64), axis, data)
        self.tensors.append(made)
        return made

    def _op(self, kind: str, inputs: list[Tensor], output: Tensor, **options) -> Tensor:
        self.ops.append(Op(kind, len(self.ops), Operands(inputs), [output], options))
        return output

    def weighted(self, kind: str, layer: Layer, given: Tensor, shape, axis: int, output, **options) -> Tensor:
        """An operator with weights, one scale for each index of `axis`, and a bias."""
        channels = shape[axis]
        scales = np.full(channels, WEIGHT_SCALE)
        weights = self._constant("int4" if layer.bits == 4 else "int8", shape, scales, axis)
        bias = self._constant("int64" if self.dtype == "int16" else "int32", (channels,), scales * SCALE)
        made = self._tensor(output, _zero(layer))
        return self._op(kind, [given, weights, bias], made, activation=layer.activation, **options)

    def conv(self, layer: Layer, given: Tensor) -> Tensor:
        shape = (layer.size, *layer.kernel, given.shape[3])
        return self.weighted("CONV_2D", layer, given, shape, 0, _walked(layer, given, layer.size), **_walk(layer))

    def depthwise(self, layer: Layer, given: Tensor) -> Tensor:
        channels = given.shape[3]
        output, walk = _walked(layer, given, channels), _walk(layer) | {"depth_multiplier": 1}
        return self.weighted("DEPTHWISE_CONV_2D", layer, given, (1, *layer.kernel, channels), 3, output, **walk)

    def dense(self, layer: Layer, given: Tensor) -> Tensor:
        shape, output = (layer.size, given.shape[-1]), (*given.shape[:-1], layer.size)
        return self.weighted("FULLY_CONNECTED", layer, given, shape, 0, output, weights_format=0, keep_num_dims=True)

    def pool(self, layer: Layer, given: Tensor) -> Tensor:
        made = self._tensor(_walked(layer, given, given.shape[3]), given.zero, given.scale)
        walk = _walk(layer) | {"kernel_height": layer.kernel[0], "kernel_width": layer.kernel[1]}
        kind = "MAX_POOL_2D" if layer.kind == "max_pool" else "AVERAGE_POOL_2D"
        return self._op(kind, [given], made, activation="none", **walk)

    def global_average(self, layer: Layer, given: Tensor) -> Tensor:
        axes = self._constant("int32", (), data=np.arange(1, len(given.shape) - 1))
        made = self._tensor((1, given.shape[-1]), given.zero)
        return self._op("MEAN", [given, axes], made, keep_dims=False)

    def sum(self, layer: Layer, a: Tensor, b: Tensor) -> Tensor:
        made = self._tensor(np.broadcast_shapes(a.shape, b.shape), _zero(layer), SCALE * np.float32(1.5))
        kind = {"add": "ADD", "subtract": "SUB", "multiply": "MUL"}[layer.kind]
        return self._op(kind, [a, b], made, activation=layer.activation)

    def concatenate(self, layer: Layer, *given: Tensor) -> Tensor:
        first = given[0].shape
        made = self._tensor((*first[:-1], sum(t.shape[-1] for t in given)), given[0].zero)
        for tensor in given:
            tensor.zeros = made.zeros
        return self._op("CONCATENATION", list(given), made, axis=len(first) - 1, activation="none")

    def table(self, layer: Layer, given: Tensor) -> Tensor:
        scales = {"sigmoid": (1 / 256, -128), "tanh": (1 / 128, 0)}
        scale, zero = scales.get(layer.kind, (SCALE, -115))
        made = self._tensor(given.shape, zero, np.float32(scale))
        return self._op(TABLES[layer.kind], [given], made, approximate=False)

    def softmax(self, layer: Layer, given: Tensor) -> Tensor:
        scale, zero = (1 / 256, -128) if self.dtype == "int8" else (1 / 32768, 0)
        return self._op("SOFTMAX", [given], self._tensor(given.shape, zero, np.float32(scale)), beta=1.0)

    def matmul(self, layer: Layer, a: Tensor, b: Tensor) -> Tensor:
        """a [.., rows, depth] times b [.., depth, columns], or b [.., columns, depth] where `size` is 1."""
        columns = b.shape[-2] if layer.size else b.shape[-1]
        # A scale of its own, or softmax tables behind two of them would be one.
        made = self._tensor((*a.shape[:-1], columns), 0, SCALE * np.float32(1 + len(self.ops) / 64))
        return self._op("BATCH_MATMUL", [a, b], made, adj_x=False, adj_y=bool(layer.size))

    def crop(self, layer: Layer, given: Tensor) -> Tensor:
        """The rows and columns in the middle, which a convolution with that kernel and without padding gives."""
        cut = [middle(side) for side in layer.kernel]
        first = [0, *(before for before, _ in cut), 0]
        end = [side - after for side, after in zip(given.shape, (0, *(after for _, after in cut), 0), strict=True)]
        bounds = [self._constant("int32", (), data=one) for one in (first, end, [1] * 4)]
        made = self._tensor([last - at for at, last in zip(first, end, strict=True)], given.zero, given.scale)
        masks = dict.fromkeys(("begin", "end", "ellipsis", "new_axis", "shrink_axis"), 0)
        options = {f"{name}_mask": value for name, value in masks.items()} | {"offset": False}
        return self._op("STRIDED_SLICE", [given, *bounds], made, **options)

    def reshape(self, layer: Layer, given: Tensor) -> Tensor:
        shape = layer.shape or (prod(given.shape),)
        if prod(shape) != given.elements:
            raise ValueError
        made = self._tensor((1, *shape), given.zero, given.scale)
        made.view_of = given
        return made


KINDS = {
    "conv": _Drawing.conv, "depthwise": _Drawing.depthwise, "dense": _Drawing.dense, "max_pool": _Drawing.pool,
    "average_pool": _Drawing.pool, "global_average": _Drawing.global_average, "add": _Drawing.sum,
    "subtract": _Drawing.sum, "multiply": _Drawing.sum, "concatenate": _Drawing.concatenate,
    "softmax": _Drawing.softmax, "matmul": _Drawing.matmul, "reshape": _Drawing.reshape, "crop": _Drawing.crop,
    **dict.fromkeys(TABLES, _Drawing.table),
}  # fmt: skip


def middle(kernel: int) -> tuple[int, int]:
    """How many values before and behind the middle of its window a kernel uses up without padding."""
    return (kernel - 1) // 2, kernel - 1 - (kernel - 1) // 2


def _zero(layer: Layer) -> int:
    """Of a layer's output: where its activation cuts off what is negative, the whole range is above it."""
    return 3 if layer.activation == "none" else -128


def _walk(layer: Layer) -> dict:
    names = ("height", "width")
    walk = {f"stride_{name}": s for name, s in zip(names, layer.stride, strict=True)}
    walk |= {f"dilation_{name}": d for name, d in zip(names, layer.dilation, strict=True)}
    return walk | {"padding": 0 if layer.padding == "same" else 1}


def _walked(layer: Layer, given: Tensor, channels: int) -> tuple[int, int, int, int]:
    sides = []
    for length, kernel, stride, gap in zip(given.shape[1:3], layer.kernel, layer.stride, layer.dilation, strict=True):
        reach = (kernel - 1) * gap + 1
        side = -(-length // stride) if layer.padding == "same" else (length - reach) // stride + 1
        if side < 1:
            raise ValueError
        sides.append(side)
    return (1, *sides, channels)
