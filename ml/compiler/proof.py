"""Proves that a compiled header computes its model: compares every layer on many inputs with another program.

proof = prove(tflite, program, host, "net")   # raises UserError where a byte differs

The other program is TensorFlow Lite Micro. Where that is not at hand, or refuses the model, it is the model compiled to
the reference kernels of lib/nn, which are written to be read: that finds what the fast kernels, their packing and the
memory plan do wrong, and nothing that both share.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.compiler import lowering, tflm
from ml.compiler.graph import Tensor
from ml.compiler.header import Identity, header
from ml.compiler.host import HostModel, LayerOutput
from ml.compiler.lowering import Program
from ml.compiler.operators import Options
from ml.compiler.passes import run_passes
from ml.compiler.passes.ends import starts
from ml.compiler.reader import read
from ml.errors import UserError

TFLM, REFERENCE = "TensorFlow Lite Micro", "the reference kernels"
WORK = 60_000_000  # multiply-accumulates on either side: a second or two
RANDOM = 6  # inputs of random numbers where there is room for all
SEED = 12345  # of nn_fixed_input

Part = tuple[int, int, int]  # tensor in the .tflite, first byte, bytes


@dataclass(frozen=True)
class Proof:
    """What was compared."""

    against: str  # TFLM or REFERENCE
    inputs: int

    def __str__(self) -> str:
        other = "" if self.against == TFLM else f"; {TFLM} was not at hand, or refuses the model"
        return f"every layer equals {self.against} on {self.inputs} inputs (edges, alternations, random){other}"


def fixed_input(size: int) -> np.ndarray:
    """The bytes of nn_fixed_input, int8 [size]."""
    x, rows = SEED, np.empty(size, np.uint8)
    for i in range(size):
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
        rows[i] = x >> 24
    return rows.view(np.int8)


def windows(program: Program, random: int | None = None) -> np.ndarray:
    """Inputs, int8 [input, bytes of a whole window], the telling ones first: the one that `check` is for, alternations,
    both edges, the zero point, random numbers. Fewer for a large model, unless it is said how many are `random`."""
    given, stream = program.input, program.stream
    size, count = stream.window_size if stream else given.size, RANDOM if random is None else random
    fixed = fixed_input(stream.warm_up * given.size)[-size:] if stream else fixed_input(size)
    ends = program.graph.inputs
    rows = np.zeros((PATTERNS + count, size), np.int8)
    for seed, (tensor, at) in enumerate(zip(ends, starts(ends)[0], strict=True), SEED):
        one = _patterns(tensor, size if len(ends) == 1 else tensor.size, count, seed, _limits(program, tensor))
        rows[:, at : at + one.shape[1]] = one
    work = max(stream.window_macs if stream else program.macs, 1)
    if not any(_numbers(program, tensor) for tensor in ends):  # TFLM ends where a number names no row
        rows = np.concatenate([fixed[None], rows])
    return rows[: max(WORK // work, 3)] if random is None else rows


PATTERNS = 5  # that are not random


def _limits(program: Program, given: Tensor) -> tuple[int, int]:
    """The values of an input: of its type, or the rows that it may name where a GATHER reads it."""
    info, rows = np.iinfo(given.dtype), _numbers(program, given)
    return (0, min(rows) - 1) if rows else (info.min, info.max)


def _numbers(program: Program, given: Tensor) -> list[int]:
    """The lengths of the tables whose rows an input names."""
    tables = [op for op in program.graph.ops if op.kind == "GATHER" and op.inputs[1] is given]
    return [op.inputs[0].shape[op.options["axis"]] for op in tables]


def _patterns(given: Tensor, size: int, random: int, seed: int, limits: tuple[int, int]) -> np.ndarray:
    """`PATTERNS` rows of an input, then random ones: int8 [row, size]."""
    (low, high), chance = limits, np.random.default_rng(seed)
    values, channels = size // np.dtype(given.dtype).itemsize, given.shape[-1] if given.shape else 1
    each = np.arange(values)

    def swung(turn: np.ndarray) -> np.ndarray:
        return np.where(turn % 2, low, high).astype(given.dtype)

    zero = given.zero if len(given.zeros) else 0
    rows = [swung(each), *(np.full(values, v, given.dtype) for v in (high, low, zero))]
    rows += [swung(each // channels)]  # from pixel to pixel
    rows += [chance.integers(low, high, values, given.dtype, endpoint=True) for _ in range(random)]
    return np.stack([row.view(np.int8) for row in rows])


def prove(tflite: bytes, program: Program, host: HostModel, name: str, rows: np.ndarray | None = None) -> Proof:
    """Compares every layer of a compiled header on `rows`, on `windows` when left out. A difference is an error, and
    nothing is written then."""
    rows = windows(program) if rows is None else rows
    made = [layers_of(host, row) for row in _from_reset(host, rows)]
    parts = [(layer.tensor, layer.first, len(layer.data)) for layer in made[0]]
    against, truth = TFLM, tflm.part_crcs(tflite, rows, parts) if tflm.available() else None
    if truth is None or all(row is None for row in truth):
        against, truth = REFERENCE, _reference_crcs(tflite, program, rows, parts, name)
    compared = 0
    for layers, wanted in zip(made, truth, strict=True):
        compared += wanted is not None
        for layer, crc in zip(layers, wanted or [None] * len(layers), strict=True):
            if crc is not None and zlib.crc32(layer.data) != crc:
                raise UserError(
                    f"{name}: layer {layer.name} has the CRC-32 {zlib.crc32(layer.data):08x}, in {against} {crc:08x}; "
                    f"nothing was written. This is a bug of the compiler: please report it with the model"
                )
    return Proof(against, compared)


def _from_reset(host: HostModel, rows: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    host.reset()
    yield from rows
    host.reset()


def layers_of(host: HostModel, row: np.ndarray) -> list[LayerOutput]:
    """Every layer's output for a whole window; in streaming form, that of its last step."""
    return host.layers(host.all_but_last(row) if host.stream else row)


def _reference_crcs(tflite: bytes, program: Program, rows: np.ndarray, parts: list[Part], name: str):
    """As `tflm.part_crcs`, of the whole model on the reference kernels. State runs on from input to input."""
    plain = lowering.build(run_passes(read(tflite, name)), Options("reference"), name)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "reference_model.h"
        path.write_text(header(plain, Identity("reference", "0" * 16), 0))
        host = HostModel(path)
        return [tflm.crcs_of({one.tensor: one.data for one in host.layers(row)}, parts) for row in rows]
