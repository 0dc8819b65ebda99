"""The cost of a compiled model, as a table for people and as plain data for programs."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from ml.compiler.compile import Compiled
from ml.compiler.graph import Tensor
from ml.compiler.lowering import Layer
from ml.compiler.streaming import command as streaming
from ml.compiler.streaming.moves import MOVES


def _read(layer: Layer) -> list[Tensor]:
    read = [t for t in layer.op.inputs if t is not None and t.data is None]
    return read[:1] if layer.op.kind in MOVES else read


def _layer(layer: Layer) -> dict:
    read = _read(layer)
    return {
        "layer": layer.number,
        "operator": layer.op.kind,
        "kernel": layer.lowered.kernel,
        "reason": layer.lowered.reason,
        "weight_bits": layer.lowered.bits if layer.lowered.parameters else None,
        "inputs": [list(t.shape) for t in read],
        "output": list(layer.op.output.shape),
        "tensor": layer.op.output.index,
        "macs": layer.macs,
        "flash_bytes": layer.lowered.flash,
        "live_ram_bytes": layer.live,
    }


def _end(tensor: Tensor) -> dict:
    return {"shape": list(tensor.shape), "type": tensor.dtype}


def report(compiled: Compiled) -> dict:
    """All figures; sizes in bytes. Flash counts constants, not code, which the linker knows."""
    program = compiled.program
    layers = [_layer(layer) for layer in program.layers]
    return {
        "model": compiled.hash,
        "header": str(compiled.header),
        "check_crc32": f"{compiled.check:08x}",
        "verified_with_tflm": compiled.verified,
        "proof": str(compiled.proof),
        "layers": layers,
        "macs": sum(layer["macs"] for layer in layers),
        "flash_bytes": sum(layer["flash_bytes"] for layer in layers),
        "parameter_bytes": sum(layer.lowered.parameters for layer in program.layers),
        "arena_bytes": program.plan.size,
        "arena_lower_bound_bytes": program.plan.lower_bound,
        "state_bytes": program.state,
        "input": _end(program.input),
        "output": _end(program.output),
        **{
            role: [_end(tensor) | {"name": tensor.name} for tensor in tensors]
            for role, tensors in (("inputs", program.graph.inputs), ("outputs", program.graph.outputs))
            if len(tensors) > 1
        },
        **({"stream": streaming.figures(program)} if program.stream else {}),
    }


def table(figures: dict) -> Table:
    """One row a layer and the totals, of a `report`."""
    rows = Table(
        title=f"{Path(figures['header']).name}: model {figures['model']}", show_footer=True, title_justify="left"
    )
    rows.add_column("layer", footer="total")
    rows.add_column("operator", no_wrap=True)
    rows.add_column("in", no_wrap=True)
    rows.add_column("out", no_wrap=True)
    rows.add_column("MACs", justify="right", footer=f"{figures['macs']:,}")
    rows.add_column("flash B", justify="right", footer=f"{figures['flash_bytes']:,}")
    rows.add_column("live RAM B", justify="right", footer=f"{figures['arena_bytes']:,}")
    rows.add_column("kernel", no_wrap=True)
    for layer in figures["layers"]:
        rows.add_row(
            str(layer["layer"]),
            layer["operator"],
            " ".join(map(_shape, layer["inputs"])),
            _shape(layer["output"]),
            f"{layer['macs']:,}" if layer["macs"] else "",
            f"{layer['flash_bytes']:,}",
            f"{layer['live_ram_bytes']:,}",
            layer["kernel"],
        )
    return rows


def _shape(shape: list[int]) -> str:
    return "x".join(map(str, shape[1:] if shape[:1] == [1] else shape))


def summary(figures: dict) -> str:
    """What stands below the table."""
    return (
        f"arena {figures['arena_bytes']:,} B (no plan can be below {figures['arena_lower_bound_bytes']:,} B), "
        f"constants {figures['flash_bytes']:,} B of which {figures['parameter_bytes']:,} B are the model's own; "
        f"check {figures['check_crc32']}; {figures['proof']}"
        + _bits(figures["layers"])
        + (f"\n{streaming.summary(figures['stream'])}" if "stream" in figures else "")
    )


def _bits(layers: list[dict]) -> str:
    """Which layers hold weights of 4 bits, and which might have but for a reason."""
    narrow = [str(layer["layer"]) for layer in layers if layer["weight_bits"] == 4]
    refused = [f"layer {one['layer']}: {one['reason']}" for one in layers if "not in 4 bits" in one["reason"]]
    lines = [f"weights of 4 bits in layers {', '.join(narrow)}"] if narrow else []
    return "".join(f"\n{line}" for line in lines + refused)
