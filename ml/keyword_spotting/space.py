"""What a search may change of the keyword model. Its blocks have no padding and no residual, so that a few frames at a
time are all that a step computes; the last width is averaged over time."""

from ml.design.blocks import Blocks
from ml.design.space import Space

SPACE = Space(
    front_end={"log_mel.bands": (20, 30, 40)},
    depth=(3, 4, 5),
    kinds=("plain", "separable"),
    widths=(16, 24, 32, 48, 64),
    kernels=((3, 3), (4, 5), (5, 1)),
    strides=((1, 1), (1, 2), (2, 2)),
    bits=(8, 4),
    heads=("average",),
    network=Blocks((), picture=True, padding="valid", dropout=0.3),
)
