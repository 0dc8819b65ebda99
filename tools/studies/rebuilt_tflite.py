"""The `.tflite` of a generated header, from the header's integers.

python tools/studies/rebuilt_tflite.py keyword_spotting --out build/rebuilt

A committed model was trained before its `.tflite` was kept, and training has changed since. A header has all
weights, biases, multipliers and zero points, and six digits of each scale. The application's network, converted
untrained, gives a `.tflite` of the same shape; into it go the header's weights, and those scales (float32) from which
the compiler computes the very multipliers of the header. There is one way only: a multiplier has 31 bits, a scale 24.
The proof is the compiler: from the rebuilt file it must write the header again, but for the model's hash.
"""

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from ml.cli import run_cli
from ml.compiler import fixed_point
from ml.compiler.packing import CHANNELS, pair_order
from ml.compress.quantise import int8
from ml.errors import UserError
from ml.paths import ROOT
from ml.pipeline.contract import find
from ml.train.keras import tensorflow
from ml.trial.committed import committed

tensorflow()  # quietly, before its parts
schema: Any = importlib.import_module("tensorflow.lite.python.schema_py_generated")
flatbuffers: Any = importlib.import_module("flatbuffers")

KINDS = ("conv_2d", "depthwise_conv_2d", "fully_connected", "add")
LAYER = re.compile(rf"^// \d+ ({'|'.join(KINDS)})\b.*?   out \S+ scale ([\d.e-]+), zero (-?\d+)", re.MULTILINE)
CODES = {getattr(schema.BuiltinOperator, kind.upper()): kind for kind in KINDS}
NEAR = 2  # float32 neighbours that are tried


@dataclass
class Layer:
    """A layer as the header has it. `bias` has the input's zero point folded in."""

    kind: str
    scale: str  # of the output, six digits
    zero: int
    body: str  # its constants in C

    def words(self, name: str) -> np.ndarray:
        found = re.search(rf"_{name}\[\d+\](?: NN_ALIGNED)? = \{{[^\n]*\n(.*?)\}};", self.body, re.DOTALL)
        if not found:
            raise UserError(f"expected an array {name!r} of {self.kind}, found none; this form is not known here")
        return np.array([int(one, 0) for one in found[1].replace("\n", " ").split(",") if one.strip()], np.int64)


@dataclass
class Channels:
    """int8 weights (channels, ...) in the order of the kernel, and what belongs to each channel."""

    weights: np.ndarray
    bias: np.ndarray
    mantissas: np.ndarray
    shifts: np.ndarray


def layers(header: str) -> Iterator[Layer]:
    found = list(LAYER.finditer(header))
    for one, after in zip(found, [*found[1:], None], strict=True):
        body = header[one.end() : after.start() if after else None]
        yield Layer(one[1], one[2], int(one[3]), body)


def channels(layer: Layer, shape: list[int]) -> Channels:
    """`shape`, of the weights in the .tflite: (out, height, width, in), (1, height, width, out) or (out, in)."""
    if "_packed[" not in layer.body:
        columns = [layer.words(name) for name in ("bias", "multiplier", "shift")]
        return Channels(layer.words("weights").reshape(shape), *columns)
    words = layer.words("packed")
    if layer.kind == "depthwise_conv_2d":
        return _taps(words, shape)
    rows, taps = (shape[1], shape[2] * shape[3]) if len(shape) == 4 else (1, shape[1])
    made = _pairs(words, rows, taps, 7 if layer.kind == "conv_2d" and layer.zero == -128 else 0)
    kept = Channels(*(getattr(made, name)[: shape[0]] for name in ("weights", "bias", "mantissas", "shifts")))
    kept.weights = kept.weights.reshape(shape)
    return kept


def _pairs(words: np.ndarray, rows: int, taps: int, odd_extra: int) -> Channels:
    """The reverse of ml.compiler.packing.pack."""
    order = pair_order(taps)
    pairs = rows * len(order)
    blocks = words.reshape(-1, CHANNELS + 2 * pairs + 6)
    weights = np.zeros((len(blocks) * CHANNELS, rows, taps + 1), np.int64)
    for block, row in enumerate(blocks[:, CHANNELS : CHANNELS + 2 * pairs].reshape(-1, pairs, 2)):
        for pair, two in enumerate(row):
            for half, word in enumerate(two):
                for place, tap in enumerate(order[pair % len(order)]):
                    both = int(word) >> 16 * place & 0xFFFF
                    even = (both & 0xFF ^ 0x80) - 0x80
                    odd = ((both - even >> 8) & 0xFF ^ 0x80) - 0x80
                    at = block * CHANNELS + 2 * half
                    weights[at : at + 2, pair // len(order), taps if tap is None else tap] = even, odd
    even, both = blocks[:, 1:CHANNELS:2], blocks[:, 0:CHANNELS:2]
    even = (even ^ 1 << 31) - (1 << 31)
    odd = ((both - even >> 8) & 0xFFFFFF ^ 1 << 23) - (1 << 23)
    scales = blocks[:, -6:].reshape(-1, 3)
    right = np.stack([scales[:, 2] & 0xFF, (scales[:, 2] >> 8) - odd_extra], axis=1).ravel() + 1
    return Channels(weights[..., :taps], np.stack([even, odd], axis=2).ravel(), scales[:, :2].ravel(), -right)


def _taps(words: np.ndarray, shape: list[int]) -> Channels:
    """The reverse of ml.compiler.packing.pack_taps."""
    _, height, width, count = shape
    blocks = words.astype(np.uint32).view(np.int32).reshape(count // CHANNELS, -1)
    taps = np.ascontiguousarray(blocks[:, 4:-5]).view(np.int8).reshape(len(blocks), -1, CHANNELS)
    sides = (width, height) if height > width else (height, width)
    ordered = taps.transpose(1, 0, 2).reshape(*sides, count)
    weights = ordered.transpose(1, 0, 2) if height > width else ordered
    right = np.ascontiguousarray(blocks[:, -1:]).view(np.int8).ravel().astype(np.int64) + 1
    return Channels(weights[None], blocks[:, :4].ravel(), blocks[:, -5:-1].ravel(), -right)


def floats_like(digits: str) -> list[np.float32]:
    """Every float32 that prints so with six digits."""
    found, middle = [], np.float32(digits)
    for towards in (np.float32(0), np.float32(np.inf)):
        one = middle if towards == 0 else np.nextafter(middle, towards)
        while f"{float(one):.6g}" == f"{float(digits):.6g}":
            found.append(one)
            one = np.nextafter(one, towards)
    return found


def weight_scales(made: Channels, depthwise: bool, given: np.float32, output: np.float32) -> np.ndarray | None:
    """float32 [channels] that give the multipliers; None where some channel has none. Channels that are the same for
    all inputs (without weights) have any."""
    scales = np.empty(len(made.bias), np.float32)
    by_channel = np.moveaxis(made.weights, -1 if depthwise else 0, 0).reshape(len(scales), -1)
    dead = np.count_nonzero(by_channel, axis=1) == 0
    for at, (mantissa, shift) in enumerate(zip(made.mantissas.tolist(), made.shifts.tolist(), strict=True)):
        middle = np.float32(mantissa / 2**31 * 2.0**shift * float(output) / float(given))
        near = [middle]
        for towards in (np.float32(0), np.float32(np.inf)):
            near += [np.nextafter(near[-1] if n else middle, towards) for n in range(NEAR)]
        fits = [w for w in near if fixed_point.multiplier(float(given) * float(w) / float(output)) == (mantissa, shift)]
        if not fits and not dead[at]:
            return None
        scales[at] = fits[0] if fits else middle
    return scales


class Rebuilt:
    """A `.tflite` whose numbers are exchanged."""

    def __init__(self, model: bytes, header: str) -> None:
        self.model = schema.ModelT.InitFromPackedBuf(model)
        self.graph = self.model.subgraphs[0]
        self.layers = list(layers(header))

    def bytes(self) -> bytes:
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def fill(self) -> int:
        """Layer by layer, from the input's scale on; the number of layers. Of several output scales that give a layer's
        multipliers the one counts with which the layers behind it have theirs."""
        ops = [(op, CODES.get(max(code.builtinCode, code.deprecatedBuiltinCode))) for op, code in self._ops()]
        kinds = [kind for _, kind in ops if kind]
        if kinds != [layer.kind for layer in self.layers]:
            raise UserError(f"expected layers {kinds}, found {[layer.kind for layer in self.layers]} in the header")
        self._fill(ops, iter(self.layers))
        return len(kinds)

    def _ops(self):
        return [(op, self.model.operatorCodes[op.opcodeIndex]) for op in self.graph.operators]

    def _fill(self, ops: list, rest: Iterator[Layer]) -> None:
        for op, kind in ops:
            given, output = self.graph.tensors[op.inputs[0]], self.graph.tensors[op.outputs[0]]
            if kind is None:
                if op is not ops[-1][0]:  # the last is the softmax, whose scale is fixed
                    self._set(output, self._scale(given), int(given.quantization.zeroPoint[0]))
                continue
            layer = next(rest)
            if kind == "add":
                self._set(output, self._sum(op, layer), layer.zero)
            else:
                self._convolve(op, layer, given, output)

    def _scale(self, tensor) -> np.float32:
        return np.float32(tensor.quantization.scale[0])

    def _set(self, tensor, scales, zero: int) -> None:
        scales = np.atleast_1d(scales).astype(np.float32)
        tensor.quantization.scale = scales
        tensor.quantization.zeroPoint = np.full(len(scales), zero, np.int64)

    def _only(self, found: list, layer: Layer):
        if len(found) != 1:
            raise UserError(
                f"{layer.kind}, scale {layer.scale}: expected one scale that gives its numbers, found {len(found)}"
            )
        return found[0]

    def _sum(self, op, layer: Layer) -> np.float32:
        a, b = (float(self._scale(self.graph.tensors[at])) for at in op.inputs)
        found = re.search(
            r"(\d+), (\d+), // factor and multiplier of the smaller scale, output's multiplier", layer.body
        )
        wanted = [int(one) for one in found.groups()] if found else []
        twice = 2 * max(a, b)
        return self._only(
            [
                one
                for one in floats_like(layer.scale)
                if wanted
                == [fixed_point.multiplier(real)[0] for real in (min(a, b) / twice, twice / (2**20 * float(one)))]
            ],
            layer,
        )

    def _convolve(self, op, layer: Layer, given, output) -> None:
        weights, bias = (self.graph.tensors[at] for at in op.inputs[1:3])
        made = channels(layer, [int(side) for side in weights.shape])
        depthwise = layer.kind == "depthwise_conv_2d"
        known = (made, depthwise, self._scale(given))
        tried = [(one, weight_scales(*known, one)) for one in floats_like(layer.scale)]
        scale, scales = self._only([(one, found) for one, found in tried if found is not None], layer)
        self._set(output, scale, layer.zero)
        self._set(weights, scales, 0)
        self._set(bias, scales * self._scale(given), 0)
        axes = (0, 1, 2) if depthwise else tuple(range(1, made.weights.ndim))
        zero = int(given.quantization.zeroPoint[0])
        plain = made.bias + zero * made.weights.sum(axis=axes)
        self._data(weights, made.weights.astype(np.int8))
        self._data(bias, plain.astype(np.int32))

    def _data(self, tensor, values: np.ndarray) -> None:
        """Into a buffer of its own: the converter lets tensors that are alike share one."""
        if values.size != np.prod(tensor.shape):
            raise UserError(f"expected {tensor.shape} values for {tensor.name!r}, found {values.size} in the header")
        if sum(one.buffer == tensor.buffer for one in self.graph.tensors) > 1:
            tensor.buffer = len(self.model.buffers)
            self.model.buffers.append(schema.BufferT())
        self.model.buffers[tensor.buffer].data = np.frombuffer(values.tobytes(), np.uint8)


@click.command()
@click.argument("app")
@click.option("--out", required=True, type=click.Path(path_type=Path))
def rebuild(app: str, out: Path) -> None:
    """Write the .tflite of an application's committed header."""
    folder = ROOT / "lib" / f"{app}_model"
    made = committed(find(app), folder)
    labels = [made.model.model.label[i].decode() for i in range(made.model.model.classes)]
    network = made.app.network(labels)
    draw = np.random.default_rng(0)
    network.set_weights([draw.uniform(0.1, 1, one.shape) for one in network.get_weights()])  # each layer has a bias
    inputs = draw.integers(-128, 128, (100, *network.input_shape[1:])).astype(np.int8)
    inputs[0].flat[:2] = -128, 127
    rebuilt = Rebuilt(int8(network, inputs), (folder / f"{app}_model.h").read_text())
    count = rebuilt.fill()
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{app}_model.tflite"
    path.write_bytes(rebuilt.bytes())
    click.echo(f"{path}: {count} layers")


if __name__ == "__main__":
    run_cli(rebuild, "rebuilt_tflite.py")
