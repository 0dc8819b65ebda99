"""The compiler's view of a model: tensors and operators, without the file format."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

import numpy as np

ITEM_SIZES = {
    name: np.dtype(name).itemsize
    for name in "bool int8 uint8 int16 uint16 float16 int32 uint32 float32 int64 uint64 float64".split()  # noqa: SIM905
} | {"int4": 1}  # two a byte in the file; constants become int8 as they are read


@dataclass(eq=False)
class Tensor:
    """One tensor. `data` is there when it is constant; `view_of` when it is another's memory under another shape."""

    index: int  # in the .tflite; -1 when a pass made it
    name: str
    shape: tuple[int, ...]
    dtype: str  # as numpy names it: int8, int16, int32, int64, float32, ...
    scales: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))  # one, or one per channel
    zeros: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    axis: int = 0  # of the channels that `scales` belong to
    data: np.ndarray | None = None
    variable: bool = False  # keeps its value from one inference to the next
    initial: np.ndarray | None = None  # of a variable: its value after a reset, None for its zero point
    dynamic: tuple[int, ...] = ()  # axes behind the batch that have no fixed length
    view_of: Tensor | None = None
    channels: np.ndarray | None = None  # which of the .tflite's channels it holds, None for all
    view_start: int = 0  # bytes into the memory of `view_of`

    @property
    def elements(self) -> int:
        return prod(self.shape)

    @property
    def size(self) -> int:
        """Bytes; 0 for a type that the compiler does not know."""
        return self.elements * ITEM_SIZES.get(self.dtype, 0)

    @property
    def scale(self) -> np.float32:
        """The scale of a tensor quantised as a whole, float32 as in the file."""
        return np.float32(self.scales[0])

    @property
    def zero(self) -> int:
        return int(self.zeros[0])

    @property
    def values(self) -> np.ndarray:
        """`data` of a tensor that is known to be constant."""
        if self.data is None:
            raise ValueError(f"tensor {self.index} {self.name!r}: expected a constant, found none")
        return self.data

    @property
    def start(self) -> int:
        """Bytes from the start of its storage."""
        return 0 if self.view_of is None else self.view_start + self.view_of.start

    @property
    def storage(self) -> Tensor:
        """The tensor whose memory this one uses: itself unless it is a view."""
        return self if self.view_of is None else self.view_of.storage


class Operands(list["Tensor"]):
    """Inputs of an operator, in which None stands for an optional one that is left out.

    Their type has no None: an operator's checks refuse it where an input that it needs is left out
    (operators/checks.py). `optional` is for the others.
    """

    def optional(self, place: int) -> Tensor | None:
        """That input, None where it is left out, in the list or at its end."""
        return self[place] if place < len(self) else None


@dataclass(eq=False)
class Op:
    """One operator."""

    kind: str  # BuiltinOperator's name, or a fused kind made by a pass
    index: int  # in the .tflite
    inputs: Operands
    outputs: list[Tensor]
    options: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.inputs = Operands(self.inputs)

    @property
    def output(self) -> Tensor:
        return self.outputs[0]


@dataclass(eq=False)
class Tile:
    """Two operators strip by strip, from the top: `first[i]` makes the strip that `second[i]` reads at once."""

    first: list[Op]
    second: list[Op]

    @property
    def distance(self) -> int:
        """Bytes by which the output must start before the input, so that no strip overwrites rows that are still read;
        0: in place, as any earlier start, is safe."""
        made = [op.output.start + op.output.size for op in self.second[:-1]]
        needed = [op.inputs[0].start for op in self.first[1:]]
        return max([0, *(end - start for end, start in zip(made, needed, strict=True))])


@dataclass(eq=False)
class Graph:
    """Operators in an order in which they can run."""

    tensors: list[Tensor]
    ops: list[Op]
    inputs: list[Tensor]
    outputs: list[Tensor]
    tiles: list[Tile] = field(default_factory=list)
    others: list[Graph] = field(default_factory=list)  # subgraphs 1, 2, ... that a CALL_ONCE runs

    def consumers(self, tensor: Tensor) -> list[Op]:
        """The operators that read the tensor itself (not its views)."""
        return [op for op in self.ops if any(read is tensor for read in op.inputs)]

    def producer(self, tensor: Tensor) -> Op | None:
        return next((op for op in self.ops if any(made is tensor for made in op.outputs)), None)

    def feeds_only(self, tensor: Tensor, op: Op) -> bool:
        """True when `op` alone reads the tensor, by itself or through views, and it is no output of the model."""
        if any(out.storage is tensor.storage for out in self.outputs):
            return False
        readers = [user for user in self.ops if any(t is not None and t.storage is tensor.storage for t in user.inputs)]
        return readers == [op]
