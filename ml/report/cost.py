"""The cost of a compiled model, with the picture of its arena, as plain data."""

from ml.compiler.compile import Compiled
from ml.compiler.lowering import Program
from ml.compiler.report import report


def cost(compiled: Compiled) -> dict:
    """The compiler's report and `buffers`: name, offset, size in bytes, first and last layer of each tensor."""
    return report(compiled) | {"header": compiled.header.name, "buffers": _buffers(compiled.program)}


def _buffers(program: Program) -> list[dict]:
    last = len(program.layers) - 1
    found: dict[int, dict] = {}
    _touch(found, program, program.input, "input", 0)
    for layer in program.layers:
        for tensor in layer.op.inputs:
            if tensor is not None:
                _touch(found, program, tensor, "", layer.number)
        _touch(found, program, layer.op.output, layer.label, layer.number)
        if layer.lowered.scratch:
            offset = program.plan.offsets[layer.scratch_key]
            found[layer.scratch_key] = _row(f"{layer.label} scratch", offset, layer.lowered.scratch, layer.number)
    _touch(found, program, program.output, "output", last)
    return list(found.values())


def _touch(found: dict[int, dict], program: Program, tensor, name: str, layer: int) -> None:
    if id(tensor.storage) not in program.plan.offsets:
        return  # a constant, or the state of a model in streaming form: not in the arena
    row = found.setdefault(id(tensor.storage), _row(name, program.offset(tensor), tensor.size, layer))
    row["last"] = max(row["last"], layer)
    row["size"] = max(row["size"], tensor.size)


def _row(name: str, offset: int, size: int, layer: int) -> dict:
    return {"name": name, "offset": offset, "size": size, "first": layer, "last": layer}
