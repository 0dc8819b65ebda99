"""UNIDIRECTIONAL_SEQUENCE_LSTM: int8 in and out, an int16 cell, gates in Q0.15."""

from __future__ import annotations

import math

from ml.compiler import fixed_point
from ml.compiler.graph import Op, Tensor
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Lowered, Options, Struct, family, kernel
from ml.compiler.operators.convolution import folded_bias
from ml.compiler.operators.recurrent import matrix, state, vector

INPUTS = 24
GATES = {"input": 0, "forget": 1, "cell": 2, "output": 3}
INPUT_WEIGHTS, HIDDEN_WEIGHTS, BIASES = 1, 5, 12  # the first gate's tensor of each sort; the others follow
HIDDEN, CELL = 18, 19
VARIANTS = {"peephole": range(9, 12), "projection": range(16, 18), "layer normalisation": range(20, 24)}
GATE_SCALE = 2.0**-12  # Q3.12
ACTIVATED_SCALE = 2.0**-15
LSTM_BYTES = 148  # sizeof(nn_lstm_params) on a 32-bit processor


def sizes(op: Op) -> tuple[int, int, int, int]:
    """(batches, steps, inputs, units)."""
    first, second, inputs = op.inputs[0].shape
    batches, steps = (second, first) if op.options["time_major"] else (first, second)
    return batches, steps, inputs, op.inputs[INPUT_WEIGHTS].shape[0]


def macs(op: Op) -> int:
    batches, steps, inputs, units = sizes(op)
    return batches * steps * len(GATES) * units * (inputs + units)


@family(
    "UNIDIRECTIONAL_SEQUENCE_LSTM",
    types="int8, cell int16",
    limits="with input gate; no peephole, projection or layer normalisation",
    macs=macs,
)
def check(op: Op) -> None:
    checks.arity(op, 1, INPUTS)
    checks.require(len(op.inputs) == INPUTS, f"it has {len(op.inputs)} inputs, expected {INPUTS}", op.output)
    given, weights = op.inputs[0], op.inputs[INPUT_WEIGHTS]
    for tensor in (given, op.output):
        checks.quantised(tensor)
        checks.rank(tensor, 3)
    checks.require(weights is not None, "it has no input gate", op.output)
    checks.rank(weights, 2)
    for variant, places in VARIANTS.items():
        tensor = next((op.inputs[place] for place in places if op.inputs[place] is not None), None)
        checks.require(tensor is None, f"{variant} is not supported", tensor)
    batches, _, inputs, units = sizes(op)
    for gate in GATES.values():
        matrix(op.inputs[INPUT_WEIGHTS + gate], (units, inputs))
        matrix(op.inputs[HIDDEN_WEIGHTS + gate], (units, units))
        vector(op.inputs[BIASES + gate], units)
    checks.shape(op.output, (*given.shape[:2], units))
    _check_state(op, batches * units)
    checks.require(op.options["activation"] == "tanh", f"its activation {op.options['activation']}", op.output)
    checks.require(op.options["cell_clip"] >= 0, "its clip is below 0", op.output)


def _check_state(op: Op, count: int) -> None:
    hidden, cell = op.inputs[HIDDEN], op.inputs[CELL]
    checks.require(hidden is not None and cell is not None, "it has no state", op.output)
    state(hidden, count, ("int8",))
    state(cell, count, ("int16",))
    # TFLM copies the hidden state to the output as it is, and shifts a cell by whole bits.
    checks.require(-14 <= tanh_shift(cell) <= 14, "its scale is not 2^-26..2^2", cell)


def tanh_shift(cell: Tensor) -> int:
    """Bits from the cell's scale, taken as a power of two, to Q3.12; left where positive."""
    return 12 + fixed_point.round_half_away(math.log2(float(cell.scale)))


def clip(op: Op) -> int:
    """The cell's largest value; 0 for none."""
    bound = float(op.options["cell_clip"])
    return int(min(bound / float(op.inputs[CELL].scale), 32767.0)) if bound > 0 else 0


def _gate(op: Op, name: str) -> tuple[list[Array], tuple[str, str]]:
    """The arrays of a gate and its nn_lstm_gate."""
    gate, given, hidden = GATES[name], op.inputs[0], op.inputs[HIDDEN]
    of_input, of_hidden = op.inputs[INPUT_WEIGHTS + gate], op.inputs[HIDDEN_WEIGHTS + gate]
    units, prefix = of_input.shape[0], f"{name}_gate"
    a, a_shift = fixed_point.multiplier(float(given.scale) * float(of_input.scale) / GATE_SCALE)
    b, b_shift = fixed_point.multiplier(float(hidden.scale) * float(of_hidden.scale) / GATE_SCALE)
    bias = op.inputs[BIASES + gate]
    arrays = [
        Array(f"{prefix}_input", of_input.values),
        Array(f"{prefix}_hidden", of_hidden.values),
        Array(f"{prefix}_input_bias", folded_bias(of_input.values, bias, given.zero, units, of_input)),
        Array(f"{prefix}_hidden_bias", folded_bias(of_hidden.values, None, hidden.zero, units, of_hidden)),
    ]
    places = ", ".join(f"{{name}}_{array.name}" for array in arrays)
    return arrays, (f"{{{places}, {a}, {b}, {a_shift}, {b_shift}}}", f"{name} gate")


@kernel("UNIDIRECTIONAL_SEQUENCE_LSTM", "nn_lstm")
def lstm(op: Op, options: Options) -> Lowered | None:
    batches, steps, inputs, units = sizes(op)
    hidden, cell = op.inputs[HIDDEN], op.inputs[CELL]
    strides = (1, batches) if op.options["time_major"] else (steps, 1)
    cell_scale, both = float(cell.scale), ACTIVATED_SCALE * ACTIVATED_SCALE
    forget, forget_shift = fixed_point.multiplier(ACTIVATED_SCALE * cell_scale / cell_scale)
    update, update_shift = fixed_point.multiplier(both / cell_scale)
    checks.scaled_sums(1 << 30, both / float(hidden.scale), hidden)
    made, made_shift = fixed_point.multiplier(both / float(hidden.scale))
    gates = [_gate(op, name) for name in GATES]
    rows = (
        (f"{batches}, {steps}, {inputs}, {units}", "batches, steps, inputs, units"),
        (f"{strides[0]}, {strides[1]}", "rows to the next batch and step"),
        *(row for _, row in gates),
        (f"{forget}, {update}, {made}", "multipliers: forget * cell, input * update, output * tanh"),
        (f"{forget_shift}, {update_shift}, {made_shift}", "their shifts"),
        (f"{tanh_shift(cell)}, {hidden.zero}, {clip(op)}", "shift of the tanh, zero point of the hidden state, clip"),
    )
    return Lowered(
        calls=[f"nn_lstm(&{{name}}, {{0}}, {{{HIDDEN}}}, {{{CELL}}}, {{out}})"],
        arrays=[array for arrays, _ in gates for array in arrays],
        struct=Struct("nn_lstm_params", rows, LSTM_BYTES),
        headers=("nn/recurrent.h",),
        parameters=sum(t.size for t in op.inputs[1:] if t is not None and t.data is not None),
    )
