"""PAD and CONCATENATION on int16: bytes only move, and padding is 0."""

from __future__ import annotations

from ml.compiler.graph import Op
from ml.compiler.operators.base import family, kernel
from ml.compiler.operators.concatenation import LIMITS, check_concatenation, concatenation
from ml.compiler.operators.movement import check_move, check_pads, pad


@family("PAD int16", types="int16", limits="amounts constant")
def check_pad(op: Op) -> None:
    check_move(op, 2, ("int16",))
    check_pads(op)


kernel("PAD int16", "nn_copy")(pad)


@family("CONCATENATION int16", types="int16", limits=LIMITS)
def check_concatenation_int16(op: Op) -> None:
    check_concatenation(op, "int16")


kernel("CONCATENATION int16", "nn_copy")(concatenation)
