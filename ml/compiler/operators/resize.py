"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR: the compiler makes a table of the row and column of each output pixel
for the kernel."""

from __future__ import annotations

import math

import numpy as np

from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Lowered, Options, Struct, family, kernel
from ml.compiler.operators.convolution import braces

PARAMS_BYTES = 24  # sizeof(nn_resize_params) on a 32-bit processor


def nearest(inputs: int, outputs: int, *, align_corners: bool, half_pixel_centers: bool) -> np.ndarray:
    """The input index of each output index along one side; in single precision, as TFLM."""
    if align_corners and outputs > 1:
        scale = np.float32(inputs - 1) / np.float32(outputs - 1)
    else:
        scale = np.float32(inputs) / np.float32(outputs)
    offset = np.float32(0.5 if half_pixel_centers else 0.0)
    picks = []
    for index in range(outputs):
        at = float((np.float32(index) + offset) * scale)
        at = math.floor(at + 0.5) if align_corners else math.floor(at)
        picks.append(max(min(at, inputs - 1), 0))
    return np.array(picks, np.uint16)


LIMITS = "size constant; align_corners and half_pixel_centers"


@family("RESIZE_NEAREST_NEIGHBOR", limits=LIMITS)
def check(op: Op) -> None:
    checks.arity(op, 2)
    given, size, output = op.inputs[0], op.inputs[1], op.output
    for tensor in (given, output):
        checks.quantised(tensor)
        checks.rank(tensor, 4)
    checks.same_quantisation(given, output)
    checks.constant(size)
    checks.dtypes(size, ("int32",))
    checks.require(size.elements == 2, "it is not a height and a width", size)
    checks.shape(output, (given.shape[0], *size.values.reshape(-1).tolist(), given.shape[3]))


@kernel("RESIZE_NEAREST_NEIGHBOR", "nn_resize_nearest")
def resize(op: Op, options: Options) -> Lowered | None:
    given, output = op.inputs[0], op.output
    rows, columns = (nearest(given.shape[i], output.shape[i], **op.options) for i in (1, 2))
    struct = (
        (f"{braces(given.shape[1:])}, {braces(output.shape[1:])}", "input and output: height, width, channels"),
        (f"{given.shape[0]}", "batches"),
        ("{name}_rows, {name}_columns", ""),
    )
    return Lowered(
        calls=["nn_resize_nearest(&{name}, {0}, {out})"],
        arrays=[Array("rows", rows, "taken from"), Array("columns", columns, "taken from")],
        struct=Struct("nn_resize_params", struct, PARAMS_BYTES),
        headers=("nn/resize.h",),
    )


def between(inputs: int, outputs: int, *, align_corners: bool, half_pixel_centers: bool) -> np.ndarray:
    """(lower and upper input index, share of the upper in 1024ths) of each output index along one side, int64 [n, 3],
    in TFLM's fixed point."""
    if align_corners and outputs > 1:
        step = ((1 << 10) * (inputs - 1) + (outputs - 1) // 2) // (outputs - 1)
    else:
        step = ((1 << 10) * inputs + outputs // 2) // outputs
    found = []
    for index in range(outputs):
        at = index * step + (step // 2 - (1 << 9) if half_pixel_centers else 0)
        low, high = max(int(at / (1 << 10)), 0), min(int((at + (1 << 10) - 1) / (1 << 10)), inputs - 1)
        found.append((low, high, 0 if low == high else at - (low << 10)))
    return np.array(found)


@family("RESIZE_BILINEAR", limits=LIMITS + ", not both")
def check_bilinear(op: Op) -> None:
    check(op)
    both = op.options["align_corners"] and op.options["half_pixel_centers"]
    checks.require(not both, "it has both align_corners and half_pixel_centers", op.output)
    for axis in (1, 2):
        side = op.inputs[0].shape[axis]
        inside = int(between(side, op.output.shape[axis], **op.options).max(axis=0)[0]) < side
        checks.require(inside, "it is so much larger than the input that TFLM's steps end outside", op.output)


@kernel("RESIZE_BILINEAR", "nn_resize_bilinear")
def bilinear(op: Op, options: Options) -> Lowered | None:
    given, output = op.inputs[0], op.output
    rows, columns = (between(given.shape[i], output.shape[i], **op.options).astype(np.uint16) for i in (1, 2))
    struct = (
        (f"{braces(given.shape[1:])}, {braces(output.shape[1:])}", "input and output: height, width, channels"),
        (f"{given.shape[0]}", "batches"),
        ("(const nn_between *)(const void *){name}_rows, (const nn_between *)(const void *){name}_columns", ""),
    )
    return Lowered(
        calls=["nn_resize_bilinear(&{name}, {0}, {out})"],
        arrays=[Array("rows", rows, "low, high, share"), Array("columns", columns, "low, high, share")],
        struct=Struct("nn_bilinear_params", struct, PARAMS_BYTES),
        headers=("nn/resize.h",),
    )
