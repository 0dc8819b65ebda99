"""From the bytes of a `.tflite` to a Graph. The file is untrusted; this module checks it once for all others."""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from ml.compiler.flatbuffer import Buffer, Table
from ml.compiler.graph import Graph, Op, Operands, Tensor
from ml.compiler.schema import ACTIVATIONS, CONTROL_FLOW, DTYPES, NEWER_DTYPES, OPERATORS, OPTIONS
from ml.errors import UserError

MAX_BYTES = 64 << 20  # of a model or one tensor: far above any microcontroller, far below this computer
MAX_TENSORS = 65535  # nn_layer counts them in 16 bits


def read(data: bytes, name: str = "model") -> Graph:
    """The first subgraph of a `.tflite` (schema version 3), with those that it runs once. `name` is used in errors;
    raises UserError."""
    if len(data) > MAX_BYTES:
        raise UserError(f"{name}: expected a model of at most {MAX_BYTES >> 20} MB, found {len(data) >> 20} MB")
    buffer = Buffer(bytes(data), name)
    model = buffer.root()
    version = model.scalar(0, "I")
    if version > 3:
        raise UserError(
            f"{name}: expected schema version 3, found {version}; convert the model with a version of today"
        )
    if version != 3:
        buffer.fail(f"schema version {version}, not 3")
    codes = [_kind(code) for code in model.tables(1)]
    subgraphs = model.tables(2)
    if len(subgraphs) != 1:
        _check_subgraphs(name, subgraphs, codes)
    buffers = model.tables(4)
    first, *others = (_graph(buffer, subgraph, codes, buffers) for subgraph in subgraphs)
    first.others = others
    return first


def _graph(buffer: Buffer, subgraph: Table, codes: list[str], buffers: list[Table]) -> Graph:
    tensors = _tensors(buffer, subgraph, buffers)
    graph = Graph(
        tensors=tensors,
        ops=[_op(buffer, table, index, codes, tensors) for index, table in enumerate(subgraph.tables(3))],
        inputs=_pick(buffer, tensors, subgraph.array(1, "int32")),
        outputs=_pick(buffer, tensors, subgraph.array(2, "int32")),
    )
    _check_order(buffer, graph)
    return graph


def _check_subgraphs(name: str, subgraphs: list[Table], codes: list[str]) -> None:
    """Every subgraph but the first is one that a CALL_ONCE runs; otherwise names what runs the others."""
    ops = subgraphs[0].tables(3) if subgraphs else []
    kinds = [codes[op.scalar(0, "I")] if op.scalar(0, "I") < len(codes) else "" for op in ops]
    once = {_once(op) for op, kind in zip(ops, kinds, strict=True) if kind == "CALL_ONCE"}
    users = [f"operator {i} {kind}" for i, kind in enumerate(kinds) if kind in CONTROL_FLOW and kind != "CALL_ONCE"]
    if subgraphs and not users and once == set(range(1, len(subgraphs))):
        return
    why = f"{users[0]} runs another one" if users else "none of its operators runs another one"
    raise UserError(
        f"{name}: expected one subgraph, found {len(subgraphs)}: {why}; control flow is not supported: convert the "
        f"model without it, one signature at a time"
    )


def _once(op: Table) -> int:
    """The subgraph that a CALL_ONCE runs."""
    options = op.table(4)
    return options.scalar(0, "i") if options else 0


def _kind(code: Table) -> str:
    number = max(code.scalar(0, "b"), code.scalar(3, "i"))
    if OPERATORS.get(number) == "CUSTOM":
        return f"CUSTOM {code.string(1)!r}"
    return OPERATORS.get(number, f"operator number {number}")


def _tensors(buffer: Buffer, subgraph: Table, buffers: list[Table]) -> list[Tensor]:
    tables = subgraph.tables(0)
    if len(tables) > MAX_TENSORS:
        buffer.fail(f"{len(tables)} tensors, more than {MAX_TENSORS}")
    return [_tensor(buffer, table, index, buffers) for index, table in enumerate(tables)]


def _tensor(buffer: Buffer, table: Table, index: int, buffers: list[Table]) -> Tensor:
    shape = tuple(int(side) for side in table.array(0, "int32"))
    if len(shape) > 8 or any(side < 0 for side in shape):
        buffer.fail(f"tensor {index} with the shape {list(shape)[:9]}")
    kind = table.scalar(1, "b")
    dtype = DTYPES.get(kind) or NEWER_DTYPES.get(kind, f"type {kind}")
    tensor = Tensor(index, table.string(3)[:200], shape, dtype, variable=bool(table.scalar(5, "?")))
    _dynamic(table.array(7, "int32"), tensor)
    if table.scalar(10, "I"):
        _refuse_external(buffer, tensor)
    if kind not in DTYPES:
        return tensor  # a string or a resource; the operator that reads it is refused by name
    if tensor.size > MAX_BYTES:
        buffer.fail(f"tensor {index} of shape {list(shape)}, more than {MAX_BYTES >> 20} MB")
    _quantisation(buffer, table.table(4), tensor)
    _constant(buffer, table.scalar(2, "I"), tensor, buffers)
    return tensor


def _dynamic(signature: np.ndarray, tensor: Tensor) -> None:
    """Which axes have no length of their own: `shape` says 1 there, the signature -1. A batch may have none."""
    if len(signature) == len(tensor.shape):
        tensor.dynamic = tuple(axis for axis, side in enumerate(signature.tolist()) if side < 0 and axis > 0)


def _refuse_external(buffer: Buffer, tensor: Tensor) -> None:
    raise UserError(
        f"{buffer.name}: tensor {tensor.index} {' '.join(tensor.name.split())[:60]!r} has its data behind the model's "
        f"tables or in another file, as newer converters write large models; expected it inside: convert the model "
        f"without external buffers"
    )


def _quantisation(buffer: Buffer, table: Table | None, tensor: Tensor) -> None:
    if table is None:
        return
    tensor.scales = table.array(2, "float32")
    tensor.zeros = table.array(3, "int64")
    tensor.axis = table.scalar(6, "i")
    if not np.all(np.isfinite(tensor.scales)) or np.any(tensor.scales < 0):
        buffer.fail(f"tensor {tensor.index} with a scale that is negative or not finite")
    if len(tensor.zeros) != len(tensor.scales):
        tensor.zeros = np.zeros(len(tensor.scales), np.int64)
    if np.any(np.abs(tensor.zeros) > 1 << 31):
        buffer.fail(f"tensor {tensor.index} with a zero point beyond 32 bits")


def _constant(buffer: Buffer, number: int, tensor: Tensor, buffers: list[Table]) -> None:
    if number >= len(buffers):
        buffer.fail(f"tensor {tensor.index} in buffer {number} of {len(buffers)}")
    if buffers[number].scalar(1, "Q") > 1:
        _refuse_external(buffer, tensor)
    data = buffers[number].array(0, "uint8")
    if number == 0 or len(data) == 0:
        return
    size = (tensor.elements + 1) // 2 if tensor.dtype == "int4" else tensor.size
    if len(data) != size:
        buffer.fail(f"tensor {tensor.index} of {size} bytes with {len(data)} bytes of data")
    if tensor.dtype == "int4":
        data, tensor.dtype = unpacked(data)[: tensor.elements], "int8"
    tensor.data = data.view(np.dtype(tensor.dtype).newbyteorder("<")).reshape(tensor.shape)


def unpacked(data: np.ndarray) -> np.ndarray:
    """int8 as uint8 of two signed values a byte, the first in the low half."""
    pairs = np.stack([data << 4, data & 0xF0], axis=1).view(np.int8) >> 4
    return pairs.ravel().view(np.uint8)


def _pick(buffer: Buffer, tensors: list[Tensor], numbers: np.ndarray) -> Operands:
    """Tensors by number; -1 is an input left out."""
    picked = Operands()
    for number in numbers.tolist():
        if not -1 <= number < len(tensors):
            buffer.fail(f"a reference to tensor {number} of {len(tensors)}")
        picked.append(cast(Tensor, None) if number == -1 else tensors[number])
    return picked


def _op(buffer: Buffer, table: Table, index: int, codes: list[str], tensors: list[Tensor]) -> Op:
    code = table.scalar(0, "I")
    if code >= len(codes):
        buffer.fail(f"operator {index} with code {code} of {len(codes)}")
    op = Op(
        kind=codes[code],
        index=index,
        inputs=_pick(buffer, tensors, table.array(1, "int32")),
        outputs=_pick(buffer, tensors, table.array(2, "int32")),
    )
    op.options = _options(buffer, table.table(4), op.kind)
    return op


def _options(buffer: Buffer, table: Table | None, kind: str) -> dict:
    options = {}
    for name, slot, code, default in OPTIONS.get(kind, ()):
        value = default
        if table:
            value = table.string(slot) if code == "s" else table.scalar(slot, code, default)
        if name == "activation":
            if value not in ACTIVATIONS:
                buffer.fail(f"activation number {value}")
            value = ACTIVATIONS[value]
        if code == "f" and not math.isfinite(float(value)):
            buffer.fail(f"{kind} with {name} {value}")
        options[name] = value
    return options


def _check_order(buffer: Buffer, graph: Graph) -> None:
    """Every tensor is made once, before it is read: no cycles, nothing undefined."""
    if None in graph.inputs or None in graph.outputs:
        buffer.fail("an input or output of the model that is left out")
    ready = {id(t) for t in graph.tensors if t.data is not None or t.variable} | {id(t) for t in graph.inputs}
    for op in graph.ops:
        for tensor in op.inputs:
            # A custom operator may bring memory of its own; it is refused by name.
            if tensor is not None and id(tensor) not in ready and not op.kind.startswith("CUSTOM"):
                buffer.fail(f"operator {op.index} ({op.kind}) that reads tensor {tensor.index} before it is made")
        for tensor in op.outputs:
            if tensor is None or id(tensor) in ready:
                buffer.fail(f"operator {op.index} ({op.kind}) that makes a tensor which is there already")
            ready.add(id(tensor))
    if any(id(t) not in ready for t in graph.outputs):
        buffer.fail("an output that no operator makes")
