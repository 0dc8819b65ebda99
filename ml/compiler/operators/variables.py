"""READ_VARIABLE and ASSIGN_VARIABLE where a copy is needed (passes/variables.py leaves out most of them), and COPY, by
which an output that is something else as well gets a place of its own (passes/ends.py)."""

from __future__ import annotations

from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, family, kernel

TYPES = ("int8", "uint8", "int16", "int32")  # of a variable
FAULT = "fault"  # the option that says what is wrong with a variable
COST = 0.75  # cycles a byte on a Cortex-M4: words, four a turn


def check(op: Op) -> None:
    """The pass has resolved the variable, or said why it cannot."""
    tensor = next((t for t in (*op.outputs, *op.inputs) if t is not None), None)
    checks.require(FAULT not in op.options, op.options.get(FAULT, ""), tensor)
    for end in (op.inputs[0], op.output):
        checks.sized(end)


def check_removed(op: Op) -> None:
    checks.require(False, op.options.get(FAULT, "it is not the start of a variable"), *op.outputs[:1])


family("CALL_ONCE", types="", limits="subgraphs that assign constants")(check_removed)
family("VAR_HANDLE", types="", limits="variables that are assigned")(check_removed)
for kind in ("READ_VARIABLE", "ASSIGN_VARIABLE"):
    family(kind, types="int8, uint8, int16, int32", limits="variables of the first subgraph; left out where it can be")(
        check
    )


@family("COPY", types="", limits="of an output")
def check_copy(op: Op) -> None:
    checks.sized(op.output)


@kernel("COPY", "nn_move")
@kernel("READ_VARIABLE", "nn_move")
@kernel("ASSIGN_VARIABLE", "nn_move")
def moved(op: Op, options: Options) -> Lowered | None:
    size = op.output.size
    return Lowered(
        calls=[f"nn_move({{0}}, {size}, {{out}})"],
        headers=("nn/stream.h",),
        reason="an output of its own" if op.kind == "COPY" else "a variable is copied",
        cycles=COST * size,
    )


@kernel("CALL_ONCE", "nn_move")
@kernel("VAR_HANDLE", "nn_move")
def removed(op: Op, options: Options) -> Lowered | None:
    """None: they never become a layer."""
