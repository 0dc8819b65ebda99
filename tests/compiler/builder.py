"""Writes small `.tflite` files by hand: quick, and every parameter can be reached.

b = Builder()
x = b.tensor((1, 8, 8, 3), scale=0.1, zero=3)
y = b.tensor((1, 8, 8, 3), scale=0.2, zero=-5)
b.op("RELU", [x], [y])
model = b.model([x], [y])
"""

from dataclasses import dataclass

import flatbuffers
import numpy as np

from ml.compiler.schema import ACTIVATIONS, DTYPES, NEWER_DTYPES, OPERATORS, OPTIONS

TYPE = {name: number for number, name in (NEWER_DTYPES | DTYPES).items()}
OPERATOR = {name: number for number, name in OPERATORS.items()}
ACTIVATION = {name: number for number, name in ACTIVATIONS.items()}
UNION = {  # BuiltinOptions of schema.fbs
    "CONV_2D": 1, "DEPTHWISE_CONV_2D": 2, "AVERAGE_POOL_2D": 5, "MAX_POOL_2D": 5, "SVDF": 6, "FULLY_CONNECTED": 8,
    "SOFTMAX": 9, "CONCATENATION": 10, "ADD": 11, "RESHAPE": 17, "MUL": 21, "PAD": 22, "GATHER": 23, "TRANSPOSE": 26,
    "MEAN": 27, "SUB": 28, "SQUEEZE": 30, "STRIDED_SLICE": 32, "SPLIT": 35, "MAXIMUM": 39, "MINIMUM": 39, "PADV2": 43,
    "EXPAND_DIMS": 52, "SHAPE": 55, "PACK": 59, "UNPACK": 64, "UNIDIRECTIONAL_SEQUENCE_LSTM": 71,
    "RESIZE_NEAREST_NEIGHBOR": 74, "LEAKY_RELU": 75, "QUANTIZE": 89, "HARD_SWISH": 91, "BATCH_MATMUL": 101,
    "REDUCE_MAX": 27, "CAST": 37, "DEQUANTIZE": 38, "NEG": 42, "SQUARED_DIFFERENCE": 76, "ABS": 78, "GELU": 116,
    "SPLIT_V": 79, "CALL_ONCE": 103, "VAR_HANDLE": 111, "READ_VARIABLE": 112, "ASSIGN_VARIABLE": 113,
    "TRANSPOSE_CONV": 49, "RESIZE_BILINEAR": 15, "TILE": 51, "DIV": 29, "ARG_MAX": 40, "LOG_SOFTMAX": 36, "EXP": 33,
    "SPACE_TO_BATCH_ND": 25, "BATCH_TO_SPACE_ND": 24, "DEPTH_TO_SPACE": 94, "SPACE_TO_DEPTH": 19, "MIRROR_PAD": 77,
    "SUM": 27, "SLICE": 48, "REVERSE_V2": 81,
}  # fmt: skip
PREPEND = {"b": "PrependInt8Slot", "i": "PrependInt32Slot", "f": "PrependFloat32Slot", "?": "PrependBoolSlot"}


@dataclass(frozen=True)
class _Tensor:
    shape: tuple[int, ...]
    dtype: str
    buffer: int
    scales: tuple[float, ...]
    zeros: tuple[int, ...]
    axis: int
    variable: bool
    name: str
    signature: tuple[int, ...] | None


class Builder:
    """Collects tensors and operators; `model` gives the file's bytes."""

    def __init__(self):
        self.tensors: list[_Tensor] = []
        self.ops: list[tuple[str, list[int], list[int], dict, list[int]]] = []
        self.buffers: list[bytes] = [b""]
        self.others: list[Builder] = []

    def tensor(self, shape, *, scale=None, zero=0, dtype="int8", variable=False, name="", signature=None) -> int:
        """A tensor made at run time; returns its index."""
        scales = () if scale is None else (scale,)
        zeros = () if scale is None else (zero,)
        return self._add(tuple(shape), dtype, 0, scales, zeros, 0, variable, name, signature)

    def const(self, data, *, scales=(), zeros=None, axis=0, name="", dtype=None) -> int:
        """A constant tensor; returns its index. With the dtype "int4" two values share a byte."""
        data = np.asarray(data)
        self.buffers.append(_packed(data) if dtype == "int4" else np.ascontiguousarray(data).tobytes())
        scales = tuple(np.atleast_1d(scales).tolist())
        zeros = (0,) * len(scales) if zeros is None else tuple(zeros)
        return self._add(
            data.shape, dtype or data.dtype.name, len(self.buffers) - 1, scales, zeros, axis, False, name, None
        )

    def _add(self, *fields) -> int:
        self.tensors.append(_Tensor(*fields))
        return len(self.tensors) - 1

    def op(self, kind: str, inputs: list[int], outputs: list[int], *, intermediates=(), **options) -> None:
        """An operator; options by the names of ml.compiler.schema, the rest at their defaults."""
        self.ops.append((kind, inputs, outputs, options, list(intermediates)))

    def subgraph(self) -> "Builder":
        """Another subgraph of the model, the next number, without inputs and outputs; it has tensors of its own."""
        other = Builder()
        other.buffers = self.buffers
        self.others.append(other)
        return other

    def variable(self, name: str) -> int:
        """The handle of a resource variable."""
        handle = self.tensor((), dtype="resource")
        self.op("VAR_HANDLE", [], [handle], shared_name=name)
        return handle

    def model(self, inputs: list[int], outputs: list[int]) -> bytes:
        f = flatbuffers.Builder(1024)
        kinds = sorted({kind for graph in (self, *self.others) for kind, *_ in graph.ops})
        codes = [self._code(f, kind) for kind in kinds]
        subgraphs = [self._graph(f, kinds, inputs, outputs), *(one._graph(f, kinds, [], []) for one in self.others)]
        buffers = [self._buffer(f, data) for data in self.buffers]
        model = {1: _offsets(f, codes), 2: _offsets(f, subgraphs), 4: _offsets(f, buffers)}
        f.StartObject(8)
        f.PrependUint32Slot(0, 3, 0)
        for slot, offset in model.items():
            f.PrependUOffsetTRelativeSlot(slot, offset, 0)
        f.Finish(f.EndObject(), file_identifier=b"TFL3")
        return bytes(f.Output())

    def _graph(self, f, kinds, inputs, outputs):
        tensors = [self._tensor(f, t) for t in self.tensors]
        ops = [self._op(f, kinds, *op) for op in self.ops]
        graph = {
            0: _offsets(f, tensors), 1: _ints(f, inputs), 2: _ints(f, outputs), 3: _offsets(f, ops),
            4: f.CreateString("main"),
        }  # fmt: skip
        return _table(f, 5, graph)

    def _code(self, f, kind):
        number = OPERATOR.get(kind, 32)
        custom = 0 if kind in OPERATOR else f.CreateString(kind)
        f.StartObject(4)
        f.PrependInt8Slot(0, min(number, 127), 0)
        if custom:
            f.PrependUOffsetTRelativeSlot(1, custom, 0)
        f.PrependInt32Slot(2, 1, 0)
        f.PrependInt32Slot(3, number, 0)
        return f.EndObject()

    def _tensor(self, f, t: _Tensor):
        quantisation = 0
        if t.scales:
            scales = f.CreateNumpyVector(np.array(t.scales, np.float32))
            zeros = f.CreateNumpyVector(np.array(t.zeros, np.int64))
            f.StartObject(7)
            f.PrependUOffsetTRelativeSlot(2, scales, 0)
            f.PrependUOffsetTRelativeSlot(3, zeros, 0)
            f.PrependInt32Slot(6, t.axis, 0)
            quantisation = f.EndObject()
        shape, name = _ints(f, t.shape), f.CreateString(t.name)
        signature = _ints(f, t.signature) if t.signature is not None else 0
        f.StartObject(9)
        f.PrependUOffsetTRelativeSlot(0, shape, 0)
        f.PrependInt8Slot(1, TYPE[t.dtype], 0)
        f.PrependUint32Slot(2, t.buffer, 0)
        f.PrependUOffsetTRelativeSlot(3, name, 0)
        if quantisation:
            f.PrependUOffsetTRelativeSlot(4, quantisation, 0)
        f.PrependBoolSlot(5, t.variable, False)
        if signature:
            f.PrependUOffsetTRelativeSlot(7, signature, 0)
        return f.EndObject()

    def _op(self, f, kinds, kind, inputs, outputs, options, intermediates):
        table = 0
        if kind in UNION:
            fields = OPTIONS.get(kind, ())
            unread = set(options) - {name for name, *_ in fields}
            assert not unread, f"{kind} has no options {unread}"
            texts = {name: f.CreateString(options.get(name, "")) for name, _, code, _ in fields if code == "s"}
            f.StartObject(8)
            for name, slot, code, default in fields:
                if code == "s":
                    f.PrependUOffsetTRelativeSlot(slot, texts[name], 0)
                    continue
                value = options.get(name, default)
                value = ACTIVATION[value] if name == "activation" and isinstance(value, str) else value
                # a default that differs from the value's cannot hide it: nothing equals None
                getattr(f, PREPEND[code])(slot, value, None)
            table = f.EndObject()
        inputs, outputs = _ints(f, inputs), _ints(f, outputs)
        extra = _ints(f, intermediates) if intermediates else 0
        f.StartObject(9)
        f.PrependUint32Slot(0, kinds.index(kind), None)
        f.PrependUOffsetTRelativeSlot(1, inputs, 0)
        f.PrependUOffsetTRelativeSlot(2, outputs, 0)
        if table:
            f.PrependUint8Slot(3, UNION[kind], 0)
            f.PrependUOffsetTRelativeSlot(4, table, 0)
        if extra:
            f.PrependUOffsetTRelativeSlot(8, extra, 0)
        return f.EndObject()

    def _buffer(self, f, data: bytes):
        vector = 0
        if data:
            f.StartVector(1, len(data), 16)  # as the converter does: kernels expect aligned weights
            f.head -= len(data)
            f.Bytes[f.head : f.head + len(data)] = data
            vector = f.EndVector()
        f.StartObject(3)
        if vector:
            f.PrependUOffsetTRelativeSlot(0, vector, 0)
        return f.EndObject()


def _packed(values: np.ndarray) -> bytes:
    """Two of -8..7 a byte, the first in the low half."""
    flat = np.append(values.ravel(), np.zeros(values.size % 2, values.dtype)).astype(np.uint8) & 15
    return (flat[0::2] | flat[1::2] << 4).tobytes()


def _ints(f, values):
    return f.CreateNumpyVector(np.array(values, np.int32)) if len(values) else _empty(f)


def _empty(f):
    f.StartVector(4, 0, 4)
    return f.EndVector()


def _offsets(f, offsets):
    f.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        f.PrependUOffsetTRelative(offset)
    return f.EndVector()


def _table(f, slots, fields):
    f.StartObject(slots)
    for slot, offset in fields.items():
        f.PrependUOffsetTRelativeSlot(slot, offset, 0)
    return f.EndObject()
