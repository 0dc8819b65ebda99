"""A network of 4, 8 and 16 bits."""

import numpy as np

from tests.compiler.builder import Builder

PLAIN = {"stride_height": 1, "stride_width": 1}


def mixed(packed: bool = True) -> bytes:
    """A convolution in 4 bits, a depthwise one in 8, a convolution, an addition and pooling on 16-bit activations, and
    a dense layer in 4 bits, with QUANTIZE between. `packed`: the file holds two of the 4-bit weights a byte."""
    rng = np.random.default_rng(5)
    b = Builder()
    dtype = "int4" if packed else None

    def layer(shape, given: float, *, bits: int = 8, axis: int = 0, bias: type = np.int32) -> list[int]:
        largest = (1 << (bits - 1)) - 1
        scales = rng.uniform(0.5, 1, shape[axis]).astype(np.float32) / np.float32(largest)
        weights = b.const(
            rng.integers(-largest, largest + 1, shape).astype(np.int8),
            scales=scales,
            axis=axis,
            dtype=dtype if bits == 4 else None,
        )
        return [weights, b.const(rng.integers(-200, 200, shape[axis]).astype(bias), scales=scales * np.float32(given))]

    def image(channels: int, scale: float, kind: str = "int8", side: int = 6) -> int:
        return b.tensor((1, side, side, channels), scale=scale, zero=-7 if kind == "int8" else 0, dtype=kind)

    x, first, second = image(3, 0.02), image(8, 0.1), image(8, 0.1)
    wide, third, added, pooled = (image(8, 2e-4, "int16", side) for side in (6, 6, 6, 3))
    back = image(8, 0.05, side=3)
    flat, y = b.tensor((1, 72), scale=0.05, zero=-7), b.tensor((1, 5), scale=0.3, zero=2)
    b.op("CONV_2D", [x, *layer((8, 3, 3, 3), 0.02, bits=4)], [first], activation="relu", **PLAIN)
    b.op("DEPTHWISE_CONV_2D", [first, *layer((1, 3, 3, 8), 0.1, axis=3)], [second], depth_multiplier=1, **PLAIN)
    b.op("QUANTIZE", [second], [wide])
    b.op("CONV_2D", [wide, *layer((8, 3, 3, 8), 2e-4, bias=np.int64)], [third], activation="relu", **PLAIN)
    b.op("ADD", [third, wide], [added])
    two = {"stride_height": 2, "stride_width": 2, "kernel_height": 2, "kernel_width": 2}
    b.op("AVERAGE_POOL_2D", [added], [pooled], padding=1, **two)
    b.op("QUANTIZE", [pooled], [back])
    b.op("RESHAPE", [back, b.const(np.array([1, 72], np.int32))], [flat])
    b.op("FULLY_CONNECTED", [flat, *layer((5, 72), 0.05, bits=4)], [y])
    return b.model([x], [y])
