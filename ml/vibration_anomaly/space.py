"""What a search may change of the anomaly detector: its autoencoder, and how long a window is averaged."""

from ml.design.blocks import Blocks
from ml.design.space import Space

SPACE = Space(
    front_end={"average": (2, 4, 8), "bands": (0, 4)},
    depth=(1, 3),
    kinds=("dense",),
    widths=(3, 4, 8, 16, 24),
    heads=("flatten",),
    network=Blocks((), output="tanh", dropout=0.0, weight_decay=0.0),
)
