"""Fixed-point arithmetic as TensorFlow Lite Micro's reference kernels do it, for parameters and tables made at compile
time. Source of the roundings: gemmlowp's fixedpoint.h and TFLM's quantization_util.cc, described in Jacob et al.,
"Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2017.
"""

from __future__ import annotations

import math

import numpy as np

from ml.compiler.graph import Tensor
from ml.compiler.unsupported import Unsupported


def multiplier(real: float) -> tuple[int, int]:
    """(mantissa, shift) with real = mantissa / 2^31 * 2^shift; |mantissa| in 2^30..2^31-1, or 0."""
    if real == 0:
        return 0, 0
    if not math.isfinite(real):
        raise Unsupported("the scales differ by more than a float can hold")
    fraction, shift = math.frexp(real)
    # TFLM adds a half and cuts off: what is negative comes out nearer to zero by one.
    mantissa = math.trunc(fraction * (1 << 31) + 0.5)
    if mantissa == 1 << 31:
        mantissa //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    if shift > 30:
        raise Unsupported(f"the scales differ by a factor of {real:.3g}, more than 2^30")
    return mantissa, shift


def channel_multipliers(
    input_scale: np.float32, weight_scales: np.ndarray, output_scale: np.float32, sums: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(int32 mantissas, int8 shifts) [channels] of a convolution: the products are taken in double precision.

    `sums` [channels] are the largest that the channels can have: one of 0 needs no scale, and may have any.
    """
    scales = np.broadcast_to(weight_scales, len(sums)).astype(np.float64)
    channels = list(zip(scales.tolist(), (sums != 0).tolist(), strict=True))
    known = {one: scale_of(float(input_scale) * one[0] / float(output_scale), one[1]) for one in set(channels)}
    pairs = [known[one] for one in channels]
    return np.array([m for m, _ in pairs], np.int32), np.array([s for _, s in pairs], np.int8)


def scale_of(real: float, needed: bool) -> tuple[int, int]:
    """`multiplier`; where it is not `needed`, because it only ever multiplies 0, one out of range is 0."""
    try:
        return multiplier(real)
    except Unsupported:
        if needed:
            raise
        return 0, 0


def high_mul(a: np.ndarray | np.integer | int, b) -> np.ndarray:
    """(a * b) / 2^31, rounded half up: gemmlowp's saturating rounding doubling high multiply. int64 in and out."""
    return np.minimum((np.asarray(a, np.int64) * np.asarray(b, np.int64) + (1 << 30)) >> 31, (1 << 31) - 1)


def shift_right(x: np.ndarray | np.integer | int, shift: int | np.ndarray) -> np.ndarray:
    """x / 2^shift, rounded half away from zero."""
    x = np.asarray(x, np.int64)
    mask = (np.int64(1) << shift) - 1
    return (x >> shift) + ((x & mask) > (mask >> 1) + (x < 0))


def requantise(x: np.ndarray | np.integer | int, mantissa: int, shift: int) -> np.ndarray:
    """x * mantissa / 2^31 * 2^shift with both roundings; int64 holding int32 values."""
    left, right = max(shift, 0), max(-shift, 0)
    return shift_right(high_mul(wrap32(np.asarray(x, np.int64) << left), mantissa), right)


def requantise_each(x: np.ndarray, mantissas: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """`requantise` of each element with a multiplier and a shift of its own."""
    left, right = np.maximum(shifts, 0).astype(np.int64), np.maximum(-shifts.astype(np.int64), 0)
    return shift_right(high_mul(wrap32(np.asarray(x, np.int64) << left), mantissas), right)


def rescale(x: np.ndarray | np.integer | int, mantissa: int, shift: int, zero: int) -> np.ndarray:
    """`requantise` plus a zero point, within 32 bits as nn_rescale."""
    return wrap32(requantise(x, mantissa, shift) + zero)


LARGEST_UNSHIFTED = (1 << 31) - (1 << 16)  # a zero point of 16 bits more stays within 32


def wraps(largest: int, shift: int) -> bool:
    """Whether a sum of that size, or a zero point added to it once it is scaled, may leave 32 bits."""
    return largest << max(shift, 0) >= (1 << 31 if shift < 0 else LARGEST_UNSHIFTED)


def wrap_each(largest: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """`wraps` of each element."""
    limits = np.where(shifts < 0, 1 << 31, LARGEST_UNSHIFTED)
    return largest >= limits >> np.maximum(shifts, 0)


def wrap32(x: np.ndarray) -> np.ndarray:
    """The low 32 bits as a signed number, in int64."""
    return np.asarray(x, np.int64).astype(np.int32).astype(np.int64)


def round_half_away(x: float) -> int:
    return int(math.copysign(math.floor(abs(x) + 0.5), x))


LIMITS = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)}


def activation_range(activation: str, output: Tensor) -> tuple[int, int]:
    """Smallest and largest output of a fused activation, on the output's scale."""
    low, high = LIMITS[output.dtype]
    bounds = {"none": (None, None), "relu": (0.0, None), "relu6": (0.0, 6.0), "relu_n1_to_1": (-1.0, 1.0)}
    if activation not in bounds:
        raise Unsupported(f"the fused activation {activation} is not supported", output)
    bottom, top = bounds[activation]
    if bottom is not None:
        low = max(low, _quantised(bottom, output))
    if top is not None:
        high = min(high, _quantised(top, output))
    return low, high


def _quantised(real: float, tensor: Tensor) -> int:
    if real == 0.0:
        return tensor.zero
    with np.errstate(over="ignore"):
        steps = float(np.float32(real) / tensor.scale)
    if abs(steps) > 1 << 31:
        raise Unsupported(f"its scale {float(tensor.scale):.3g} is too small for the activation", tensor)
    return tensor.zero + round_half_away(steps)
