"""Several inputs lie one after the other in one block of the arena, and so do several outputs: an nn_model has one
`input` and one `output`, whatever their number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ml.compiler.graph import Graph, Op, Operands, Tensor
from ml.compiler.plan import aligned


def starts(tensors: list[Tensor]) -> tuple[list[int], int]:
    """Where each begins in the block, and the bytes of the block."""
    places, size = [], 0
    for tensor in tensors:
        places.append(size)
        size = aligned(size + tensor.size)
    return places, size


def join_ends(graph: Graph) -> None:
    """Makes views into a block of several ends. Those that no model may have are left alone for the check to name."""
    if len(graph.inputs) > 1 and not _refused(graph.inputs):
        _join(graph.inputs, "inputs")
    if len(graph.outputs) > 1 and not any(t.storage.variable for t in graph.outputs):
        for number, output in enumerate(graph.outputs):
            if not _can_move(graph, output):
                graph.outputs[number] = _copied(graph, output)
        _join([output.storage for output in graph.outputs], "outputs")


def _refused(inputs: list[Tensor]) -> bool:
    constant = any(t.data is not None or t.variable for t in inputs)
    return constant or len({id(t) for t in inputs}) < len(inputs)


def _join(tensors: list[Tensor], name: str) -> None:
    places, size = starts(tensors)
    block = Tensor(-1, name, (size,), "int8", np.ones(1, np.float32), np.zeros(1, np.int64))
    for tensor, place in zip(tensors, places, strict=True):
        tensor.view_of, tensor.view_start = block, place


def _can_move(graph: Graph, output: Tensor) -> bool:
    """Its memory is nothing else."""
    memory = output.storage
    inputs = any(given.storage is memory for given in graph.inputs)
    shared = sum(other.storage is memory for other in graph.outputs) > 1
    return memory.data is None and not inputs and not shared and memory.size == output.size


def _copied(graph: Graph, output: Tensor) -> Tensor:
    made = replace(output, data=None, view_of=None, view_start=0)
    graph.ops.append(Op("COPY", output.index, Operands([output]), [made]))
    return made
