"""What the interpreter will find in a `.tflite`: operators, tensors, resource variables. Nothing of how they compute,
so that a model which only TensorFlow Lite Micro can run has an outline too. The file is untrusted."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from ml.compiler.flatbuffer import Buffer, Table
from ml.compiler.graph import ITEM_SIZES
from ml.compiler.schema import DTYPES, OPERATORS
from ml.errors import UserError

ALIGNED = 16  # what the arena's tensors are aligned to, bytes
MOST = 65_535  # operators or tensors: nn_layer counts them in 16 bits


@dataclass(frozen=True)
class Tensor:
    index: int
    dtype: str
    shape: tuple[int, ...]
    scale: float = 0.0  # 0: it has none of its own
    zero: int = 0

    @property
    def size(self) -> int:
        """Bytes."""
        return prod(self.shape) * ITEM_SIZES.get(self.dtype, 0)


@dataclass(frozen=True)
class Node:
    """An operator of the main subgraph; -1 in place of a tensor that is left out."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Outline:
    kinds: tuple[str, ...]  # of operators in all subgraphs, each once
    nodes: list[Node]
    tensors: list[Tensor]  # of the main subgraph
    input: Tensor
    output: Tensor
    variables: int  # resource variables
    all_tensors: int  # in all subgraphs
    all_nodes: int


def outline(tflite: bytes, name: str) -> Outline:
    """`name` is whose it is, in errors; UserError for a damaged file, custom operators, several inputs or outputs."""
    buffer = Buffer(bytes(tflite), name)
    model = buffer.root()
    codes = [_kind(code, name) for code in model.tables(1)]
    subgraphs = model.tables(2)
    if not subgraphs:
        buffer.fail("no subgraph")
    operators = [subgraph.tables(3) for subgraph in subgraphs]
    nodes = [[_node(buffer, op, codes) for op in ops] for ops in operators]
    tensors = [_tensor(buffer, table, number) for number, table in enumerate(subgraphs[0].tables(0))]
    if max(len(tensors), len(nodes[0])) > MOST:
        buffer.fail(f"more than {MOST:,} tensors or operators")
    ends = [_only(buffer, subgraphs[0], slot, tensors) for slot in (1, 2)]
    names = {
        (options.string(0), options.string(1))
        for ops in operators
        for op in ops
        if codes[op.scalar(0, "I")] == "VAR_HANDLE" and (options := op.table(4))
    }
    return Outline(
        kinds=tuple(dict.fromkeys(node.kind for each in nodes for node in each)),
        nodes=nodes[0],
        tensors=tensors,
        input=ends[0],
        output=ends[1],
        variables=len(names),
        all_tensors=sum(len(subgraph.tables(0)) for subgraph in subgraphs),
        all_nodes=sum(map(len, nodes)),
    )


def _kind(code: Table, name: str) -> str:
    number = max(code.scalar(0, "b"), code.scalar(3, "i"))
    kind = OPERATORS.get(number, f"operator number {number}")
    if kind == "CUSTOM":
        raise UserError(
            f"{name}: expected operators of TensorFlow Lite, found the custom operator {code.string(1)[:80]!r}; "
            "convert the model without it"
        )
    return kind


def _node(buffer: Buffer, op: Table, codes: list[str]) -> Node:
    code = op.scalar(0, "I")
    if code >= len(codes):
        buffer.fail(f"an operator with code {code} of {len(codes)}")
    return Node(codes[code], tuple(op.array(1, "int32").tolist()), tuple(op.array(2, "int32").tolist()))


def _tensor(buffer: Buffer, table: Table, index: int) -> Tensor:
    shape = tuple(table.array(0, "int32").tolist())
    if any(side < 0 for side in shape):
        buffer.fail(f"tensor {index} with the shape {list(shape)[:9]}")
    kind = table.scalar(1, "b")
    quantised = table.table(4)
    scales = quantised.array(2, "float32") if quantised else ()
    zeros = quantised.array(3, "int64") if quantised else ()
    single = len(scales) == 1
    zero = int(zeros[0]) if single and len(zeros) == 1 else 0
    return Tensor(index, DTYPES.get(kind, f"type {kind}"), shape, float(scales[0]) if single else 0.0, zero)


def _only(buffer: Buffer, subgraph: Table, slot: int, tensors: list[Tensor]) -> Tensor:
    """The model's input or output, of integers."""
    what = {1: "input", 2: "output"}[slot]
    numbers = subgraph.array(slot, "int32").tolist()
    if len(numbers) != 1 or not 0 <= numbers[0] < len(tensors):
        raise UserError(f"{buffer.name}: expected one {what} for --engine tflm, found {len(numbers)}; split the model")
    tensor = tensors[numbers[0]]
    if tensor.dtype not in ("int8", "int16") or not tensor.scale or not tensor.size:
        raise UserError(
            f"{buffer.name}: expected an {what} of int8 or int16 with one scale for --engine tflm, found "
            f"{tensor.dtype} of {tensor.size} B; convert it with inference_{what}_type = int8"
        )
    return tensor
