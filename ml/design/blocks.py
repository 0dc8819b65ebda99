"""A network as a row of blocks, each of a few numbers."""

from dataclasses import dataclass

from ml.errors import UserError

KINDS = ("plain", "separable", "residual", "inverted", "temporal", "attention", "dense")
HEADS = ("flatten", "average")
OUTPUTS = ("softmax", "tanh")
BITS = (4, 8)
PADDINGS = ("same", "valid")


@dataclass(frozen=True)
class Block:
    """One block. Each convolution has batch normalisation and, unless said otherwise, a ReLU behind it.

    plain      a convolution
    separable  a depthwise convolution, then one of 1x1 (A. Howard et al., MobileNets, arXiv:1704.04861)
    residual   a depthwise convolution, one of 1x1 without ReLU, the input added where it has as many channels and the
               block does not stride, then a ReLU; without padding what is added is the middle of the input
    inverted   1x1 to `expand` times the channels, depthwise, 1x1 without ReLU, and the input added where the shape is
               the same (M. Sandler et al., MobileNetV2, CVPR 2018)
    temporal   a convolution over time, and the input added where the shape is the same (S. Choi et al., Interspeech
               2019); of a picture it takes all bands at once. Without dilation: TensorFlow's converter makes three
               operators of it, which the compiler joins again (ml/compiler/passes/dilation.py), but normalisation
               and bias stay behind them (a fifth more cycles), and `qat` leaves them in float
    attention  one head over the moments of time, and the input added (A. Vaswani et al., NeurIPS 2017), without its
               normalisation
    dense      all values at once
    """

    kind: str
    width: int  # channels, or units, that come out
    kernel: int | tuple[int, int] = 3  # (time, frequency) or both; cut to the size of what comes in
    stride: int | tuple[int, int] = 1
    expand: int = 2
    bits: int = 8  # of the weights; those of a depthwise convolution and of attention are 8

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UserError(f"block: expected a kind of {', '.join(KINDS)}, found {self.kind!r}")
        if self.bits not in BITS:
            raise UserError(f"block {self.kind}: expected weights of 4 or 8 bits, found {self.bits!r}")
        numbers = [self.width, self.expand, *pair(self.kernel), *pair(self.stride)]
        if not all(isinstance(one, int) and one > 0 for one in numbers):
            raise UserError(f"block {self.kind}: expected whole numbers above 0, found {numbers}")


@dataclass(frozen=True)
class Blocks:
    """A network: blocks, then a head. `ml/design/layers.py` says what operators that is."""

    blocks: tuple[Block, ...]
    head: str = "flatten"  # or "average": of all places
    output: str = "softmax"  # of the classes; or "tanh", which makes the input again
    picture: bool = False  # inputs (time, bands): False takes bands for channels, True for an image of one channel
    padding: str = "same"  # or "valid": none, as the streaming form needs it
    bits: int = 8  # of the last layer
    dropout: float = 0.2  # before the last layer
    weight_decay: float = 1e-3  # L2, of the convolutions

    def __post_init__(self) -> None:
        known = (("head", self.head, HEADS), ("output", self.output, OUTPUTS), ("padding", self.padding, PADDINGS))
        for name, found, choices in (*known, ("bits", self.bits, BITS)):
            if found not in choices:
                raise UserError(f"network: expected {name} of {', '.join(map(str, choices))}, found {found!r}")

    @property
    def wide(self) -> bool:
        """All weights have eight bits: the steps of a recipe do not round attention."""
        return any(one.kind == "attention" for one in self.blocks)


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """(time, frequency)."""
    return (value, value) if isinstance(value, int) else value
