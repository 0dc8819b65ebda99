"""Compiles a model, runs it beside TensorFlow Lite Micro and compares every layer byte for byte."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ml.compiler import tflm
from ml.compiler.compile import prepare
from ml.compiler.header import Identity, header
from ml.compiler.host import HostModel
from ml.compiler.lowering import Program
from ml.compiler.operators import Options
from tests.compiler.fuzz import batch

needs_tflm = pytest.mark.skipif(not tflm.available(), reason="tflite-micro exists for Linux on x86-64 only")

# Undefined behaviour in a kernel ends the test. Little optimisation: the models are many and small.
FLAGS = ("-O1", "-fsanitize=undefined", "-fno-sanitize-recover=all")


@contextlib.contextmanager
def host_model(tflite: bytes, options: Options | None = None, flags=FLAGS):
    """(program, host model) of a compiled `.tflite`."""
    program = prepare(tflite, "model", options)
    with host_program(program, flags) as host:
        yield program, host


@contextlib.contextmanager
def host_program(program: Program, flags=FLAGS):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model_model.h"
        path.write_text(header(program, Identity("model", "0" * 16), 0))
        yield HostModel(path, flags)


def inputs(program: Program, count: int, seed: int = 0) -> list[np.ndarray]:
    """Random inputs, the extremes and a constant, as bytes of the model's input."""
    chance = np.random.default_rng(seed)
    given = program.input
    limits = np.iinfo(given.dtype)
    rows = [chance.integers(limits.min, limits.max, given.shape, given.dtype, endpoint=True) for _ in range(count)]
    rows += [np.full(given.shape, value, given.dtype) for value in (limits.min, limits.max, given.zero)]
    return rows


def assert_same_as_tflm(
    tflite: bytes, count: int = 3, options: Options | None = None, reference: bytes | None = None
) -> Program:
    """Every layer that the compiled model has equals TFLM's tensor, for several inputs; returns the program. TFLM runs
    `reference` where it cannot run the model itself (see resolved.py)."""
    truth = tflm.Reference(reference or tflite)
    if _waiting is not None:
        program = prepare(tflite, "model", options)
        rows = inputs(program, count)
        _waiting.append(_Case(tflite, program, rows, [truth.run(row) for row in rows]))
        return program
    with host_model(tflite, options) as (program, host):
        for row in inputs(program, count):
            expected = truth.run(row)
            for layer in host.layers(row):
                got = np.frombuffer(layer.data, np.int8)
                whole = expected[layer.tensor]
                part = whole[layer.first : layer.first + len(layer.data)] if program.graph.tiles else whole
                want = np.frombuffer(part, np.int8)
                np.testing.assert_array_equal(got, want, err_msg=f"layer {layer.name}, tensor {layer.tensor}")
    return program


@dataclass(frozen=True)
class _Case:
    """A model that waits for its C compiler, and what TFLM has in every tensor for each input."""

    tflite: bytes
    program: Program
    rows: list[np.ndarray]
    expected: list[dict[int, bytes]]


_waiting: list[_Case] | None = None


@contextlib.contextmanager
def together(kept: Path) -> Iterator[None]:
    """Models that are compared within are compiled and run as one program at the end: to start the C compiler costs
    more than such a model. One that differs is written to the folder `kept`."""
    global _waiting  # noqa: PLW0603 - of a test, and tests come one after the other
    before, cases = _waiting, []
    _waiting = cases
    try:
        yield
    finally:
        _waiting = before
    for count in {len(case.rows) for case in cases}:
        _compare([case for case in cases if len(case.rows) == count], kept)


def _compare(cases: list[_Case], kept: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        given = [np.stack(case.rows) for case in cases]
        made, said = batch.run([case.program for case in cases], given, "sanitized", Path(folder))
    for case, outputs in zip(cases, made, strict=True):
        try:
            assert len(outputs) == len(case.rows), f"the run ended here: {said}"
            for expected, output in zip(case.expected, outputs, strict=True):
                _compare_layers(case.program, expected, output)
        except AssertionError as error:
            (kept / "differs.tflite").write_bytes(case.tflite)
            raise AssertionError(f"{kept / 'differs.tflite'}: {error}") from None


def _compare_layers(program: Program, expected: dict[int, bytes], output: bytes) -> None:
    at = 0
    for layer in program.layers:
        made = layer.op.output
        got = np.frombuffer(output[at : at + made.size], np.int8)
        want = np.frombuffer(expected[made.index], np.int8)
        np.testing.assert_array_equal(got, want, err_msg=f"layer {layer.label}, tensor {made.index}")
        at += made.size
