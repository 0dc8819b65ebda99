"""A model that takes or gives float32 begins with QUANTIZE or ends with DEQUANTIZE. Inference has no floating point:
the compiled model takes and gives the integers on the inner side, and the header states their scale and zero point."""

from __future__ import annotations

from ml.compiler.graph import Graph


def strip_float_boundary(graph: Graph) -> None:
    for op in list(graph.ops):
        if op.kind == "QUANTIZE" and len(op.inputs) == 1 and len(op.outputs) == 1:
            _strip_input(graph, op)
        elif op.kind == "DEQUANTIZE" and len(op.inputs) == 1 and len(op.outputs) == 1:
            _strip_output(graph, op)


def _strip_input(graph: Graph, op) -> None:
    given = op.inputs[0]
    if given in graph.inputs and given.dtype == "float32" and graph.consumers(given) == [op]:
        graph.inputs[graph.inputs.index(given)] = op.output
        graph.ops.remove(op)


def _strip_output(graph: Graph, op) -> None:
    made = op.output
    whole = made is not None and op.inputs[0] is not None
    if whole and made in graph.outputs and made.dtype == "float32" and not graph.consumers(made):
        graph.outputs[graph.outputs.index(made)] = op.inputs[0]
        graph.ops.remove(op)
