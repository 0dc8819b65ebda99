#!/usr/bin/env python3
"""Measures the cost of a turn of each kernel's loops: `tools/studies/fit_cycles.py [KERNEL ...]` prints the table.

Each kernel runs on many shapes on the emulated Cortex-M4 (ml/profile); how often its loops turn is known
(ml/compiler/operators/loops.py), so what a turn costs is a sum of squares away.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import click
import numpy as np
from scipy.optimize import nnls

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.compiler import lowering
from ml.compiler.cycles import COSTS
from ml.compiler.graph import Graph, Operands, Tensor
from ml.compiler.header import Identity, header
from ml.compiler.lowering import Layer as Placed
from ml.compiler.lowering import Program
from ml.compiler.operators import FAMILIES, KERNELS, Options, form, lower
from ml.compiler.plan import Plan
from ml.compiler.predict import sketch
from ml.compiler.predict.sketch import SCALE, Layer, Network
from ml.compiler.unsupported import Unsupported
from ml.errors import UserError
from ml.profile.image import build
from ml.profile.machine import Machine
from tools.studies.fit_shapes import more_generators

SAMPLES = 60  # shapes a kernel
MOST = 150_000  # multiply-accumulates or elements of a shape
SHARED_INPUT = 1 << 17
OPTIONS = Options(weights="4")  # where weights fit; every kernel is asked for by name


class Shapes:
    """Random operators of a kernel."""

    def __init__(self, seed: int):
        self.chance = np.random.default_rng(seed)

    def one(self, *choices):
        return choices[self.chance.integers(len(choices))]

    def upto(self, most: int, least: int = 1) -> int:
        """Small ones are likelier."""
        return int(least * (most / least) ** self.chance.uniform() + self.chance.uniform())

    def fill(self, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
        if dtype == "int8":
            return np.clip(self.chance.normal(0, 18, shape), -127, 127).astype(np.int8)
        return self.chance.integers(-2000, 2000, shape).astype(dtype)

    def graph(self, shape, *layers, bits: int = 8) -> Graph:
        return sketch.graph_of(Network(tuple(shape), tuple(layers), bits), self.fill)

    def walk(self, **more) -> dict:
        kernel = self.one((1, 1), (3, 3), (3, 3), (1, self.upto(6)), (self.upto(10), self.upto(4)))
        stride = self.one((1, 1), (1, 1), (2, 2), (self.upto(3), self.upto(3)))
        activation = self.one("none", "relu", "relu", "relu6")
        return {
            "kernel": kernel, "stride": stride, "padding": self.one("same", "valid"), "activation": activation,
        } | more  # fmt: skip

    def image(self, most: int = 24) -> tuple[int, int, int]:
        return self.upto(most), self.upto(most), self.one(1, 2, 3, 4, 6, 8, 16, 24, 64, self.upto(64))

    def conv(self, bits: int = 8) -> Graph:
        size = self.one(4, 8, 12, 16, self.upto(40))
        dilation = self.one((1, 1), (1, 1), (1, 1), (2, 2))
        plain: dict[str, Any] = {"kernel": (1, 1), "stride": (1, 1)} if self.chance.uniform() < 0.35 else {}
        return self.graph(self.image(), Layer("conv", size, **self.walk(dilation=dilation) | plain), bits=bits)

    def rows(self, bits: int = 8) -> Graph:
        layer = Layer("dense", self.upto(40), activation=self.one("none", "relu", "relu6"))
        return self.graph((self.upto(40), self.one(4, 8, 16, 32, self.upto(80))), layer, bits=bits)

    def conv_or_rows(self) -> Graph:
        return self.one(self.conv, self.conv, self.conv, self.rows, self.dense)()

    def dense(self, bits: int = 8) -> Graph:
        graph = self.graph(
            (self.upto(400),), Layer("dense", self.upto(60), activation=self.one("none", "relu", "relu6")), bits=bits
        )
        weights = graph.ops[0].inputs[1]
        if self.one(True, False):
            weights.scales, weights.zeros = weights.scales[:1], weights.zeros[:1]
        return graph

    def four_dense(self) -> Graph:
        graph = self.dense()
        return graph if graph.ops[0].inputs[1].shape[1] % 4 == 0 else self.four_dense()

    def narrow(self, make) -> Graph:
        """With weights of 4 bits."""
        graph = make()
        weights = graph.ops[0].inputs[1]
        weights.data = self.chance.integers(-7, 8, weights.shape).astype(np.int8)
        return graph

    def even_dense(self) -> Graph:
        graph = self.graph(
            (2 * self.upto(200),), Layer("dense", self.upto(60), activation=self.one("none", "relu", "relu6")), bits=16
        )
        return graph

    def four_deep(self, bits: int) -> Graph:
        graph = self.depthwise(bits)
        return graph if graph.ops[0].output.shape[3] % 4 == 0 else self.four_deep(bits)

    def one_scale(self, bits: int = 8) -> Graph:
        graph = self.rows(bits)
        weights = graph.ops[0].inputs[1]
        weights.scales, weights.zeros = weights.scales[:1], weights.zeros[:1]
        return graph

    def depthwise(self, bits: int = 8) -> Graph:
        height, width, _ = self.image()
        return self.graph((height, width, self.one(4, 8, 16, 3)), Layer("depthwise", **self.walk()), bits=bits)

    def wide(self) -> Graph:
        """With scales that sums of 32 bits do not take."""
        graph = self.conv(16)
        op = graph.ops[0]
        weights = op.inputs[1]
        weights.scales = np.full_like(weights.scales, op.output.scale / op.inputs[0].scale)
        return graph

    def line(self) -> Graph:
        """A window along one axis."""
        taps = self.upto(15, 2)
        kernel = self.one((taps, 1), (1, taps))
        shape = (self.upto(160, 34), self.upto(4), 4 * self.upto(6))
        shape = shape if kernel[0] > 1 else (shape[1], shape[0], shape[2])
        return self.graph(shape, Layer("depthwise", **self.walk(kernel=kernel, stride=(1, 1))))

    def multiplied(self, **window) -> Graph:
        """Several outputs an input: a depthwise layer whose image has fewer channels."""
        channels, multiplier = self.one(1, 2, 4, 8, self.upto(10)), self.one(2, 2, 4, 8, 3, 5)
        walk = self.walk(**window)
        graph = self.graph((self.upto(24), self.upto(24), channels * multiplier), Layer("depthwise", **walk))
        op = graph.ops[0]
        op.inputs[0].shape = (*op.inputs[0].shape[:3], channels)
        op.options["depth_multiplier"] = multiplier
        return graph

    def multiplied_3x3(self) -> Graph:
        return self.multiplied(kernel=(3, 3), stride=self.one((1, 1), (2, 2)))

    def fours(self) -> Graph:
        height, width, _ = self.image()
        walk = self.walk(dilation=self.one((1, 1), (1, 1), (2, 2)))
        return self.graph((height, width, 4 * self.upto(8)), Layer("depthwise", **walk))

    def three_by_three(self) -> Graph:
        stride, activation = self.one((1, 1), (2, 2)), self.one("relu", "relu6")
        walk = self.walk(kernel=(3, 3), stride=stride, activation=activation, padding="same")
        return self.graph((self.upto(40, 2), self.upto(40, 2), 4 * self.upto(6)), Layer("depthwise", **walk))

    def pool(self, kind: str, bits: int = 8) -> Graph:
        walk = self.walk(kernel=(self.upto(4), self.upto(4)), activation="none")
        return self.graph(self.image(16), Layer(kind, **walk), bits=bits)

    def pool_all(self) -> Graph:
        image = self.image()
        return self.graph(image, Layer("average_pool", kernel=image[:2], padding="valid"))

    def mean(self, bits: int = 8) -> Graph:
        graph = self.graph(self.image(), Layer("global_average"), bits=bits)
        if self.one(True, False):
            _reduce_last(graph)
        return graph

    def largest(self) -> Graph:
        graph = self.graph(self.image(), Layer("global_average"))
        graph.ops[0].kind = "REDUCE_MAX"
        return graph

    def binary(self, kind: str, bits: int = 8, equal: bool = False, **options) -> Graph:
        shape = self.image(16)
        activation = self.one("none", "none", "relu6")
        layer = "add" if kind not in ("SUB", "MUL") else {"SUB": "subtract", "MUL": "multiply"}[kind]
        if equal:
            shape, activation = (*shape[:2], 4 * self.upto(16)), "none"
        graph = self.graph(shape, Layer(layer, inputs=(0, 0), activation=activation), bits=bits)
        op = graph.ops[0]
        op.kind = kind
        other = replace(op.inputs[1], index=99, scales=op.inputs[1].scales * np.float32(0.7))
        if kind in ("MAXIMUM", "MINIMUM"):
            other = replace(op.inputs[1], index=99)
            op.outputs[0].scales, op.outputs[0].zeros = other.scales, other.zeros
        if not equal and self.one(True, False):
            other.shape = self.one((1, 1, 1, shape[2]), (1, *shape[:2], 1), (1, 1, shape[1], 1))
        op.inputs[1] = other
        return graph

    def table(self) -> Graph:
        return self.graph(self.image(), Layer("hard_swish"))

    def softmax(self, bits: int = 8) -> Graph:
        return self.graph((self.upto(40), self.upto(60)), Layer("softmax"), bits=bits)

    def matmul(self) -> Graph:
        rows, depth, columns = self.upto(40), self.upto(70), self.upto(50)
        graph = self.graph((self.upto(3), rows, depth), Layer("matmul", inputs=(0, 0), size=1))
        op = graph.ops[0]
        shape = (*op.inputs[0].shape[:2], *((columns, depth) if self.one(True, False) else (depth, columns)))
        op.options["adj_y"] = shape[-1] == depth and shape[-2] == columns
        op.inputs[1] = replace(op.inputs[1], index=99, shape=shape)
        op.outputs[0].shape = (*op.inputs[0].shape[:3], columns)
        if self.one(True, False, False):
            given = op.inputs[0]
            op.options["order_0"] = (0, 1, 3, 2)
            given.shape = (*given.shape[:2], depth, rows)
        return graph

    def transpose(self) -> Graph:
        return self._moved("TRANSPOSE", self.image())

    def _moved(self, kind: str, shape) -> Graph:
        graph = self.graph(shape, Layer("hard_swish"))
        op, given = graph.ops[0], graph.inputs[0]
        op.kind, op.outputs[0] = kind, replace(given, index=98)
        if self.one(True, False):
            order = np.array([0, *self.chance.permutation([1, 2, 3])], np.int32)
            op.outputs[0].shape = tuple(given.shape[a] for a in order)
            op.inputs.append(Tensor(97, "", (4,), "int32", data=order))
            return graph
        amounts = np.array([[0, 0], *self.chance.integers(0, 3, (3, 2))], np.int32)
        op.kind = "PAD"
        op.outputs[0].shape = tuple(int(side + sum(a)) for side, a in zip(given.shape, amounts.tolist(), strict=True))
        op.inputs.append(Tensor(97, "", (4, 2), "int32", data=amounts))
        return graph

    def resize(self) -> Graph:
        graph = self.graph(self.image(), Layer("hard_swish"))
        op, given = graph.ops[0], graph.inputs[0]
        size = np.array([self.upto(20), self.upto(20)], np.int32)
        op.kind, op.outputs[0] = (
            "RESIZE_NEAREST_NEIGHBOR",
            replace(given, index=98, shape=(1, *map(int, size), given.shape[3])),
        )
        op.inputs.append(Tensor(97, "", (2,), "int32", data=size))
        op.options = {"align_corners": False, "half_pixel_centers": False}
        return graph

    def requantised(self, given: str, made: str) -> Graph:
        graph = self.graph((self.upto(2000),), Layer("hard_swish"))
        op = graph.ops[0]
        op.kind = "QUANTIZE"
        for tensor, dtype in ((op.inputs[0], given), (op.outputs[0], made)):
            tensor.dtype, tensor.zeros = dtype, np.zeros(1, np.int64)
        return graph

    def pointwise(self, kind: str, **options) -> Graph:
        """On int16; LOGISTIC and TANH want that scale of the output."""
        graph = self.requantised("int16", "int16")
        graph.ops[0].kind, graph.ops[0].options = kind, options
        graph.ops[0].outputs[0].scales = np.array([1 / 32768], np.float32)
        graph.ops[0].inputs[0].scales = np.array([0.0005], np.float32)
        return graph

    def flipped(self) -> Graph:
        graph = self.requantised("uint8", "int8")
        op = graph.ops[0]
        op.outputs[0].scales, op.inputs[0].zeros = op.inputs[0].scales, np.array([128])
        return graph

    def svdf(self, state: str) -> Graph:
        units, rank, memory, inputs = self.upto(20), self.upto(2), self.upto(12, 2), self.upto(40)
        graph = self.graph((inputs,), Layer("dense", units, activation="none"))
        op = graph.ops[0]
        one: dict[str, Any] = {"scales": np.array([0.004], np.float32), "zeros": np.zeros(1, np.int64)}
        op.kind, op.options = "SVDF", {"rank": rank, "activation": "none"}
        features = Tensor(90, "", (units * rank, inputs), "int8", data=self.fill("int8", (units * rank, inputs)), **one)
        times = Tensor(
            91, "", (units * rank, memory), state, data=self.fill("int8", (units * rank, memory)).astype(state), **one
        )
        kept = Tensor(
            92, "", (1, units * rank * memory), state, variable=True, **{**one, "scales": np.array([0.01], np.float32)}
        )
        op.inputs = Operands([op.inputs[0], features, times, op.inputs[2], kept])
        op.inputs[3].data = op.inputs[3].values.astype(np.int32)
        return graph

    def grouped(self) -> Graph:
        groups, depth = self.upto(4, 2), self.upto(6)
        height, width, _ = self.image(16)
        graph = self.graph((height, width, groups * depth), Layer("conv", groups * self.upto(6), **self.walk()))
        weights = graph.ops[0].inputs[1]
        weights.shape = (*weights.shape[:3], depth)
        weights.data = self.fill("int8", weights.shape)
        return graph

    def lstm(self) -> Graph:
        steps, inputs, units = self.upto(8), self.upto(20), self.upto(16)
        graph = self.graph((steps, inputs), Layer("dense", units, activation="none"))
        op = graph.ops[0]

        def tensor(dtype, shape, scale=0.01, constant=True):
            data = self.fill(dtype, shape) if constant else None
            return Tensor(
                90,
                "",
                shape,
                dtype,
                np.array([scale], np.float32),
                np.zeros(1, np.int64),
                data=data,
                variable=not constant,
            )

        weights = [tensor("int8", (units, depth)) for depth in [inputs] * 4 + [units] * 4]
        biases = [tensor("int32", (units,)) for _ in range(4)]
        state = [tensor("int8", (1, units), 1 / 128, False), tensor("int16", (1, units), 2.0**-11, False)]
        op.kind = "UNIDIRECTIONAL_SEQUENCE_LSTM"
        out = cast(Tensor, None)  # left out: see Operands
        op.inputs = Operands([op.inputs[0], *weights, *[out] * 3, *biases, *[out] * 2, *state])
        op.outputs[0].scales, op.outputs[0].zeros = state[0].scales, state[0].zeros
        op.options = {"activation": "tanh", "cell_clip": 0.0, "proj_clip": 0.0, "time_major": False}
        return graph


def _reduce_last(graph: Graph) -> None:
    op = graph.ops[0]
    given = op.inputs[0].shape
    op.inputs[1] = Tensor(97, "", (1,), "int32", data=np.array([3], np.int32))
    op.outputs[0].shape, op.options["keep_dims"] = (*given[:3], 1), True


def generators(s: Shapes) -> dict:
    return {
        "nn_conv_2d_packed": s.conv_or_rows, "nn_conv_2d": s.conv, "nn_conv_2d_grouped": s.grouped, "nn_lstm": s.lstm,
        "nn_fully_connected": s.one_scale, "nn_fully_connected_packed": s.four_dense,
        "nn_depthwise_3x3_packed": s.three_by_three, "nn_depthwise_packed": s.fours,
        "nn_depthwise_line_packed": s.line,
        "nn_depthwise_multiplied_3x3_packed": s.multiplied_3x3, "nn_depthwise_multiplied_packed": s.multiplied,
        "nn_depthwise_conv_2d": s.depthwise,
        "nn_batch_matmul": s.matmul, "nn_batch_matmul_packed": s.matmul,
        "nn_add": lambda: s.binary("ADD"), "nn_add_packed": lambda: s.binary("ADD"),
        "nn_add_equal": lambda: s.binary("ADD", equal=True), "nn_mul": lambda: s.binary("MUL"),
        "nn_mul_packed": lambda: s.binary("MUL"), "nn_squared_difference": lambda: s.binary("SQUARED_DIFFERENCE"),
        "nn_squared_difference_packed": lambda: s.binary("SQUARED_DIFFERENCE"),
        "nn_maximum": lambda: s.binary("MAXIMUM"), "nn_minimum": lambda: s.binary("MINIMUM"),
        "nn_lookup": s.table, "nn_softmax": s.softmax, "nn_mean": s.mean, "nn_reduce_max": s.largest,
        "nn_max_pool": lambda: s.pool("max_pool"), "nn_average_pool": lambda: s.pool("average_pool"),
        "nn_average_pool_all": s.pool_all, "nn_copy": s.transpose, "nn_resize_nearest": s.resize,
        "nn_svdf": lambda: s.svdf("int16"), "nn_svdf_int8": lambda: s.svdf("int8"),
        "nn_conv_2d_int4_packed": lambda: s.narrow(s.conv_or_rows),
        "nn_fully_connected_int4_packed": lambda: s.narrow(s.four_dense),
        "nn_conv_2d_int16_packed": lambda: s.conv(16), "nn_conv_2d_int16_wide_packed": s.wide,
        "nn_depthwise_int16_packed": lambda: s.four_deep(16), "nn_fully_connected_int16_packed": s.even_dense,
        "nn_add_equal_int16": lambda: s.binary("ADD", 16, equal=True),
        "nn_max_pool_int16_packed": lambda: s.pool("max_pool", 16),
        "nn_average_pool_int16_packed": lambda: s.pool("average_pool", 16),
        "nn_conv_2d_int16": lambda: s.conv(16), "nn_depthwise_conv_2d_int16": lambda: s.depthwise(16),
        "nn_fully_connected_int16": lambda: s.rows(16), "nn_add_int16": lambda: s.binary("ADD", 16),
        "nn_mean_int16": lambda: s.mean(16), "nn_softmax_int16": lambda: s.softmax(16),
        "nn_max_pool_int16": lambda: s.pool("max_pool", 16),
        "nn_average_pool_int16": lambda: s.pool("average_pool", 16),
        "nn_quantise_int8_to_int16": lambda: s.requantised("int8", "int16"),
        "nn_quantise_int16_to_int8": lambda: s.requantised("int16", "int8"),
        "nn_mul_int16": lambda: s.binary("MUL", 16), "nn_rectify_int16": lambda: s.pointwise("LEAKY_RELU", alpha=0.3),
        "nn_logistic_int16": lambda: s.pointwise("LOGISTIC"), "nn_tanh_curve_int16": lambda: s.pointwise("TANH"),
        "nn_quantise_int16": lambda: s.requantised("int16", "int16"), "nn_flip_sign": s.flipped,
    }  # fmt: skip


@contextlib.contextmanager
def only(kernels: set[str]):
    """Every operator on these kernels, whatever others would offer."""
    kept = {kind: list(offers) for kind, offers in KERNELS.items()}
    for offers in KERNELS.values():
        chosen = [one for one in offers if one[0] in kernels]
        offers[:] = chosen or offers
    try:
        yield
    finally:
        KERNELS.update(kept)


def drawn(kernel: str, make, count: int) -> list[Placed]:
    """Operators that the kernel takes, none too large."""
    found = []
    with only({kernel}):
        for _ in range(20 * count):
            if len(found) == count:
                break
            with contextlib.suppress(Unsupported, UserError):  # a window larger than its image
                op = make().ops[0]
                lowered = lower(op, OPTIONS)
                macs = FAMILIES[form(op)].macs(op)
                small = op.output.elements + macs < MOST and op.inputs[0].size < SHARED_INPUT // 2
                if lowered.kernel == kernel and small:
                    found.append(Placed(0, op, lowered, macs))
    return found


def together(layers: list[Placed]) -> Program:
    """One program; what operators read lies in the model's input, what they make behind it."""
    given = Tensor(0, "input", (SHARED_INPUT,), "int8", np.array([SCALE], np.float32), np.array([0]))
    offsets, placed = {id(given): 0}, []
    for number, layer in enumerate(layers):
        inputs, start = [], 0
        for tensor in layer.op.inputs:
            at_run_time = tensor is not None and tensor.data is None and not tensor.variable
            inputs.append(replace(tensor, view_of=given, view_start=start) if at_run_time else tensor)
            start = SHARED_INPUT // 2 if at_run_time else start
        output = replace(layer.op.output, view_of=None, view_start=0)
        op = replace(layer.op, inputs=inputs, outputs=[output])
        offsets |= {id(output): SHARED_INPUT, id(op): 2 * SHARED_INPUT}
        placed.append(Placed(number, op, layer.lowered, layer.macs, scratch_key=id(op)))
    program = lowering.draft(Graph([given], [layer.op for layer in placed], [given], [output]), placed)
    program.plan = Plan(offsets, 3 * SHARED_INPUT, 0)
    return program


def layer_cycles(layers: list[Placed]) -> list[int]:
    """Cycles of each, on the emulated Cortex-M4."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "fit_model.h"
        path.write_text(header(together(layers), Identity("fit", "0" * 16), 0))
        machine = Machine(build(path, "fit", Path(scratch)).path)
        machine.boot("main")
        machine.call("profile_start")
        return [machine.call("profile_layer", number).cycles for number in range(len(layers))]


def fit(works: list[dict], cycles: list[int]) -> tuple[dict[str, float], float]:
    """Cycles a turn by part, and the largest error as a share."""
    parts = list(dict.fromkeys(part for work in works for part in work))
    turns = np.array([[work.get(part, 0) for part in parts] for work in works], float)
    weight = 1 / np.array(cycles, float)
    costs, _ = nnls(turns * weight[:, None], np.ones(len(cycles)))
    errors = np.abs(turns @ costs * weight - 1)
    return {part: float(f"{cost:.4g}") for part, cost in zip(parts, costs, strict=True)}, float(errors.max())


def table(fitted: dict[str, dict[str, float]]) -> str:
    rows = "".join(
        f'    "{kernel}": {{' + ", ".join(f'"{part}": {cost:g}' for part, cost in costs.items()) + "},\n"
        for kernel, costs in fitted.items()
    )
    return f"COSTS: dict[str, dict[str, float]] = {{\n{rows}}}\n"


@click.command()
@click.argument("kernels", nargs=-1)
@click.option("--samples", default=SAMPLES, show_default=True, help="Shapes a kernel.")
@click.option("--seed", default=1, show_default=True)
def fit_cycles(kernels: tuple[str, ...], samples: int, seed: int) -> None:
    """Measure what a turn of each kernel's loops costs; prints the table."""
    shapes = Shapes(seed)
    makers = generators(shapes) | more_generators(shapes)
    for kernel in kernels or makers:
        COSTS.pop(kernel, None)  # its parts may be others by now
    layers = {kernel: drawn(kernel, makers[kernel], samples) for kernel in kernels or makers}
    cycles = iter(layer_cycles([layer for found in layers.values() for layer in found]))
    fitted = {}
    for kernel, found in layers.items():
        fitted[kernel], worst = fit([layer.lowered.work for layer in found], [next(cycles) for _ in found])
        click.echo(f"# {kernel}: {len(found)} shapes, off by at most {worst:.1%}", err=True)
    click.echo(table(fitted))


if __name__ == "__main__":
    run_cli(fit_cycles, "fit_cycles")
