"""Two models with the operators that no other shared model has: int8 with uint8 ends and an int32 output, and int16."""

import numpy as np

from tests.compiler.builder import Builder


class Chain:
    """A builder whose operators read the last tensor."""

    def __init__(self, shape, *, scale=0.1, zero=3, dtype="int8"):
        self.b, self.dtype = Builder(), dtype
        self.first = self.at = self.b.tensor(shape, scale=scale, zero=zero, dtype=dtype)

    def ints(self, *values) -> int:
        return self.b.const(np.array(values, np.int32))

    def then(self, kind, shape, *more, before=(), scale=0.1, zero=3, dtype=None, **options) -> int:
        made = self.b.tensor(shape, scale=scale, zero=zero, dtype=dtype or self.dtype)
        self.b.op(kind, [*before, self.at, *more], [made], **options)
        self.at = made
        return made


def further() -> bytes:
    c = Chain((1, 4, 6, 4), dtype="uint8", zero=131)
    c.dtype = "int8"
    image = (1, 4, 6, 4)
    c.then("QUANTIZE", image)
    c.then("PRELU", image, c.b.const(np.array([[[3, -7, 90, 5]]], np.int8), scales=[0.02]))
    c.then("ELU", image)
    c.then("EXP", image, zero=-128)
    c.then("DIV", image, c.b.const(np.array([[[3, -7, 90, 5]]], np.int8), scales=[0.02]), scale=0.05)
    c.then("QUANTIZE", image)
    c.then("TILE", (1, 4, 12, 4), c.ints(1, 1, 2, 1))
    c.then("SPACE_TO_DEPTH", (1, 2, 6, 16), block_size=2)
    c.then("DEPTH_TO_SPACE", (1, 4, 12, 4), block_size=2)
    c.then("MIRROR_PAD", (1, 6, 12, 4), c.b.const(np.array([[0, 0], [1, 1], [0, 0], [0, 0]], np.int32)), mode=0)
    pads, crops = (c.b.const(np.array(edges, np.int32)) for edges in ([[0, 0], [0, 0]], [[0, 1], [1, 0]]))
    c.then("SPACE_TO_BATCH_ND", (4, 3, 6, 4), c.ints(2, 2), pads)
    c.then("RELU", (4, 3, 6, 4), zero=-128)
    c.then("QUANTIZE", (4, 3, 6, 4))
    c.then("BATCH_TO_SPACE_ND", (1, 5, 11, 4), c.ints(2, 2), crops)
    c.then("RESIZE_BILINEAR", (1, 3, 5, 4), c.ints(3, 5), half_pixel_centers=True)
    weights = c.b.const(np.arange(-54, 54, dtype=np.int8).reshape(3, 3, 3, 4), scales=np.full(3, 0.01))
    walk = {"padding": 0, "stride_height": 2, "stride_width": 2}
    c.then("TRANSPOSE_CONV", (1, 6, 10, 3), before=(c.ints(1, 6, 10, 3), weights), **walk)
    c.then("GATHER", (1, 6, 4, 3), c.ints(9, 0, 3, 3), axis=2)
    logarithms = c.then("LOG_SOFTMAX", (1, 6, 4, 3), scale=1 / 16, zero=127)
    halves = [c.b.tensor((6, 4, 3), scale=1 / 16, zero=127) for _ in range(1)]
    c.b.op("UNPACK", [logarithms], halves, num=1, axis=0)
    c.at = halves[0]
    both = c.then("PACK", (6, 2, 4, 3), c.at, scale=1 / 16, zero=127, axis=1, values_count=2)
    places = c.b.tensor((6, 2, 4), dtype="int32")
    c.b.op("ARG_MAX", [both, c.ints(-1)], [places])
    short, last = c.b.tensor((6, 2, 4), dtype="int16"), c.b.tensor((6, 2, 4), dtype="int32")
    c.b.op("CAST", [places], [short])
    c.b.op("CAST", [short], [last])
    smallest = c.b.tensor((6, 2, 3), dtype="int32")
    c.b.op("ARG_MIN", [both, c.ints(2)], [smallest])
    return c.b.model([c.first], [last, smallest])


def further_int16() -> bytes:
    c = Chain((1, 4, 6), zero=0, scale=0.001, dtype="int16")
    whole, q = (1, 4, 6), {"zero": 0, "scale": 0.001}
    c.then("MUL", whole, c.first, zero=0, scale=0.01)
    c.then("SUB", whole, c.first, **q)
    c.then("LEAKY_RELU", whole, alpha=0.3, **q)
    c.then("RELU", whole, **q)
    c.then("RELU6", whole, **q)
    c.then("TANH", whole, zero=0, scale=1 / 32768)
    c.then("LOGISTIC", whole, zero=0, scale=1 / 32768)
    sizes, axis = c.ints(2, 4), c.b.const(np.int32(2))
    parts = [c.b.tensor((1, 4, n), zero=0, scale=1 / 32768, dtype="int16") for n in (2, 4)]
    c.b.op("SPLIT_V", [c.at, sizes, axis], parts, num_splits=2)
    c.at = parts[1]
    c.then("TRANSPOSE", (1, 4, 4), c.ints(0, 2, 1), zero=0, scale=1 / 32768)
    bounds = (c.ints(0, 3, 0), c.ints(1, 0, 4), c.ints(1, -1, 2))
    c.then("STRIDED_SLICE", (1, 3, 2), *bounds, zero=0, scale=1 / 32768)
    return c.b.model([c.first], [c.at])
