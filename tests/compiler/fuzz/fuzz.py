"""Draws networks, compiles them, and compares every layer with TensorFlow Lite Micro.

tally = Tally()
for failure in fuzz(seed=1, networks=200, target="host", tally=tally): ...
"""

from __future__ import annotations

import os
import pickle
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ml.compiler import tflm
from ml.compiler.compile import prepare
from ml.compiler.lowering import Program
from ml.compiler.operators import Options
from ml.compiler.streaming.strips import FIRST_BYTE
from ml.errors import UserError
from tests.compiler.fuzz import batch, reaching, rearranging  # noqa: F401 - its layers register themselves
from tests.compiler.fuzz.networks import Network, build, draw, smaller

BATCH = 128  # networks in a program
WEIGHTS = ("auto", "4")  # how weights that fit four bits are packed, network by network


@dataclass
class Tally:
    """What a run has seen."""

    networks: int = 0  # compared
    layers: int = 0
    bytes: int = 0
    refused: Counter = field(default_factory=Counter)  # by the compiler, reason -> count
    without_truth: int = 0  # TFLM refuses the model, or dies of it

    def __str__(self) -> str:
        return (
            f"{self.networks:,} networks, {self.layers:,} layers, {self.bytes:,} bytes; "
            f"refused {sum(self.refused.values()):,}, not run by TFLM {self.without_truth:,}"
        )


@dataclass(frozen=True)
class Failure:
    """A network whose bytes are not TFLM's, or that does what no compiled model may."""

    network: Network
    tflite: bytes
    what: str


@dataclass(frozen=True)
class _Case:
    network: Network
    tflite: bytes
    program: Program
    inputs: np.ndarray  # [input, ...] of the input's type


def fuzz(seed: int, networks: int, target: str, tally: Tally, first: int = 0) -> Iterator[Failure]:
    """Networks `first` to `first + networks` of a seed. Each has random numbers of its own: (seed, number)."""
    for start in range(first, first + networks, BATCH):
        numbers = range(start, min(start + BATCH, first + networks))
        drawn = [draw(np.random.default_rng((seed, number))) for number in numbers]
        yield from check(drawn, target, tally)


def check(networks: Sequence[Network], target: str, tally: Tally) -> list[Failure]:
    """Compiles networks, runs them on a target and compares."""
    failures: list[Failure] = []
    cases = [case for network in networks if (case := _prepared(network, tally, failures))]
    truths = _truths(cases)
    tally.without_truth += sum(truth is None for truth in truths)
    pairs = [(case, truth) for case, truth in zip(cases, truths, strict=True) if truth is not None]
    if not pairs:
        return failures
    with tempfile.TemporaryDirectory() as folder:
        cases = [case for case, _ in pairs]
        made, said = batch.run([c.program for c in cases], [c.inputs for c in cases], target, Path(folder))
    for (case, truth), outputs in zip(pairs, made, strict=True):
        tally.networks += 1
        what = _difference(case, truth, outputs, tally)
        if what is None and len(outputs) < len(case.inputs):
            what = f"the run ends here: {said.strip() or 'bytes behind the arena were written'}"
        if what:
            failures.append(Failure(case.network, case.tflite, what))
        if len(outputs) < len(case.inputs):
            break  # what follows did not run
    return failures


def _prepared(network: Network, tally: Tally, failures: list[Failure]) -> _Case | None:
    tflite = build(network)
    try:
        program = prepare(tflite, "net", Options(weights=WEIGHTS[network.seed % len(WEIGHTS)]))
    except UserError as refused:
        tally.refused[re.sub(r"operator \d+ |tensor -?\d+|'[^']*'|-?\d[\d.e+-]*", "", str(refused))[:120]] += 1
        return None
    except Exception as error:  # a traceback of the compiler is what is looked for
        failures.append(Failure(network, tflite, f"the compiler fails: {type(error).__name__}: {error}"))
        return None
    return _Case(network, tflite, program, inputs(program, network.seed))


def inputs(program: Program, seed: int) -> np.ndarray:
    """Random values, both extremes, the two in turn, the zero point; of the input's type."""
    given = program.input
    limits = np.iinfo(given.dtype)
    rows = np.empty((5, given.elements), given.dtype)
    rows[0] = np.random.default_rng(seed).integers(limits.min, limits.max, given.elements, endpoint=True)
    rows[1], rows[2], rows[3, ::2], rows[3, 1::2] = limits.min, limits.max, limits.max, limits.min
    rows[4] = given.zero
    return rows


def _difference(case: _Case, truth: list[dict[int, bytes]], outputs: list[bytes], tally: Tally) -> str | None:
    """The first layer that differs on any input."""
    for number, (expected, made) in enumerate(zip(truth, outputs, strict=False)):
        at = 0
        for layer in case.program.layers:
            size, first = layer.op.output.size, layer.op.options.get(FIRST_BYTE, 0)
            got, whole = made[at : at + size], expected.get(layer.op.output.index)
            at += size
            if whole is None:
                continue  # TFLM's arithmetic is not defined there
            want = whole[first : first + size]
            tally.layers, tally.bytes = tally.layers + 1, tally.bytes + size
            if got != want:
                differs = np.flatnonzero(np.frombuffer(got, np.int8) != np.frombuffer(want, np.int8))
                return (
                    f"input {number}, layer {layer.label} ({layer.lowered.kernel}): {len(differs)} of {size} bytes "
                    f"differ, the first at {differs[0]}: expected {want[differs[0]]}, found {got[differs[0]]}"
                )
    return None


def _truths(cases: list[_Case]) -> list[list[dict[int, bytes]] | None]:
    """TFLM's tensors for each case, None where it refuses. It runs in a process of its own, as a model may kill it;
    the next process goes on behind that one."""
    truths: list = []
    while len(truths) < len(cases):
        truths += _until_it_dies(cases[len(truths) :])
    return truths


def _until_it_dies(cases: list[_Case]) -> list:
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(readable)
        with os.fdopen(writable, "wb") as to:
            _tell(cases, to)
        os._exit(0)
    os.close(writable)
    found = []
    with os.fdopen(readable, "rb") as told:
        while True:
            try:
                found.append(pickle.load(told))
            except (EOFError, pickle.UnpicklingError):
                break
    os.waitpid(child, 0)
    return found if len(found) == len(cases) else [*found, None]


def _tell(cases: list[_Case], to) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # TFLM's remarks
    for case in cases:
        try:
            reference = tflm.Reference(case.tflite, case.program.graph)
            pickle.dump([reference.run(row) for row in case.inputs], to)
        except (RuntimeError, ValueError):
            pickle.dump(None, to)
        to.flush()


def shrink(failure: Failure, target: str, most: int = 60) -> Failure:
    """A smaller network that still fails, found by leaving out layers and shortening sides."""
    tried = 0
    while tried < most:
        for network in smaller(failure.network):
            tried += 1
            found = check([network], target, Tally())
            if found or tried >= most:
                break
        else:
            found = []
        if not found:
            break
        failure = found[0]
    return failure


def save(failure: Failure, folder: Path, name: str) -> Path:
    """The model, and beside it what is wrong with it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.tflite"
    path.write_bytes(failure.tflite)
    path.with_suffix(".txt").write_text(f"{failure.network}\n{failure.what}\n")
    return path
