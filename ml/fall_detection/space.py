"""What a search may change of the fall detector. The front end's range and rests come with the sensor and stay."""

from ml.design.space import Space

SPACE = Space(
    front_end={"before_s": (1.0, 1.5, 2.0), "after_s": (1.5, 2.0)},
    depth=(1, 2, 3),
    widths=(4, 8, 12, 16, 24),
    kernels=(3, 5),
    strides=(1, 2),
)
