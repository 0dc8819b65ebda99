"""PAD, CONCATENATION, STRIDED_SLICE and TRANSPOSE on int16: bytes only move, and padding is 0."""

from __future__ import annotations

from ml.compiler.graph import Op
from ml.compiler.operators.base import family, kernel
from ml.compiler.operators.concatenation import LIMITS, check_concatenation, concatenation
from ml.compiler.operators.movement import (
    SLICE_LIMITS,
    check_move,
    check_pads,
    check_slice,
    check_turn,
    pad,
    strided_slice,
    transpose,
)


@family("PAD int16", types="int16", limits="amounts constant")
def check_pad(op: Op) -> None:
    check_move(op, 2, ("int16",))
    check_pads(op)


@family("CONCATENATION int16", types="int16", limits=LIMITS)
def check_concatenation_int16(op: Op) -> None:
    check_concatenation(op, "int16")


@family("STRIDED_SLICE int16", types="int16", limits=SLICE_LIMITS)
def check_strided_slice_int16(op: Op) -> None:
    check_slice(op, "int16")


@family("TRANSPOSE int16", types="int16", limits="permutation constant")
def check_transpose_int16(op: Op) -> None:
    check_turn(op, "int16")


kernel("PAD int16", "nn_copy")(pad)
kernel("CONCATENATION int16", "nn_copy")(concatenation)
kernel("STRIDED_SLICE int16", "nn_copy")(strided_slice)
kernel("TRANSPOSE int16", "nn_copy")(transpose)
