"""Random small networks. A network is a few numbers, so that it can be drawn again, made smaller and told in a line.

network = draw(np.random.default_rng(7))
tflite = build(network)         # bytes; a layer that does not fit the tensor it meets is left out

A new kind of layer is a function (draft, chance) -> None registered with `@layer`; it reads `draft.at`, adds operators
and leaves its output there with `draft.push`. `types` are the types of activations that it can have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tests.compiler.builder import Builder
from tests.compiler.strategies import output_side

SAME, VALID = 0, 1
# Just below, at and above where loops of the kernels are unrolled (4, 8, 16 ...), and what padding makes of them.
SIDES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 17, 25)
CHANNELS = (1, 2, 3, 4, 4, 4, 5, 7, 8, 8, 8, 9, 12, 12, 16, 16, 17, 20)
DEPTHS = (1, 2, 3, 4, 5, 8, 12, 15, 16, 20, 31, 32, 36, 64, 68, 124, 128, 132, 260)  # of matrices
KERNELS = ((1, 1), (1, 1), (3, 3), (3, 3), (2, 2), (1, 3), (3, 1), (5, 1), (2, 3), (4, 4), (1, 7), (5, 5))
STEPS = ((1, 1), (1, 1), (1, 1), (2, 2), (2, 2), (1, 2), (2, 1), (3, 3), (3, 2))
ACTIVATIONS = ("none", "none", "relu", "relu", "relu6", "relu_n1_to_1")
MOST_MACS = 60_000  # of a layer: TFLM's reference kernels are slow
MOST_VALUES = 6_000  # of a tensor


@dataclass(frozen=True)
class Network:
    """What a network is drawn from. `layers`: (name of a layer in LAYERS, seed of its choices)."""

    shape: tuple[int, int, int]  # of the input: height, width, channels
    type: str  # of the activations
    seed: int  # of the input's scale and zero point
    layers: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        names = " ".join(f"{name}:{seed}" for name, seed in self.layers)
        return f"{'x'.join(map(str, self.shape))} {self.type} seed {self.seed}, {names}"


@dataclass(frozen=True)
class Value:
    """A tensor of the model that is being made."""

    index: int
    shape: tuple[int, ...]
    scale: float
    zero: int
    type: str


LAYERS: dict[str, tuple[Callable, tuple[str, ...], float]] = {}


def layer(*types: str, often: float = 1.0):
    """Registers a layer for these types of activations (int8 when none is named)."""

    def register(add: Callable) -> Callable:
        LAYERS[add.__name__] = (add, types or ("int8",), often)
        return add

    return register


BOTH = ("int8", "int16")


def draw(chance: np.random.Generator, types: tuple[str, ...] = ("int8",) * 9 + ("int16",)) -> Network:
    shape = tuple(int(chance.choice(values)) for values in (SIDES, SIDES, CHANNELS))
    kind = str(chance.choice(types))
    names = [name for name, (_, allowed, _) in LAYERS.items() if kind in allowed]
    often = np.array([LAYERS[name][2] for name in names])
    picked = chance.choice(names, int(chance.choice((1, 1, 2, 2, 3, 3, 4, 5))), p=often / often.sum())
    seeds = chance.integers(0, 1 << 30, len(picked) + 1).tolist()
    return Network(shape, kind, seeds[0], tuple(zip(map(str, picked), seeds[1:], strict=True)))


def build(network: Network) -> bytes:
    draft = Draft(network)
    for name, seed in network.layers:
        draft.seed = seed
        add, types, _ = LAYERS[name]
        if draft.at.type in types:
            add(draft, np.random.default_rng(seed))
    if len(draft.made) == 1:  # nothing fitted
        pointwise(draft, np.random.default_rng(network.seed))
    return draft.builder.model([draft.made[0].index], [draft.at.index])


class Draft:
    """A model in the making; `at` is what the next layer reads."""

    def __init__(self, network: Network):
        self.builder, self.type, self.seed = Builder(), network.type, network.seed
        chance = np.random.default_rng(network.seed)
        self.made: list[Value] = []
        self.push(self.value((1, *network.shape), np.exp(chance.uniform(-5, 0)), self.zero(chance)))

    @property
    def at(self) -> Value:
        return self.made[-1]

    @property
    def wide(self) -> bool:
        """True where new tensors are int16; what is read may still be int8."""
        return self.type == "int16"

    def zero(self, chance) -> int:
        return 0 if self.wide else int(chance.choice((-128, -128, -128, 0, int(chance.integers(-128, 128)))))

    def value(self, shape, scale: float, zero: int) -> Value:
        scale = float(np.float32(scale))
        return Value(
            self.builder.tensor(shape, scale=scale, zero=zero, dtype=self.type), tuple(shape), scale, zero, self.type
        )

    def like(self, shape, value: Value | None = None) -> Value:
        """A tensor of another shape on the scale of `value`, of what is read when left out."""
        value = value or self.at
        return self.value(shape, value.scale, value.zero)

    def push(self, value: Value) -> None:
        self.made.append(value)

    def op(self, kind: str, inputs: list[int], shape, *, value: Value | None = None, **options) -> None:
        """An operator whose output is read next: `value`, or on the input's scale."""
        made = value or self.like(shape)
        self.builder.op(kind, inputs, [made.index], **options)
        self.push(made)

    def ints(self, values) -> int:
        return self.builder.const(np.array(values, np.int32))

    def image(self) -> tuple[int, int, int] | None:
        """Height, width and channels of what is read, None where it is none."""
        return self.at.shape[1:] if len(self.at.shape) == 4 and self.at.shape[0] == 1 else None

    def weighted(self, chance, kind: str, shape, axis: int, out_shape, **options) -> None:
        """An operator with weights: values, scales, bias and the output's scale are drawn here."""
        channels = shape[axis]
        weights = drawn_weights(chance, shape, axis)
        scales = drawn_scales(chance, channels)
        bias = self._bias(chance, kind, weights, axis, scales)
        taps = weights.size / channels
        spread = self.at.scale * float(scales.max()) * np.sqrt(taps) * (60 if not self.wide else 15_000)
        steps = 64 if not self.wide else 16_000
        out = self.value(out_shape, drawn_output_scale(chance, spread / steps), self.zero(chance))
        packed = "int4" if chance.random() < 0.5 and weights.min() >= -8 and weights.max() <= 7 else None
        inputs = [self.at.index, self.builder.const(weights, scales=scales, axis=axis, dtype=packed), *bias]
        self.op(kind, inputs, None, value=out, activation=str(chance.choice(ACTIVATIONS)), **options)

    def _bias(self, chance, kind: str, weights: np.ndarray, axis: int, scales: np.ndarray) -> list[int]:
        channels = weights.shape[axis]
        if chance.random() < 0.15:
            # TFLM crashes at a bias of -1 in a depthwise convolution, and wants two or three inputs
            return [] if kind == "DEPTHWISE_CONV_2D" else [-1]
        most = int(chance.choice((10, 3000, 30_000))) * (100 if self.wide else 1)
        values = chance.integers(-most, most + 1, channels)
        if chance.random() < 0.2:  # filters that an activation cuts off
            values[chance.random(channels) < 0.5] = int(chance.choice((-3_000_000, 3_000_000)))
        narrow = not self.wide or (kind != "DEPTHWISE_CONV_2D" and chance.random() < 0.4)
        scales = scales * np.float32(self.at.scale)
        return [self.builder.const(values.astype("int32" if narrow else "int64"), scales=scales)]


def drawn_weights(chance, shape, axis: int) -> np.ndarray:
    """Of any size, with the extremes among them; some filters dead, some weights far smaller than others."""
    most = int(chance.choice((1, 7, 20, 127, 127)))
    weights = chance.integers(-most, most + 1, shape)
    if chance.random() < 0.05:
        weights[...] = int(chance.choice((-128, -127, -8, 7, 127)))
    if chance.random() < 0.3:
        dead = chance.random(shape[axis]) < chance.choice((0.2, 0.6, 1.0))
        weights = np.moveaxis(weights, axis, -1)
        weights[..., dead] = 0
        weights = np.moveaxis(weights, -1, axis)
    return np.ascontiguousarray(weights.astype(np.int8))


def drawn_scales(chance, channels: int) -> np.ndarray:
    count = channels if chance.random() < 0.6 else 1
    scales = np.exp(chance.uniform(np.log(1e-3), np.log(3e-2), count))
    if chance.random() < 0.1:
        scales[chance.random(count) < 0.3] = 1e-12
    return scales.astype(np.float32)


def drawn_output_scale(chance, usual: float) -> float:
    if chance.random() < 0.04:  # a layer that is never used
        return usual * float(chance.choice((1e-6, 1e-3, 1e3)))
    return usual * float(np.exp(chance.uniform(-1.5, 1.5)))


def drawn_window(chance, image, kernel: tuple[int, int], dilations=((1, 1),), plain: float = 0.5):
    """(options, output height, width) of a window that walks over an image, None where it fits nowhere. `plain` is how
    often it walks as in most networks: those have kernels of their own."""
    stride = STEPS[chance.integers(len(STEPS))]
    dilation = dilations[chance.integers(len(dilations))]
    if chance.random() < plain:
        stride, dilation = ((1, 1), (2, 2))[chance.integers(2)], (1, 1)
    padding = int(chance.integers(2))
    sides = [
        output_side(side, k, s, d, padding) for side, k, s, d in zip(image, kernel, stride, dilation, strict=False)
    ]
    options = {"padding": padding, "stride_height": stride[0], "stride_width": stride[1]}
    if len(dilations) > 1:
        options |= {"dilation_height": dilation[0], "dilation_width": dilation[1]}
    return (options, *sides) if min(sides) > 0 else None


DILATIONS = ((1, 1), (1, 1), (1, 1), (2, 2), (1, 2), (3, 1))


def _filters(chance, image, taps: int, made: int) -> int:
    """Filters, as many as keep the layer small."""
    return max(min(int(chance.choice(CHANNELS)), MOST_MACS // max(taps * made, 1), MOST_VALUES // max(made, 1)), 1)


def _convolve(draft: Draft, chance, kernel, groups: int = 1) -> None:
    image = draft.image()
    walk = drawn_window(chance, image, kernel, DILATIONS) if image else None
    if walk is None or image[2] % groups:
        return
    options, height, width = walk
    taps = kernel[0] * kernel[1] * image[2] // groups
    filters = -(-_filters(chance, image, taps, height * width) // groups) * groups
    if taps * height * width * filters > 2 * MOST_MACS:
        return
    shape = (filters, *kernel, image[2] // groups)
    draft.weighted(chance, "CONV_2D", shape, 0, (1, height, width, filters), **options)


@layer(*BOTH, often=3)
def conv(draft: Draft, chance) -> None:
    _convolve(draft, chance, KERNELS[chance.integers(len(KERNELS))])


@layer(*BOTH, often=2)
def pointwise(draft: Draft, chance) -> None:
    _convolve(draft, chance, (1, 1))


@layer(often=0.4)
def grouped(draft: Draft, chance) -> None:
    _convolve(draft, chance, KERNELS[chance.integers(len(KERNELS))], int(chance.choice((2, 3, 4))))


def _depthwise(draft: Draft, chance, kernel, multiplier: int, plain: float = 0.5) -> None:
    image = draft.image()
    walk = drawn_window(chance, image, kernel, DILATIONS, plain) if image else None
    if walk is None:
        return
    options, height, width = walk
    channels = image[2] * multiplier
    if height * width * channels > MOST_VALUES or kernel[0] * kernel[1] * height * width * channels > 2 * MOST_MACS:
        return
    options["depth_multiplier"] = multiplier
    draft.weighted(chance, "DEPTHWISE_CONV_2D", (1, *kernel, channels), 3, (1, height, width, channels), **options)


@layer(*BOTH, often=3)
def depthwise(draft: Draft, chance) -> None:
    _depthwise(draft, chance, KERNELS[chance.integers(len(KERNELS))], 1)


@layer(often=3)
def depthwise_3x3(draft: Draft, chance) -> None:
    _depthwise(draft, chance, (3, 3), int(chance.choice((1, 1, 1, 1, 2, 4))), plain=0.9)


@layer(*BOTH, often=1.5)
def multiplied(draft: Draft, chance) -> None:
    kernel = KERNELS[chance.integers(len(KERNELS))]
    _depthwise(draft, chance, kernel, int(chance.choice((2, 3, 4, 5, 8, 9, 12))))


@layer(*BOTH, often=1.5)
def pad(draft: Draft, chance) -> None:
    """Then often a VALID convolution, into which a pass moves the padding."""
    image = draft.image()
    if not image:
        return
    pads = np.zeros((4, 2), np.int32)
    sides = chance.permutation(4)[: int(chance.integers(1, 5))]
    pads[1:3].reshape(-1)[sides] = chance.choice((1, 1, 1, 2, 3, 6), len(sides))
    shape = tuple(int(side + sum(p)) for side, p in zip(draft.at.shape, pads.tolist(), strict=True))
    if np.prod(shape) <= MOST_VALUES:
        draft.op("PAD", [draft.at.index, draft.builder.const(pads)], shape)


def _pool(draft: Draft, chance, kind: str) -> None:
    image = draft.image()
    if not image:
        return
    whole = chance.random() < 0.25
    kernel = image[:2] if whole else KERNELS[chance.integers(2, len(KERNELS))]
    walk = drawn_window(chance, image, kernel)
    if walk is None:
        return
    options, height, width = walk
    if height * width * image[2] * kernel[0] * kernel[1] > 2 * MOST_MACS:
        return
    options |= {"kernel_height": kernel[0], "kernel_width": kernel[1], "activation": str(chance.choice(ACTIVATIONS))}
    draft.op(kind, [draft.at.index], (1, height, width, image[2]), **options)


@layer(*BOTH)
def max_pool(draft: Draft, chance) -> None:
    _pool(draft, chance, "MAX_POOL_2D")


@layer(*BOTH)
def average_pool(draft: Draft, chance) -> None:
    _pool(draft, chance, "AVERAGE_POOL_2D")


@layer(*BOTH)
def dense(draft: Draft, chance) -> None:
    """One row, or a row for each pixel."""
    values = int(np.prod(draft.at.shape))
    depth = draft.at.shape[-1] if chance.random() < 0.4 else values
    rows, outputs = values // depth, int(chance.choice(CHANNELS))
    if values * outputs <= 2 * MOST_MACS:
        options = {} if rows == 1 or len(draft.at.shape) == 2 else {"keep_num_dims": True}
        shape = (rows, outputs) if not options else (*draft.at.shape[:-1], outputs)
        draft.weighted(chance, "FULLY_CONNECTED", (outputs, depth), 0, shape, **options)


@layer(often=0.7)
def wide(draft: Draft, chance) -> None:
    """A slice of the input as long as the loops of a matrix are unrolled, for the dense layer behind it."""
    values, depth = int(np.prod(draft.at.shape)), int(chance.choice(DEPTHS))
    if depth > values:
        return
    draft.op("RESHAPE", [draft.at.index, draft.ints([1, values])], (1, values))
    bounds = [draft.ints(one) for one in ([0, values - depth], [1, values], [1, 1])]
    draft.op("STRIDED_SLICE", [draft.at.index, *bounds], (1, depth))
    dense(draft, chance)


def _binary(draft: Draft, chance, kind: str, activation: bool = True) -> None:
    """With an earlier tensor of the same shape, or with one that is repeated, or with itself."""
    others = [value for value in draft.made if (value.shape, value.type) == (draft.at.shape, draft.at.type)]
    other = others[chance.integers(len(others))]
    if kind in ("MAXIMUM", "MINIMUM") and (other.scale, other.zero) != (draft.at.scale, draft.at.zero):
        other = draft.at
    inputs = [draft.at, other][:: int(chance.choice((1, -1)))]
    scale = max(value.scale for value in inputs) * float(np.exp(chance.uniform(-0.5, 1.5)))
    scale = scale if kind != "MUL" else draft.at.scale * other.scale * float(np.exp(chance.uniform(1, 5)))
    made = draft.like(draft.at.shape) if not activation else draft.value(draft.at.shape, scale, draft.zero(chance))
    options = {"activation": str(chance.choice(ACTIVATIONS))} if activation else {}
    draft.op(kind, [value.index for value in inputs], None, value=made, **options)


@layer(*BOTH, often=1.5)
def add(draft: Draft, chance) -> None:
    _binary(draft, chance, "ADD")


@layer(*BOTH, often=0.5)
def sub(draft: Draft, chance) -> None:
    _binary(draft, chance, "SUB")


@layer(*BOTH, often=0.5)
def mul(draft: Draft, chance) -> None:
    _binary(draft, chance, "MUL")


@layer(often=0.3)
def extreme(draft: Draft, chance) -> None:
    _binary(draft, chance, str(chance.choice(("MAXIMUM", "MINIMUM"))), activation=False)


@layer(*BOTH, often=0.7)
def concatenation(draft: Draft, chance) -> None:
    """With itself or an earlier tensor on the same scale."""
    at = draft.at
    like = [
        v for v in draft.made if (v.scale, v.zero, v.type, v.shape[:-1]) == (at.scale, at.zero, at.type, at.shape[:-1])
    ]
    picked = [draft.at, like[chance.integers(len(like))]]
    shape = (*draft.at.shape[:-1], sum(value.shape[-1] for value in picked))
    if np.prod(shape) <= MOST_VALUES:
        axis = int(chance.choice((-1, len(shape) - 1)))
        draft.op("CONCATENATION", [value.index for value in picked], shape, axis=axis)


def _rescaled(draft: Draft, chance, kind: str, usual: float = 1.0, **options) -> None:
    made = draft.value(
        draft.at.shape, draft.at.scale * usual * float(np.exp(chance.normal(0, 0.7))), draft.zero(chance)
    )
    draft.op(kind, [draft.at.index], None, value=made, **options)


@layer(often=1)
def rectify(draft: Draft, chance) -> None:
    """On the same scale, so that a pass can move it into the operator before it."""
    draft.op(str(chance.choice(("RELU", "RELU6"))), [draft.at.index], draft.at.shape)


@layer(*BOTH, often=0.4)
def unary(draft: Draft, chance) -> None:
    kinds = ("RELU", "QUANTIZE", "LEAKY_RELU") if draft.wide else ("RELU", "HARD_SWISH", "QUANTIZE", "LEAKY_RELU")
    kind = str(chance.choice(kinds))
    # HARD_SWISH wants an output scale that is not far below the input's
    usual = float(np.exp(chance.uniform(1.5, 2.5))) if kind == "HARD_SWISH" else 1.0
    options = {"alpha": float(chance.uniform(-1.2, 1.2))} if kind == "LEAKY_RELU" else {}
    _rescaled(draft, chance, kind, usual, **options)


@layer(*BOTH, often=1.5)
def width(draft: Draft, chance) -> None:
    """From activations of 8 bits to 16, or back."""
    draft.type = "int8" if draft.at.type == "int16" else "int16"
    _rescaled(draft, chance, "QUANTIZE", 1 / 256 if draft.wide else 256.0)


@layer(*BOTH, often=0.4)
def saturate(draft: Draft, chance) -> None:
    kind, scale, zero = (("LOGISTIC", 1 / 256, -128), ("TANH", 1 / 128, 0))[chance.integers(2)]
    scale, zero = (1 / 32768, 0) if draft.wide else (scale, zero)
    draft.op(kind, [draft.at.index], None, value=draft.value(draft.at.shape, scale, zero))


@layer(*BOTH, often=0.5)
def mean(draft: Draft, chance) -> None:
    image = draft.image()
    if not image:
        return
    axes = ([1, 2], [1], [2], [1, 2])[chance.integers(4)]
    keep = bool(chance.integers(2))
    shape = tuple(1 if a in axes else side for a, side in enumerate(draft.at.shape) if keep or a not in axes)
    made = draft.value(shape, draft.at.scale * float(np.exp(chance.uniform(-1, 0.5))), draft.zero(chance))
    draft.op("MEAN", [draft.at.index, draft.ints(axes)], None, value=made, keep_dims=keep)


@layer(often=0.2)
def largest(draft: Draft, chance) -> None:
    image = draft.image()
    if image:
        draft.op("REDUCE_MAX", [draft.at.index, draft.ints([1, 2])], (1, 1, 1, image[2]), keep_dims=True)


@layer(*BOTH, often=0.7)
def softmax(draft: Draft, chance) -> None:
    """Over the channels, or over everything; below 512 values, from where on TFLM's shift is not defined."""
    values = int(np.prod(draft.at.shape))
    if chance.random() < 0.5 and values < 512:
        draft.op("RESHAPE", [draft.at.index, draft.ints([1, values])], (1, values))
    if draft.at.shape[-1] >= 512:
        return
    scale, zero = (1 / 32768, 0) if draft.wide else (1 / 256, -128)
    made = draft.value(draft.at.shape, scale, zero)
    draft.op("SOFTMAX", [draft.at.index], None, value=made, beta=float(chance.choice((1.0, 0.5, 3.0))))


@layer(*BOTH, often=0.4)
def turn(draft: Draft, chance) -> None:
    order = chance.permutation(len(draft.at.shape) - 1) + 1
    axes = [0, *order.tolist()]
    draft.op("TRANSPOSE", [draft.at.index, draft.ints(axes)], tuple(draft.at.shape[a] for a in axes))


@layer(*BOTH, often=0.4)
def crop(draft: Draft, chance) -> None:
    shape = draft.at.shape
    first = [0] + [int(chance.integers(0, min(side, 3))) for side in shape[1:]]
    step = [1] + [int(chance.choice((1, 1, 2))) for _ in shape[1:]]
    made = tuple(len(range(f, side, s)) for f, side, s in zip(first, shape, step, strict=True))
    draft.op("STRIDED_SLICE", [draft.at.index, *map(draft.ints, (first, shape, step))], made)


@layer(often=0.3)
def grow(draft: Draft, chance) -> None:
    image = draft.image()
    if image and np.prod(image) * 6 <= MOST_VALUES:
        size = [image[0] * 2, image[1] * int(chance.choice((1, 3)))]
        options = {"align_corners": bool(chance.integers(2))}
        draft.op("RESIZE_NEAREST_NEIGHBOR", [draft.at.index, draft.ints(size)], (1, *size, image[2]), **options)


def smaller(network: Network) -> list[Network]:
    """Networks with a layer less, or with a smaller input."""
    fewer = [
        replace(network, layers=network.layers[:i] + network.layers[i + 1 :])
        for i in reversed(range(len(network.layers)))
        if len(network.layers) > 1
    ]
    sides = []
    for axis, side in enumerate(network.shape):
        for less in dict.fromkeys((1, side // 2, side - 1)):
            if 0 < less < side:
                sides.append(replace(network, shape=(*network.shape[:axis], less, *network.shape[axis + 1 :])))
    return fewer + sides


@layer(often=0.3)
def squared_difference(draft: Draft, chance) -> None:
    others = [value for value in draft.made if value.shape == draft.at.shape]
    other = others[chance.integers(len(others))]
    scale = max(draft.at.scale, other.scale)
    made = draft.value(draft.at.shape, scale * scale * float(np.exp(chance.uniform(1, 5))), draft.zero(chance))
    draft.op("SQUARED_DIFFERENCE", [draft.at.index, other.index], None, value=made)


@layer(often=0.4)
def with_constant(draft: Draft, chance) -> None:
    """With one value: a table."""
    kind = str(chance.choice(("ADD", "SUB", "MUL")))
    scale, zero = float(np.exp(chance.uniform(-5, 0))), draft.zero(chance)
    one = chance.integers(-128, 128, [(), (1,)][chance.integers(2)]).astype(np.int8)
    constant = draft.builder.const(one, scales=[scale], zeros=[zero])
    usual = draft.at.scale * scale * 40 if kind == "MUL" else max(draft.at.scale, scale) * 1.5
    made = draft.value(draft.at.shape, usual * float(np.exp(chance.normal(0, 0.5))), draft.zero(chance))
    inputs = [draft.at.index, constant][:: int(chance.choice((1, -1)))]
    draft.op(kind, inputs, None, value=made, activation=str(chance.choice(ACTIVATIONS)))


@layer(often=0.2)
def inverse_root(draft: Draft, chance) -> None:
    """Of what cannot be below 0."""
    draft.op("QUANTIZE", [draft.at.index], None, value=draft.value(draft.at.shape, draft.at.scale, -128))
    scale = draft.at.scale**-0.5 / 100 * float(np.exp(chance.uniform(-1, 2)))
    draft.op("RSQRT", [draft.at.index], None, value=draft.value(draft.at.shape, scale, draft.zero(chance)))


@layer(often=0.5)
def attend(draft: Draft, chance) -> None:
    """A product with itself, turned by a TRANSPOSE or by the product."""
    image = draft.image()
    if not image or image[0] * image[1] * image[1] * image[2] > MOST_MACS or image[0] * image[1] ** 2 > MOST_VALUES:
        return
    given, shape = draft.at, draft.at.shape
    other, turned = given.index, bool(chance.integers(2))
    if turned:
        made = draft.like((*shape[:2], shape[3], shape[2]))
        draft.builder.op("TRANSPOSE", [other, draft.ints([0, 1, 3, 2])], [made.index])
        other = made.index
    scale = given.scale**2 * float(np.sqrt(shape[3])) * float(np.exp(chance.uniform(3, 6)))
    value = draft.value((*shape[:3], shape[2]), scale, draft.zero(chance))
    draft.op("BATCH_MATMUL", [given.index, other], None, value=value, adj_y=not turned)
