"""Runs two layers strip by strip if this lowers the peak of RAM: the tensor between them never exists as a whole.

program = build(graph, Options(), "vww")
"""

from __future__ import annotations

from ml.compiler import lowering
from ml.compiler.graph import Graph, Op
from ml.compiler.lowering import Layer, Program
from ml.compiler.operators import FAMILIES, Lowered, Options, Unsupported, form, lower, lower_with
from ml.compiler.plan import Buffer, Overlaps, plan, step_bounds
from ml.compiler.tiling.strips import HEIGHT, Pair, cut, heights, pair_at

MOST_PLANS = 4  # of the ways to cut a pair: a plan that misses its bound is slow
MAX_STRIPS = 32  # each is a layer of the table: about 100 bytes of flash
LEAST_GAIN = 0.05  # of the arena, or it is not worth the layers
MOST_WORK = 1.10  # multiply-accumulates where speed is asked for: rows that two strips read are computed twice


def build(graph: Graph, options: Options, name: str) -> Program:
    """As `lowering.build`, with layers in strips where the planned arena gets smaller by `LEAST_GAIN`."""
    whole = lowering.build(graph, options, name)
    tiled = _Search(whole, options).graph
    if not tiled.tiles:
        return whole
    program = lowering.build(tiled, options, name)
    if program.plan.size > (1 - LEAST_GAIN) * whole.plan.size:
        return whole
    _give_reasons(program, whole.plan.size)
    return program


class _Search:
    """Cuts the pair of layers at the peak, again and again as long as the peak falls. `graph` is the last one."""

    def __init__(self, whole: Program, options: Options):
        self.options = options
        self.most_macs = whole.macs * MOST_WORK if options.optimise == "speed" else lowering.MAX_MACS
        self.lowered = {id(layer.op): layer.lowered for layer in whole.layers}
        self.macs = {id(layer.op): layer.macs for layer in whole.layers}
        self.kernels = {(layer.op.index, layer.op.kind): layer.lowered.kernel for layer in whole.layers}
        self.strips: dict[tuple, Lowered] = {}
        self.graph = whole.graph
        bounds = self._bounds(self.graph)
        while bounds and (better := self._better(bounds)):
            self.graph = better
            bounds = self._bounds(better)

    def _better(self, bounds: dict[int, int]) -> Graph | None:
        """Of all ways to cut the layer at the peak, the lowest peak; of equals the fewest strips. A pair of layers is
        not tried where another layer needs as much: a cut changes nothing outside the pair."""
        peak, found = max(bounds.values()), []
        peaks = {step for step, bytes_ in bounds.items() if bytes_ == peak}
        step = next(step for step in bounds if step in peaks)
        for number in (step - 1, step):
            pair = pair_at(self.graph, number) if peaks <= {number, number + 1} else None
            if pair:
                for height in heights(pair[1].output.shape[HEIGHT], MAX_STRIPS):
                    found += self._tried(pair, height)
        lower = sorted((one for one in found if one[0] < peak), key=lambda one: one[:2])
        return self._smallest(lower[:MOST_PLANS]) if lower else None

    def _smallest(self, found: list[tuple[int, int, Graph]]) -> Graph:
        """The one whose plan is the smallest. Bounds rise: one that is no smaller than a plan ends the search."""
        best, size = found[0][2], None
        for bound, _, graph in found:
            if size is not None and bound >= size:
                break
            planned = plan(*self._buffers(graph), self.options.tries).size
            if size is None or planned < size:
                best, size = graph, planned
        return best

    def _tried(self, pair: Pair, height: int) -> list[tuple[int, int, Graph]]:
        """[(peak, strips, graph)], or nothing where it cannot be or is too much work."""
        try:
            graph = cut(self.graph, pair, height)
            if graph is None or sum(map(self._macs, graph.ops)) > self.most_macs:
                return []
            return [(max(self._bounds(graph).values()), len(graph.tiles[-1].first), graph)]
        except Unsupported:  # a strip is smaller than the tensor that passed before
            return []

    def _macs(self, op: Op) -> int:
        if id(op) in self.macs:
            return self.macs[id(op)]
        return FAMILIES[form(op)].macs(op)

    def _bounds(self, graph: Graph) -> dict[int, int]:
        return step_bounds(*self._buffers(graph))

    def _buffers(self, graph: Graph) -> tuple[list[Buffer], Overlaps]:
        layers = [Layer(number, op, self._lowered(op), 0) for number, op in enumerate(graph.ops)]
        return lowering.buffers_of(lowering.draft(graph, layers))

    def _lowered(self, op: Op) -> Lowered:
        """Strips of the same shape share one: only memory counts here."""
        if id(op) in self.lowered:
            return self.lowered[id(op)]
        key = lowering.strip_key(op)
        if key not in self.strips:
            FAMILIES[form(op)].check(op)
            kernel = self.kernels[op.index, op.kind]  # what takes the layer nearly always takes its strips
            self.strips[key] = lower_with(op, self.options, kernel) or lower(op, self.options)
        return self.strips[key]


def _give_reasons(program: Program, without: int) -> None:
    layers = {id(layer.op): layer for layer in program.layers}
    for tile in program.graph.tiles:
        for ops in (tile.first, tile.second):
            for number, op in enumerate(ops, 1):
                lowered = layers[id(op)].lowered
                lowered.reason += f"; strip {number} of {len(ops)}: arena {program.plan.size:,} B, not {without:,} B"
