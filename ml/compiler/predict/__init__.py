"""Cycles, RAM and flash of a model before it is trained, built or emulated.

from ml.compiler.predict import Layer, Network, predict
predict(Network((49, 10, 1), (Layer("conv", 64, kernel=(10, 4), stride=(2, 2)), ...))).cycles
predict(tflite_bytes)

Cycles are an estimate of what `python -m ml profile` estimates: the kernels' loops, counted (operators/loops.py), times
what a turn costs (cycles.py). Flash is the constants, without the kernels' code. docs/compiler.md says how near they
come.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ml.compiler import streaming, tiling
from ml.compiler.compile import prepare
from ml.compiler.cycles import A_LAYER
from ml.compiler.lowering import Program
from ml.compiler.operators import FAMILIES, Options, Unsupported, form
from ml.compiler.predict.sketch import Layer, Network, graph_of
from ml.compiler.streaming import Request
from ml.errors import UserError

__all__ = ["Layer", "LayerCost", "Network", "Prediction", "predict"]


TRIES = 60  # at the plan of the arena: milliseconds, and at most a few per cent more RAM than the compiler finds


@dataclass(frozen=True)
class LayerCost:
    """One layer as it would run."""

    operator: str  # CONV_2D
    kernel: str  # nn_conv_2d_packed
    macs: int
    cycles: float


@dataclass(frozen=True)
class Prediction:
    """What a model costs on a Cortex-M4."""

    layers: tuple[LayerCost, ...]
    ram: int  # bytes of arena and state
    flash: int  # bytes of constants

    @property
    def cycles(self) -> float:
        return sum(layer.cycles for layer in self.layers)

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)


def predict(
    model: Network | bytes, options: Options | None = None, *, name: str = "network", stream: Request | None = None
) -> Prediction:
    """Of a network's shapes, or of the bytes of a `.tflite`; `stream` asks for the streaming form. Raises UserError
    where the compiler does not take it, or where a kernel has no measured cost."""
    options = options or Options()
    if isinstance(model, bytes):
        return _costs(prepare(model, name, options, stream))
    return _costs(planned(model, replace(options, tries=TRIES), name, stream))


def planned(network: Network, options: Options, name: str = "network", stream: Request | None = None) -> Program:
    """Kernels and places in memory, as the compiler would choose them."""
    graph = graph_of(network)
    try:
        for op in graph.ops:
            FAMILIES[form(op)].check(op)
        if stream is not None:
            return streaming.stream(graph, options, name, stream)
        return tiling.build(graph, options, name)
    except Unsupported as why:
        raise UserError(f"{name}: not supported: {op.kind}: {why}. See docs/operators.md for what is") from why


def _costs(program: Program) -> Prediction:
    unknown = [layer.lowered.kernel for layer in program.layers if not math.isfinite(layer.lowered.cycles)]
    if unknown:
        raise UserError(
            f"expected kernels whose cycles have been measured, found {', '.join(dict.fromkeys(unknown))}; measure "
            f"them: python tools/studies/fit_cycles.py"
        )
    layers = tuple(
        LayerCost(layer.op.kind, layer.lowered.kernel, layer.macs, layer.lowered.cycles + A_LAYER)
        for layer in program.layers
    )
    return Prediction(layers, program.ram, sum(layer.lowered.flash for layer in program.layers))
