"""Blocks as operators: `ml/compiler/predict` tells their cost, `network.py` makes a Keras network of them."""

from dataclasses import replace
from math import prod

from ml.compiler.predict import Layer, Network
from ml.design.blocks import Block, Blocks, pair
from ml.errors import UserError

Shape = tuple[int, ...]


def network(blocks: Blocks, shape: Shape, outputs: int) -> Network:
    """For inputs of a shape: (values,), (time, bands) or (height, width, channels). UserError where a block does not
    fit what comes in."""
    return _Row(blocks, shape, outputs).network


def compiled(network: Network) -> Network:
    """As the compiler gets it. Where any weights have four bits, ml/compress/fake.py makes each dense layer a
    convolution of 1x1."""
    if not any(layer.bits == 4 for layer in network.layers):
        return network
    made, shape = list[Layer](), network.input
    for layer in network.layers:
        before, shape = shape, _after(layer, shape)
        if layer.kind == "dense":
            made += [Layer("reshape", shape=(1, 1, before[-1])), replace(layer, kind="conv"), Layer("reshape")]
        else:
            made.append(layer)  # what names its inputs stands before any dense layer
    return replace(network, layers=tuple(made))


class _Row:
    """Operators behind each other, and the shape that the last of them gives."""

    def __init__(self, blocks: Blocks, shape: Shape, outputs: int) -> None:
        self.blocks, self.shape, self.layers = blocks, tuple(shape), list[Layer]()
        if len(shape) == 2 and any(one.kind != "dense" for one in blocks.blocks):
            # Time is an image's width where its values are channels, as TensorFlow makes it of a Conv1D.
            self.add(Layer("reshape", shape=(*shape, 1) if blocks.picture else (1, *shape)))
        for number, block in enumerate(blocks.blocks, 1):
            try:
                getattr(self, block.kind)(block)
            except ValueError as error:
                raise UserError(f"block {number} ({block.kind}): expected {error}, found {self.shape}") from None
        self.head(outputs)
        self.network = Network(tuple(shape), tuple(self.layers))

    def add(self, layer: Layer) -> int:
        """The number of the layer, by which others name it."""
        self.layers.append(layer)
        self.shape = _after(layer, self.shape)
        return len(self.layers)

    def image(self) -> tuple[int, int, int]:
        if len(self.shape) != 3:
            raise ValueError("an image, or values over time")
        height, width, channels = self.shape
        return height, width, channels

    def walked(self, kind: str, block: Block, size: int = 0, **more) -> int:
        height, width, _ = self.image()
        along, across = pair(block.kernel)
        kernel = min(along, height), min(across, width)
        stride = pair(block.stride)
        if kind == "depthwise" and not _even(block):
            stride = (1, 1)
        return self.add(Layer(kind, size, kernel, stride, padding=self.blocks.padding, **more))

    def bits(self, one: Block | Blocks) -> int:
        return 8 if self.blocks.wide else one.bits

    def mixed(self, block: Block, width: int, activation: str = "relu", last: bool = True) -> int:
        """1x1; as the last of a block it walks where the depthwise convolution could not."""
        stride = pair(block.stride) if last and not _even(block) else (1, 1)
        return self.add(Layer("conv", width, stride=stride, bits=self.bits(block), activation=activation))

    def plain(self, block: Block) -> None:
        self.walked("conv", block, block.width, bits=self.bits(block))

    def separable(self, block: Block) -> None:
        self.walked("depthwise", block)
        self.mixed(block, block.width)

    def residual(self, block: Block) -> None:
        before, given = self.image(), len(self.layers)
        over = self.layers[self.walked("depthwise", block) - 1]
        added = before[2] == block.width and set(pair(block.stride)) == {1}
        made = self.mixed(block, block.width, "none" if added else "relu")
        if added:
            if self.shape != before:
                given = self.add(Layer("crop", kernel=over.kernel, inputs=(given,)))
            self.add(Layer("add", inputs=(made, given)))

    def inverted(self, block: Block) -> None:
        before, given = self.image(), len(self.layers)
        self.mixed(block, block.expand * before[2], last=False)
        self.walked("depthwise", block)
        made = self.mixed(block, block.width, "none")
        if self.shape == before:
            self.add(Layer("add", inputs=(given, made), activation="none"))

    def temporal(self, block: Block) -> None:
        before, given = self.image(), len(self.layers)
        (along, taps), stride = _time(before, pair(block.kernel)), pair(block.stride)[0]
        kernel, steps = [before[0], before[1]], [before[0], before[1]]
        kernel[along], steps[along] = taps, stride
        layer = Layer("conv", block.width, (kernel[0], kernel[1]), (steps[0], steps[1]), bits=self.bits(block))
        made = self.add(replace(layer, padding=self.blocks.padding))
        if self.shape == before:
            self.add(Layer("add", inputs=(given, made), activation="none"))

    def attention(self, block: Block) -> None:
        before = self.image()
        if 1 not in before[:2]:
            raise ValueError("one axis of time before attention; a temporal block makes it")
        given = self.add(Layer("conv", block.width, activation="none"))
        query, key, value = (self.rows(block.width, given) for _ in range(3))
        self.add(Layer("matmul", 1, inputs=(query, key)))
        scores = self.add(Layer("softmax"))
        self.add(Layer("matmul", inputs=(scores, value)))
        self.shape = (before[0] * before[1], block.width)
        made = self.add(Layer("reshape", shape=(*before[:2], block.width)))
        self.add(Layer("add", inputs=(given, made)))

    def rows(self, width: int, given: int) -> int:
        """A 1x1 convolution as a row for each moment. Keras' dense layer would add its bias apart."""
        made = self.add(Layer("conv", width, activation="none", inputs=(given,)))
        height, wide = self.shape[:2]
        self.add(Layer("reshape", shape=(height * wide, width)))
        self.shape = (height, wide, width)
        return made + 1

    def dense(self, block: Block) -> None:
        if len(self.shape) > 1:
            self.add(Layer("reshape"))
        self.add(Layer("dense", block.width, bits=self.bits(block)))

    def head(self, outputs: int) -> None:
        if self.blocks.head == "average" and len(self.shape) == 3:
            height, width = self.shape[:2]
            self.add(Layer("average_pool", kernel=(height, width), stride=(height, width), padding="valid"))
        if len(self.shape) > 1:
            self.add(Layer("reshape"))
        self.add(Layer("dense", outputs, activation="none", bits=self.bits(self.blocks)))
        self.add(Layer(self.blocks.output))


def _even(block: Block) -> bool:
    """The same stride both ways: TensorFlow's depthwise convolution has no other."""
    return len(set(pair(block.stride))) == 1


def _time(shape: Shape, kernel: tuple[int, int]) -> tuple[int, int]:
    """The axis of time, and how many of its moments the kernel sees."""
    along = 1 if shape[0] == 1 else 0
    return along, min(kernel[0], shape[along])


def _after(layer: Layer, shape: Shape) -> Shape:
    """The shape that a layer makes of one; ValueError where it does not fit."""
    if layer.kind == "reshape":
        return layer.shape or (prod(shape),)
    if layer.kind == "dense":
        return (*shape[:-1], layer.size)
    if layer.kind not in ("conv", "depthwise", "average_pool"):
        return shape
    sides = [_side(layer, at, shape[at]) for at in (0, 1)]
    return (sides[0], sides[1], layer.size or shape[2])


def _side(layer: Layer, at: int, length: int) -> int:
    if layer.padding == "same":
        return -(-length // layer.stride[at])
    return (length - layer.kernel[at]) // layer.stride[at] + 1
