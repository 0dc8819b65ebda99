"""The int8 twin of a model with packed INT4 weights: the same integers and scales, a byte each.

TensorFlow Lite Micro takes INT4 in some operators only; the twin it takes wherever it takes int8, and gives the bytes
that the packed model has to give.
"""

from __future__ import annotations

import struct

import numpy as np

from ml.compiler.flatbuffer import Buffer, Table
from ml.compiler.reader import unpacked
from ml.compiler.schema import DTYPES

INT4, INT8 = (next(number for number, name in DTYPES.items() if name == kind) for kind in ("int4", "int8"))
ALIGNMENT = 16  # of a buffer's bytes, as the converter writes them


def int8_twin(tflite: bytes) -> bytes:
    """The model with every INT4 constant unpacked at the end of the file; the same bytes where there is none."""
    buffer = Buffer(tflite, "model")
    model = buffer.root()
    buffers = model.tables(4)
    made = bytearray(tflite)
    for tensor in (tensor for subgraph in model.tables(2) for tensor in subgraph.tables(0)):
        holder = buffers[tensor.scalar(2, "I")]
        if tensor.scalar(1, "b") == INT4 and len(holder.array(0, "uint8")):
            made[tensor.field(1)] = INT8
            sides = np.prod(tensor.array(0, "int32"), dtype=np.int64)
            _move(made, holder, unpacked(holder.array(0, "uint8"))[: int(sides)].tobytes())
    return bytes(made)


def _move(made: bytearray, holder: Table, data: bytes) -> None:
    """Gives a buffer other bytes, which go to the end of the file."""
    made += b"\0" * ((-len(made) - 4) % ALIGNMENT)
    at = holder.field(0)
    struct.pack_into("<I", made, at, len(made) - at)
    made += struct.pack("<I", len(data)) + data
