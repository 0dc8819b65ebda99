"""Layers of random networks: resizing, turned-round convolutions, tables by number, quotients, slopes, logarithms."""

import numpy as np

from tests.compiler.fuzz.networks import (
    ACTIVATIONS,
    BOTH,
    KERNELS,
    MOST_MACS,
    MOST_VALUES,
    STEPS,
    Draft,
    drawn_scales,
    drawn_weights,
    layer,
)


@layer(often=0.3)
def bilinear(draft: Draft, chance) -> None:
    image = draft.image()
    if not image:
        return
    size = [int(max(1, side * chance.choice((0.5, 1, 2, 3)) + chance.integers(-1, 2))) for side in image[:2]]
    if np.prod(size) * image[2] <= MOST_VALUES:
        mode = int(chance.integers(3))
        given = [draft.at.index, draft.ints(size)]
        made, corners, centres = (1, *size, image[2]), mode == 1, mode == 2
        draft.op("RESIZE_BILINEAR", given, made, align_corners=corners, half_pixel_centers=centres)


@layer(often=0.5)
def transposed(draft: Draft, chance) -> None:
    image = draft.image()
    if not image:
        return
    kernel, step = KERNELS[chance.integers(len(KERNELS))], STEPS[chance.integers(len(STEPS))]
    same, filters = bool(chance.integers(2)), int(chance.choice((1, 2, 3, 4, 5, 8)))
    sides = [n * s if same else (n - 1) * s + max(k, s) for n, s, k in zip(image[:2], step, kernel, strict=True)]
    if np.prod(sides) * filters > MOST_VALUES or np.prod(image) * np.prod(kernel) * filters > MOST_MACS:
        return
    weights, scales = drawn_weights(chance, (filters, *kernel, image[2]), 0), drawn_scales(chance, filters)
    shape = (1, *sides, filters)
    spread = draft.at.scale * float(scales.max()) * np.sqrt(weights.size / filters)
    made = draft.value(shape, spread * float(np.exp(chance.uniform(-1, 1))), draft.zero(chance))
    given = [draft.ints(shape), draft.builder.const(weights, scales=scales, axis=0), draft.at.index]
    if chance.random() < 0.7:
        bias = chance.integers(-3000, 3000, filters).astype(np.int32)
        given.append(draft.builder.const(bias, scales=scales * np.float32(draft.at.scale)))
    options = {"padding": 0 if same else 1, "stride_height": step[0], "stride_width": step[1]}
    draft.op("TRANSPOSE_CONV", given, None, value=made, **options)


@layer(often=0.3)
def gather(draft: Draft, chance) -> None:
    shape = draft.at.shape
    axis = int(chance.integers(1, len(shape)))
    numbers = chance.integers(0, shape[axis], [(), (3,), (2, 2)][chance.integers(3)]).astype(np.int32)
    made = (*shape[:axis], *numbers.shape, *shape[axis + 1 :])
    if 0 < len(made) <= 5 and np.prod(made) <= MOST_VALUES:
        draft.op("GATHER", [draft.at.index, draft.builder.const(numbers)], made, axis=axis)


@layer(often=0.3)
def look_up(draft: Draft, chance) -> None:
    """The largest channel of each pixel picks a row of a table."""
    image = draft.image()
    if not image or image[0] * image[1] * 5 > MOST_VALUES:
        return
    kind = str(chance.choice(("ARG_MAX", "ARG_MIN")))
    places = draft.builder.tensor((1, *image[:2]), dtype="int32")
    draft.builder.op(kind, [draft.at.index, draft.builder.const(np.int32(chance.choice((-1, 3))))], [places])
    scale, zero = float(np.exp(chance.uniform(-5, 0))), draft.zero(chance)
    table = chance.integers(-128, 128, (image[2], 5)).astype(np.int8)
    table = draft.builder.const(table, scales=[np.float32(scale)], zeros=[zero])
    draft.op("GATHER", [table, places], None, value=draft.value((1, *image[:2], 5), scale, zero), axis=0)


@layer(often=0.2)
def cast(draft: Draft, chance) -> None:
    """To 16 or 32 bits and back."""
    wide = draft.builder.tensor(draft.at.shape, dtype=str(chance.choice(("int16", "int32"))))
    draft.builder.op("CAST", [draft.at.index], [wide])
    draft.op("CAST", [wide], draft.at.shape)


def _slopes(draft: Draft, chance, low: int = -128) -> tuple[int, float, int]:
    """A constant for each channel, for each value, or one: (tensor, scale, zero point)."""
    shape = [draft.at.shape, (1,) * (len(draft.at.shape) - 1) + draft.at.shape[-1:], (1,)][chance.integers(3)]
    scale, zero = float(np.float32(np.exp(chance.uniform(-6, -2)))), draft.zero(chance)
    values = chance.integers(low, 128, shape).astype(np.int8)
    if low > -128:
        zero = -128
    return draft.builder.const(values, scales=[scale], zeros=[zero]), scale, zero


@layer(often=0.3)
def prelu(draft: Draft, chance) -> None:
    if len(draft.at.shape) > 4:
        return
    slope, _, _ = _slopes(draft, chance)
    made = draft.value(draft.at.shape, draft.at.scale * float(np.exp(chance.uniform(-1, 1))), draft.zero(chance))
    draft.op("PRELU", [draft.at.index, slope], None, value=made)


@layer(often=0.3)
def div(draft: Draft, chance) -> None:
    """By what is not 0, with an output fine enough that TFLM's shifts are defined."""
    if len(draft.at.shape) > 5:
        return
    divisor, scale, _ = _slopes(draft, chance, low=-127)
    usual = draft.at.scale / scale / 64
    made = draft.value(draft.at.shape, usual * float(np.exp(chance.uniform(-2, 0))), draft.zero(chance))
    draft.op("DIV", [draft.at.index, divisor], None, value=made, activation=str(chance.choice(ACTIVATIONS)))


@layer(often=0.3)
def log_softmax(draft: Draft, chance) -> None:
    scale = float(chance.choice((0.001, 0.01, 0.05, 0.1, 0.5, 2.0)))
    draft.op("QUANTIZE", [draft.at.index], None, value=draft.value(draft.at.shape, scale, draft.zero(chance)))
    draft.op("LOG_SOFTMAX", [draft.at.index], None, value=draft.value(draft.at.shape, 1 / 16, 127))


@layer(*BOTH, often=0.3)
def sum_(draft: Draft, chance) -> None:
    image = draft.image()
    if not image:
        return
    axes = ([1, 2], [1], [2], [3])[chance.integers(4)]
    keep = bool(chance.integers(2))
    shape = tuple(1 if a in axes else side for a, side in enumerate(draft.at.shape) if keep or a not in axes)
    usual = draft.at.scale * float(np.prod([draft.at.shape[axis] for axis in axes])) ** 0.5
    made = draft.value(shape, usual * float(np.exp(chance.uniform(-1, 2))), draft.zero(chance))
    draft.op("SUM", [draft.at.index, draft.ints(axes)], None, value=made, keep_dims=keep)
