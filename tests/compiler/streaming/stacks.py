"""Small hand-made stacks over time: [1, rows, width, channels] in."""

from dataclasses import dataclass, field

import numpy as np

from tests.compiler.builder import Builder
from tests.compiler.strategies import biases, channel_scales, output_side, weights

SAME, VALID = 0, 1


@dataclass
class Stack:
    """A model under construction: `shape` is what the layers so far give."""

    shape: tuple[int, ...]
    seed: int = 0
    zero: int = -3
    dtype: str = "int8"
    builder: Builder = field(default_factory=Builder)

    def __post_init__(self):
        self.given = self.last = self.made(self.shape)

    def made(self, shape, zero=None, scale=0.05) -> int:
        self.shape = tuple(shape)
        self.zero = 0 if self.dtype == "int16" else zero if zero is not None else self.zero
        return self.builder.tensor(shape, scale=scale, zero=self.zero, dtype=self.dtype)

    def sides(self, kernel, stride, dilation, padding):
        walks = zip(self.shape[1:3], kernel, stride, dilation, strict=True)
        return tuple(output_side(length, k, s, d, padding) for length, k, s, d in walks)

    def conv(self, channels, kernel, stride=(1, 1), dilation=(1, 1), padding=VALID, activation="relu"):
        self.seed += 7
        shape = (channels, *kernel, self.shape[3])
        filters = self.builder.const(weights(self.seed, shape), scales=channel_scales(self.seed, channels))
        return self._convolve("CONV_2D", channels, filters, kernel, stride, dilation, padding, activation)

    def depthwise(self, kernel, stride=(1, 1), dilation=(1, 1), padding=VALID, activation="none"):
        self.seed += 7
        channels = self.shape[3]
        scales = channel_scales(self.seed, channels)
        filters = self.builder.const(weights(self.seed, (1, *kernel, channels)), scales=scales, axis=3)
        return self._convolve("DEPTHWISE_CONV_2D", channels, filters, kernel, stride, dilation, padding, activation)

    def _convolve(self, kind, channels, filters, kernel, stride, dilation, padding, activation):
        bias = self.builder.const(biases(self.seed, channels, "int64" if self.dtype == "int16" else "int32"))
        read, shape = self.last, (1, *self.sides(kernel, stride, dilation, padding), channels)
        self.last = self.made(shape, zero=-128 + self.seed % 5)
        options = dict(padding=padding, stride_height=stride[0], stride_width=stride[1], activation=activation)
        options |= dict(dilation_height=dilation[0], dilation_width=dilation[1])
        options |= dict(depth_multiplier=1) if kind == "DEPTHWISE_CONV_2D" else {}
        self.builder.op(kind, [read, filters, bias], [self.last], **options)
        return self

    def pool(self, kind, kernel, stride=(1, 1), padding=VALID):
        read, shape = self.last, (1, *self.sides(kernel, stride, (1, 1), padding), self.shape[3])
        self.last = self.made(shape)
        options = dict(kernel_height=kernel[0], kernel_width=kernel[1], stride_height=stride[0], stride_width=stride[1])
        self.builder.op(f"{kind}_POOL_2D", [read], [self.last], padding=padding, **options)
        return self

    def table(self, kind="LOGISTIC"):
        read = self.last
        self.last = self.made(self.shape, zero=-128, scale=1 / 256)
        self.builder.op(kind, [read], [self.last])
        return self

    def add(self, other: int):
        read = self.last
        self.last = self.made(self.shape, zero=5, scale=0.07)
        self.builder.op("ADD", [read, other], [self.last])
        return self

    def crop(self, first: int, last: int):
        """Leaves out so many rows at the start and at the end."""
        read, shape = self.last, self.shape
        begin, end = [0, first, 0, 0], [shape[0], shape[1] - last, *shape[2:]]
        bounds = [self.builder.const(np.array(one, np.int32)) for one in (begin, end, [1] * 4)]
        self.last = self.made((shape[0], end[1] - first, *shape[2:]))
        self.builder.op("STRIDED_SLICE", [read, *bounds], [self.last])
        return self

    def mean(self, axes, keep=False):
        read, sides = self.last, [side for axis, side in enumerate(self.shape) if axis not in axes]
        self.last = self.made([1 if a in axes else s for a, s in enumerate(self.shape)] if keep else sides)
        self.builder.op("MEAN", [read, self.builder.const(np.array(axes, np.int32))], [self.last], keep_dims=keep)
        return self

    def reshape(self, shape):
        read = self.last
        self.last = self.made(shape)
        target = self.builder.const(np.array(shape, np.int32))
        self.builder.op("RESHAPE", [read, target], [self.last])
        return self

    def dense(self, outputs):
        """Over everything at once, as behind a Flatten."""
        self.reshape((1, int(np.prod(self.shape))))
        self.seed += 7
        filters = self.builder.const(weights(self.seed, (outputs, self.shape[1])), scales=[1e-3])
        bias = self.builder.const(biases(self.seed, outputs))
        read, self.last = self.last, self.made((1, outputs), zero=3)
        self.builder.op("FULLY_CONNECTED", [read, filters, bias], [self.last])
        return self

    def softmax(self):
        read, self.last = self.last, self.made(self.shape, zero=-128, scale=1 / 256)
        self.builder.op("SOFTMAX", [read], [self.last], beta=1.0)
        return self

    def model(self) -> bytes:
        return self.builder.model([self.given], [self.last])
