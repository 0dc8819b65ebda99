"""What hypothesis draws small models from."""

import numpy as np
from hypothesis import strategies as st

zeros = st.integers(-128, 127)
scales = st.floats(2e-3, 0.9).map(np.float32)
activations = st.sampled_from(["none", "relu", "relu6", "relu_n1_to_1"])
seeds = st.integers(0, 1 << 30)


def weights(seed: int, shape, dtype: str = "int8") -> np.ndarray:
    """Random weights with the extremes among them."""
    chance = np.random.default_rng(seed)
    return chance.integers(-127, 127, shape, dtype, endpoint=True)


def biases(seed: int, count: int, dtype: str = "int32") -> np.ndarray:
    return np.random.default_rng(seed + 1).integers(-20000, 20000, count, dtype, endpoint=True)


def channel_scales(seed: int, count: int) -> np.ndarray:
    """One weight scale a channel over two orders of magnitude, and the odd channel that is nearly nothing."""
    chance = np.random.default_rng(seed + 2)
    scales = np.exp(chance.uniform(np.log(1e-4), np.log(3e-2), count))
    return np.where(chance.random(count) < 0.05, 1e-12, scales).astype(np.float32)


def output_side(length: int, kernel: int, stride: int, dilation: int, padding: int) -> int:
    """Side of a convolution's or pooling's output; padding 0 is SAME, 1 VALID; 0 when nothing fits."""
    if padding == 0:
        return -(-length // stride)
    return max((length - (kernel - 1) * dilation - 1 + stride) // stride, 0)


def convolution_options(window: dict, activation: str, depth_multiplier: int | None = None) -> dict:
    """The options of a CONV_2D, or of a DEPTHWISE_CONV_2D where a depth multiplier is given."""
    options = {
        "padding": window["padding"],
        "stride_height": window["stride"][0],
        "stride_width": window["stride"][1],
        "dilation_height": window["dilation"][0],
        "dilation_width": window["dilation"][1],
        "activation": activation,
    }
    return options if depth_multiplier is None else options | {"depth_multiplier": depth_multiplier}
