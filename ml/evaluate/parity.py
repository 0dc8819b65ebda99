"""Byte for byte: the front end and every layer of a compiled model against TensorFlow Lite Micro's own kernels.

A target runs one window a stage at a time; the first stage whose bytes are not those of the reference is named. Boards
tell the CRC-32 of each stage's bytes, and the bytes themselves where it is not the expected one.
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ml.compiler.host import HostModel
from ml.compiler.tflm import Reference
from ml.engine.outline import Outline
from ml.errors import UserError
from ml.link.device import Device
from ml.link.messages import MODEL_INPUT, Command
from ml.train.examples import Inputs

FRONT_END = "front end"


@dataclass(frozen=True)
class Case:
    """A recorded window, before and after the front end."""

    name: str  # where it comes from
    samples: np.ndarray  # int16 (n, channels): the n-th completes the window
    rate_mhz: int
    input: np.ndarray  # int8: the window that the front end makes of it


@dataclass(frozen=True)
class Layer:
    """A layer of the compiled model."""

    number: int
    name: str
    tensor: int  # index in the .tflite
    size: int  # bytes
    first: int | None = None  # byte of the tensor at which a strip begins; None: the layer makes the whole tensor

    def part(self, tensor: bytes) -> bytes:
        """What the layer makes of a tensor."""
        return tensor if self.first is None else tensor[self.first : self.first + self.size]


@dataclass(frozen=True)
class Mismatch:
    """The first stage of a window whose bytes differ."""

    window: str
    stage: str  # "front end", or the layer's name
    operator: str
    shape: tuple[int, ...]
    index: tuple[int, ...]  # of the first value that differs
    expected: int
    found: int
    differing: int  # bytes of this stage
    size: int

    def __str__(self) -> str:
        place = f"{self.stage} ({self.operator}, {'x'.join(map(str, self.shape))})" if self.operator else self.stage
        return (
            f"{self.window}: {place} is the first that differs: at {list(self.index)} expected {self.expected}, "
            f"found {self.found}; {self.differing} of {self.size} bytes differ"
        )


class Target(Protocol):
    """What runs the model."""

    def front_end(self, case: Case, expected: bytes) -> bytes:
        """Starts a case: the model's input, of a model in streaming form the rows of the window's last step, the others
        taken. `expected` itself where the target knows that it has the same."""
        ...

    def layer(self, layer: Layer, expected: bytes | None) -> bytes:
        """Runs the next layer: its output."""
        ...


class Host:
    """The compiled header on this computer, behind the front end of an application (`App.inputs`)."""

    def __init__(self, model: HostModel, inputs: Callable[[np.ndarray, int], Inputs]) -> None:
        self.model, self.inputs = model, inputs
        self._outputs: Iterator = iter(())

    def front_end(self, case: Case, expected: bytes) -> bytes:
        made = self.inputs(case.samples, case.rate_mhz).windows
        if not len(made):
            return b""
        step = self.model.all_but_last(made[-1])
        self._outputs = iter(self.model.layers(step))
        return step.tobytes()

    def layer(self, layer: Layer, expected: bytes | None) -> bytes:
        return next(self._outputs).data


class OnDevice:
    """The compiled header on a board behind the link; `windows` says how many a case's samples complete there.
    `cycles` keeps what each stage last took."""

    def __init__(self, device: Device, windows: Callable[[Case], int]) -> None:
        self.device, self.windows = device, windows
        self.cycles: dict[str, int] = {}

    def front_end(self, case: Case, expected: bytes) -> bytes:
        found, wanted = self.device.inject(case.samples, case.rate_mhz), self.windows(case)
        if found != wanted:
            raise UserError(
                f"{case.name}: expected {wanted} windows of {len(case.samples)} samples, found {found} on the board; "
                "its front end is not the header's: flash the firmware again"
            )
        crc, self.cycles[FRONT_END] = self.device.numbers(Command.RUN_FRONTEND, "<II")
        return self._bytes(MODEL_INPUT, len(expected), crc, expected)

    def layer(self, layer: Layer, expected: bytes | None) -> bytes:
        crc, self.cycles[layer.name] = self.device.numbers(
            Command.RUN_LAYER, "<II", struct.pack("<H", layer.number), timeout=10.0
        )
        return self._bytes(layer.number, layer.size, crc, expected)

    def _bytes(self, layer: int, size: int, crc: int, expected: bytes | None) -> bytes:
        if expected is None or (len(expected) == size and zlib.crc32(expected) == crc):
            return expected or b""
        most = self.device.info.max_payload - 2
        asked = ((layer, at, min(most, size - at)) for at in range(0, size, most))
        return b"".join(self.device.command(Command.READ_TENSOR, struct.pack("<HIH", *one)) for one in asked)


def layers(model: HostModel) -> list[Layer]:
    """As the header lists them."""
    table = model.model.layer[: model.model.layers]
    first = model.first[: model.model.layers] if model.first else [None] * model.model.layers
    return [
        Layer(number, one.name.decode(), one.tensor, one.size, at)
        for number, (one, at) in enumerate(zip(table, first, strict=True))
    ]


def operators(model: Outline) -> list[Layer]:
    """As TensorFlow Lite Micro runs them: a layer is an operator of the `.tflite`, and its first output whole."""
    made = [(i, node.kind, model.tensors[node.outputs[0]]) for i, node in enumerate(model.nodes) if node.outputs]
    return [Layer(number, f"{number}_{kind.lower()}", t.index, t.size) for number, kind, t in made]


class Parity:
    """Compares cases on a target, and counts. `step` is the bytes of a step of a model in streaming form."""

    def __init__(self, reference: Reference, stages: list[Layer], target: Target, step: int | None = None) -> None:
        self.reference, self.stages, self.target, self.step = reference, stages, target, step
        self.windows = self.bytes = 0
        self.mismatches: list[Mismatch] = []
        self._tensors = {tensor.index: (op.kind, tensor) for op in reference.graph.ops for tensor in op.outputs}

    def compare(self, cases: Iterable[Case]) -> None:
        for case in cases:
            self.windows += 1
            found = self._first_difference(case)
            if found:
                self.mismatches.append(found)

    def _first_difference(self, case: Case) -> Mismatch | None:
        given = case.input.tobytes()[-(self.step or case.input.nbytes) :]
        made = self.target.front_end(case, given)
        self.bytes += len(given)
        if made != given:
            shape = (len(given),) if self.step else case.input.shape
            return difference(case.name, FRONT_END, "", shape, given, made)
        truth = self.reference.run(case.input)
        for layer in self.stages:
            whole = truth.get(layer.tensor)
            expected = None if whole is None else layer.part(whole)
            made = self.target.layer(layer, expected)
            if whole is None or expected is None:
                continue  # a tensor that only the compiler knows; what follows shows whether it was right
            self.bytes += len(expected)
            if made != expected:
                kind, tensor = self._tensors[layer.tensor]
                at = layer.first or 0
                made = whole[:at] + made + whole[at + len(expected) :]
                return difference(case.name, f"layer {layer.number} {layer.name}", kind, tensor.shape, whole, made)
        return None


def difference(
    window: str, stage: str, operator: str, shape: tuple[int, ...], expected: bytes, found: bytes
) -> Mismatch:
    """Where two stretches of int8 begin to differ. A missing end counts as different."""
    size = max(len(expected), len(found))
    wanted, made = (np.frombuffer(data.ljust(size, b"\0"), np.int8) for data in (expected, found))
    differs = wanted != made
    differs[min(len(expected), len(found)) :] = True
    first = int(differs.argmax())
    inside = first < int(np.prod(shape))
    index = tuple(map(int, np.unravel_index(first, shape))) if inside else (first,)
    return Mismatch(
        window, stage, operator, tuple(shape), index, int(wanted[first]), int(made[first]), int(differs.sum()), size
    )
