"""The additional parts of a streaming model's header: the stream and its push function."""

from __future__ import annotations

from ml.compiler import emit
from ml.compiler.graph import Op, Tensor
from ml.compiler.lowering import Program
from ml.compiler.streaming.strips import FIRST_BYTE


def notes(program: Program) -> list[str]:
    """Comment lines for the head of the file."""
    stream = program.streamed
    saved = 100 * (1 - program.macs / stream.window_macs)
    return [
        f"streaming: a step takes {count(stream.hop, 'new row')} of a window of {stream.rows} (axis {stream.axis}); "
        f"its output holds from step {stream.warm_up} on",
        f"a step costs {program.macs:,} of the window's {stream.window_macs:,} multiply-accumulates, {saved:.0f} % "
        f"less; state {program.state:,} B",
    ]


def count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


WARM_UP = "steps until the window is full"
HEAD = "layers at the end that only make the output"
STEPS = "    uint16_t steps; // since the start, until the window is full"  # the last of the state


def first_bytes(program: Program, name: str, whole: str) -> str:
    """The table by which a strip is compared with the reference's tensor."""
    first = [layer.op.options.get(FIRST_BYTE, 0) for layer in program.layers]
    return (
        f"// Where the output of a layer begins in {whole}, in bytes.\n"
        f"static const uint32_t {name}_first[] = {{\n{emit.numbers(first)}}};\n"
    )


def head(program: Program) -> int:
    """Layers at the end that leave nothing to later steps."""
    keep = [n for n, layer in enumerate(program.layers, 1) if _keeps(layer.op, program.variables)]
    return len(program.layers) - max(keep, default=0)


def _keeps(op: Op, state: list[Tensor]) -> bool:
    return op.kind in ("ADVANCE", "KEEP") or any(tensor.storage in state for tensor in op.outputs)


def stream(program: Program, name: str, check: int) -> str:
    """The nn_stream and `<name>_push`."""
    given = program.streamed
    rows = [
        (f"&{name}_model", "a step"),
        (f"{given.hop}", "rows that a step takes"),
        (f"{given.rows}", "rows of the window"),
        (f"{given.warm_up}", WARM_UP),
        (f"{head(program)}", HEAD),
        (f"&{name}_state.steps", "since the start"),
        (f"{name}_first", ""),
        (f"0x{check:08X}u", "CRC-32 of the output after these steps on the numbers of nn_fixed_input, carried on"),
    ]
    takes = f"Takes the next {count(given.hop, 'row')}, {program.input.size} bytes"
    return (
        f"{first_bytes(program, name, 'its tensor of the whole window')}\n"
        + emit.struct("nn_stream", f"{name}_stream", rows)
        + f"\n// {takes}; true when {name}_model.output holds.\n"
        f"static inline bool {name}_push(const int8_t *rows) {{\n    return nn_push(&{name}_stream, rows);\n}}\n"
    )
