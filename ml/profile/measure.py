"""Compiles a model, builds it for a Cortex-M4F, runs it on the emulated one and counts, whole and layer by layer."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from ml.compiler.compile import Compiled, compile_model
from ml.compiler.lowering import Layer
from ml.compiler.operators import Options
from ml.errors import UserError
from ml.profile.boards import names, section
from ml.profile.image import Image, build
from ml.profile.machine import Count, Machine

LIMIT = 2.0  # multiply-accumulates a cycle: those of one SMLAD

# Why a kernel stays below the limit, by what its innermost loop is made of. `rest` is filled in with what was measured.
REASONS = {
    "nn_conv_2d_packed": "8 SMLAD of 15 cycles a turn: 5 load, 2 unpack; {rest:.0f} an output gather taps and scale",
    "nn_fully_connected_packed": "8 SMLAD of 20 cycles a turn: each weight is loaded and unpacked for one use; "
    "{rest:.0f} an output scale",
    "nn_depthwise_3x3_packed": "9 taps are 6 multiplications an output; the rest takes channels apart, loads, scales",
    "nn_depthwise_packed": "one multiplication a tap: the neighbours of a byte are other channels",
    "nn_depthwise_line_packed": "4 SMLAD of 8 cycles a turn: weights are there twice, for even and odd places; the "
    "rest takes channels apart, scales",
    "nn_conv_2d_int4_packed": "8 SMLAD of 15 cycles a turn: 4 load, 3 cut digits off; {rest:.0f} an output gather taps "
    "and scale",
    "nn_fully_connected_int4_packed": "8 SMLAD of 20 cycles a turn: each weight is loaded and unpacked for one use; "
    "{rest:.0f} an output scale",
    "nn_conv_2d_int16_packed": "8 SMLAD of 18 cycles a turn: 6 load, 4 unpack; {rest:.0f} an output gather and scale",
    "nn_conv_2d_int16_wide_packed": "4 SMLALD of 16 cycles a turn: sums of 64 bits",
    "nn_fully_connected_int16_packed": "4 SMLAD of 12 cycles a turn: each weight is loaded and unpacked for one use",
    "nn_depthwise_int16_packed": "one multiplication a tap: the neighbours of a value are other channels",
    "nn_depthwise_multiplied_3x3_packed": "6 multiplications for 9 MACs; inputs are put together first",
    "nn_depthwise_multiplied_packed": "8 SMLAD of 15 cycles a turn; few filters share what gathering a window costs",
}
LOOP = {
    "nn_conv_2d_packed": 15 / 16,
    "nn_fully_connected_packed": 20 / 16,
    "nn_conv_2d_int4_packed": 15 / 16,
    "nn_fully_connected_int4_packed": 20 / 16,
    "nn_conv_2d_int16_packed": 18 / 16,
}  # cycles a MAC


@dataclass(frozen=True)
class LayerProfile:
    number: int
    operator: str
    kernel: str
    macs: int
    count: Count
    why: str

    @property
    def macs_per_cycle(self) -> float:
        return self.macs / self.count.cycles


@dataclass(frozen=True)
class Profile:
    """Instructions are exact; cycles are an estimate, see timing.py."""

    compiled: Compiled
    image: Image
    total: Count  # one inference
    layers: list[LayerProfile]
    agrees: bool  # the emulated board's output has the check CRC

    def cycles(self, refill: int) -> int:
        """Of one inference, where a refill of the pipeline takes 1, 2 or 3 cycles."""
        return self.total.cycles + (refill - 2) * self.total.refills


def profile(
    tflite: bytes, name: str, options: Options | None = None, *, title: str = "", folder: Path | None = None
) -> Profile:
    """Counts one inference on the fixed input. `name` is a C identifier, `title` names the model in errors; header and
    image stay in `folder` where one is given."""
    if folder is None:
        with tempfile.TemporaryDirectory() as scratch:
            return profile(tflite, name, options, title=title, folder=Path(scratch))
    compiled = compile_model(tflite, name, folder, options=options, title=title)
    image = build(compiled.header, name, folder)
    total, agrees = whole(image.path)
    return Profile(compiled, image, total, _layers(image.path, compiled.program.layers), agrees)


def whole(path: Path) -> tuple[Count, bool]:
    """One inference of an image on the fixed input, and whether the output has the header's check CRC."""
    machine = Machine(path)
    machine.boot("marker_begin")
    total = machine.count(machine.address("marker_begin"), machine.address("marker_end"))
    machine.call("profile_agrees")
    return total, machine.result() == 1


def _layers(path: Path, layers: list[Layer]) -> list[LayerProfile]:
    machine = Machine(path)
    machine.boot("main")
    machine.call("profile_start")
    return [_layer(layer, machine.call("profile_layer", layer.number)) for layer in layers]


def _layer(layer: Layer, count: Count) -> LayerProfile:
    why = _why(layer, count.cycles)
    return LayerProfile(layer.number, layer.op.kind, layer.lowered.kernel, layer.macs, count, why)


def _why(layer: Layer, cycles: int) -> str:
    if not layer.macs:
        return ""
    kernel = layer.lowered.kernel
    if kernel not in REASONS:
        return "a reference kernel, written to be read"
    rest = (cycles - LOOP.get(kernel, 0) * layer.macs) / layer.op.output.elements
    return REASONS[kernel].format(rest=max(rest, 0))


def clocks() -> dict[str, int]:
    """Hz of the boards whose processor is a Cortex-M4, from boards/*.ini."""
    return {
        name: int(section(name)["custom_clock_hz"])
        for name in names()
        if section(name).get("custom_processor") == "cortex-m4"
    }


def clock(board: str) -> int:
    known = clocks()
    if board not in known:
        raise UserError(f"expected a board with a Cortex-M4 ({', '.join(known)}), found {board!r}")
    return known[board]
