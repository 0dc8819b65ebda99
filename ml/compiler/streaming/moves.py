"""ADVANCE, RECALL and KEEP: the operators that move rows from one step to the next."""

from __future__ import annotations

from ml.compiler.graph import Op
from ml.compiler.operators.base import Lowered, Options, family, kernel

MOVES = ("ADVANCE", "RECALL", "KEEP")
COST = 0.75  # cycles a byte on a Cortex-M4: words, four a turn


def check(op: Op) -> None:
    """They are made by the compiler, never read from a file: their tensors fit."""


for kind in MOVES:
    family(kind, types="", limits="of the streaming form")(
        check
    )  # no type: not an operator of any model, so not in docs/operators.md


def moved_bytes(op: Op) -> int:
    """What an operator of this module copies in a step."""
    if op.kind == "RECALL":
        return op.output.size
    if op.kind == "KEEP":
        return op.inputs[0].size
    return sum(tensor.size for tensor in op.inputs[1::2]) + (op.inputs[0].size if _takes(op) else 0)


def _takes(op: Op) -> bool:
    return op.output is not op.inputs[0]


def _lowered(op: Op, calls: list[str]) -> Lowered:
    return Lowered(calls=calls, headers=("nn/stream.h",), cycles=COST * moved_bytes(op), reason="histories move on")


@kernel("ADVANCE", "nn_move")
def advance(op: Op, options: Options) -> Lowered | None:
    """Inputs: the new rows, then pairs of (where rows of a history lie, where they go)."""
    calls = [f"nn_move({{{at}}}, {op.inputs[at].size}, {{{at + 1}}})" for at in range(1, len(op.inputs), 2)]
    if _takes(op):
        calls.append(f"nn_move({{0}}, {op.inputs[0].size}, {{out}})")
    return _lowered(op, calls)


@kernel("RECALL", "nn_ring_read")
def recall(op: Op, options: Options) -> Lowered | None:
    """Inputs: the ring, its oldest byte."""
    size, skip = op.inputs[0].size, op.options["skip"]
    return _lowered(op, [f"nn_ring_read({{0}}, {size}, {{1}}, {skip}, {op.output.size}, {{out}})"])


@kernel("KEEP", "nn_ring_write")
def keep(op: Op, options: Options) -> Lowered | None:
    """Inputs: the new rows, the ring, its oldest byte; the output is the rows themselves."""
    return _lowered(op, [f"nn_ring_write({{1}}, {op.inputs[1].size}, {{2}}, {op.inputs[0].size}, {{0}})"])
