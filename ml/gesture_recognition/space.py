"""What a search may change of the gesture model. A gesture takes 0.7 to 1.5 s."""

from ml.design.space import Space

SPACE = Space(
    front_end={"rate_hz": (25.0, 33.3), "window": (32, 40)},  # 0.96 to 1.6 s
    depth=(1, 2, 3),
    widths=(4, 8, 12, 16, 24),
    kernels=(3, 5),
    strides=(1, 2),
)
