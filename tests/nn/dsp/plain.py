"""Convolutions written down once more, in numpy: what the kernels are compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.compiler import fixed_point


@dataclass
class Layer:
    """One convolution; `weights` [out, kernel height, kernel width, in], or [kernel height, kernel width, out] when it
    is depthwise."""

    in_h: int
    in_w: int
    in_c: int
    out_h: int
    out_w: int
    out_c: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    dilation_h: int
    dilation_w: int
    pad_top: int
    pad_left: int
    input_zero: int
    output_zero: int
    min: int
    max: int
    weights: np.ndarray
    bias: np.ndarray  # with the input's zero folded in
    mantissas: np.ndarray
    shifts: np.ndarray

    @property
    def outputs(self) -> int:
        return self.out_h * self.out_w * self.out_c

    def geometry(self) -> dict:
        names = "in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w"
        names += " pad_top pad_left input_zero output_zero min max"
        return {name: getattr(self, name) for name in names.split()}

    @staticmethod
    def random(
        seed: int,
        *,
        in_c: int,
        out_c: int,
        side: int,
        kernel=(1, 1),
        stride=(1, 1),
        dilation=(1, 1),
        same=True,
        output_zero=-128,
        clamp=False,
        depthwise=False,
        height: int | None = None,
    ) -> tuple[Layer, np.ndarray]:
        """A layer and an image for it; scales such that most outputs are inside -128..127."""
        rng = np.random.default_rng(seed)
        in_sides = (side if height is None else height, side)
        out_sides, pads = [], []
        for axis in (0, 1):
            reach = (kernel[axis] - 1) * dilation[axis] + 1
            count = -(-in_sides[axis] // stride[axis]) if same else (in_sides[axis] - reach) // stride[axis] + 1
            count = max(count, 1)  # a window that does not fit is padded after all
            total = max((count - 1) * stride[axis] + reach - in_sides[axis], 0)
            out_sides.append(count)
            pads.append(total // 2)
        shape = (*kernel, out_c) if depthwise else (out_c, *kernel, in_c)
        taps = kernel[0] * kernel[1] * (1 if depthwise else in_c)
        weights = rng.integers(-127, 128, shape).astype(np.int8)
        input_zero = int(rng.integers(-128, 128))
        per_channel = weights.reshape(-1, out_c).T if depthwise else weights.reshape(out_c, -1)
        bias = rng.integers(-3000, 3000, out_c) - input_zero * per_channel.astype(np.int64).sum(axis=1)
        reals = rng.uniform(0.3, 3, out_c) / (70 * np.sqrt(taps)) * rng.choice([0.02, 1], out_c, p=[0.1, 0.9])
        pairs = [fixed_point.multiplier(float(real)) for real in reals]
        low, high = (-100, 90) if clamp else (-128, 127)
        layer = Layer(
            *in_sides, in_c, *out_sides, out_c, *kernel, *stride, *dilation, *pads,
            input_zero, output_zero, low, high, weights, bias.astype(np.int32),
            np.array([m for m, _ in pairs], np.int32), np.array([s for _, s in pairs], np.int8),
        )  # fmt: skip
        image = rng.integers(-128, 128, (*in_sides, in_c)).astype(np.int8)
        if seed % 5 == 0:
            image[:] = rng.choice([-128, 127])
        return layer, image


def windows(layer: Layer, image: np.ndarray) -> np.ndarray:
    """int64 [out_h, out_w, kernel_h, kernel_w, in_c], with the input's zero outside the image."""
    reach = (layer.kernel_h * layer.dilation_h, layer.kernel_w * layer.dilation_w)
    after = (layer.out_h * layer.stride_h + reach[0], layer.out_w * layer.stride_w + reach[1])
    sides = ((layer.pad_top, after[0]), (layer.pad_left, after[1]), (0, 0))
    padded = np.pad(image.astype(np.int64), sides, constant_values=layer.input_zero)
    made = np.empty((layer.out_h, layer.out_w, layer.kernel_h, layer.kernel_w, layer.in_c), np.int64)
    for ky in range(layer.kernel_h):
        for kx in range(layer.kernel_w):
            rows = padded[ky * layer.dilation_h :][:: layer.stride_h][: layer.out_h]
            made[:, :, ky, kx] = rows[:, kx * layer.dilation_w :][:, :: layer.stride_w][:, : layer.out_w]
    return made


def convolve(layer: Layer, image: np.ndarray) -> np.ndarray:
    taps = windows(layer, image).reshape(layer.out_h * layer.out_w, -1)
    return scaled(layer, taps @ layer.weights.reshape(layer.out_c, -1).astype(np.int64).T)


def depthwise(layer: Layer, image: np.ndarray) -> np.ndarray:
    taps = windows(layer, image)
    multiple = layer.out_c // layer.in_c
    return scaled(layer, (np.repeat(taps, multiple, axis=4) * layer.weights.astype(np.int64)).sum(axis=(2, 3)))


def scaled(layer: Layer, sums: np.ndarray) -> np.ndarray:
    sums = sums.reshape(-1, layer.out_c) + layer.bias
    columns = [
        fixed_point.requantise(sums[:, c], int(layer.mantissas[c]), int(layer.shifts[c])) for c in range(layer.out_c)
    ]
    return np.clip(np.stack(columns, axis=1) + layer.output_zero, layer.min, layer.max).astype(np.int8).ravel()
