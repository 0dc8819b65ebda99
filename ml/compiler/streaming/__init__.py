"""The streaming form of a model: a step takes a few new rows and gives the whole window's output, byte for byte.

program = stream(graph, Options(), "kws", Request(hop=2))
"""

from __future__ import annotations

from dataclasses import dataclass

from ml.compiler import lowering
from ml.compiler.graph import Graph, Tensor
from ml.compiler.lowering import Program, Stream
from ml.compiler.operators import FAMILIES, Options, form
from ml.compiler.streaming import moves
from ml.compiler.streaming.needs import Strategy, storages
from ml.compiler.streaming.rows import Timeline, input_axis
from ml.compiler.streaming.schedule import heads_first
from ml.compiler.streaming.strips import Rewriter
from ml.compiler.unsupported import Unsupported
from ml.errors import UserError

__all__ = ["Request", "moves", "stream"]

STRATEGIES = (Strategy(), Strategy(ring=True), Strategy(recompute=True), Strategy(recompute=True, ring=True))


@dataclass(frozen=True)
class Request:
    """What the user asks for."""

    hop: int  # new rows of the input a step
    axis: int | None = None  # of the input; None: the first that is longer than 1
    ram: int | None = None  # bytes for arena and state: of the forms that fit, the one with the fewest MACs


def stream(graph: Graph, options: Options, name: str, request: Request) -> Program:
    """The streaming form with the fewest MACs, or with the fewest bytes of RAM where size is asked for or none fits.

    `graph` has passed `lowering.check`; raises UserError where no layer would compute less than for a whole window.
    """
    timeline = _timeline(graph, name, request)
    whole = _macs(graph)
    ways = [storages(graph, timeline, strategy) for strategy in STRATEGIES]
    ways = [way for at, way in enumerate(ways) if way not in ways[:at]]  # a simple stack has one
    graphs = [Rewriter(graph, timeline, way).graph for way in ways]
    if request.ram is None and options.optimise != "size":  # the fewest MACs win, and they are known already
        counts = [_macs(one) for one in graphs]
        graphs = [one for one, count in zip(graphs, counts, strict=True) if count == min(counts)]
    graphs += [other for one in graphs if (other := heads_first(one)).ops != one.ops]
    programs = [_program(one, options, name, Stream(*_shape(timeline), graph.inputs[0].size, whole)) for one in graphs]
    fit = [p for p in programs if request.ram is None or p.ram <= request.ram]
    small = options.optimise == "size" or not fit
    best = min(fit or programs, key=lambda p: (p.ram, p.macs) if small else (p.macs, p.ram))
    if best.macs >= whole or timeline.given.hop == timeline.given.count:
        raise UserError(f"{name}: nothing would be saved by streaming: {_why(timeline)}")
    return best


def _macs(graph: Graph) -> int:
    return sum(FAMILIES[form(op)].macs(op) for op in graph.ops)


def _timeline(graph: Graph, name: str, request: Request) -> Timeline:
    own = next((t for op in graph.ops for t in op.inputs if t is not None and t.storage.variable), None)
    try:
        if own is not None:
            raise Unsupported("the model has a state of its own", own)
        if len(graph.inputs) > 1 or len(graph.outputs) > 1:
            ends = f"{len(graph.inputs)} inputs and {len(graph.outputs)} outputs"
            raise Unsupported(f"the model has {ends}, expected one of each", None)
        rows = graph.inputs[0].shape[input_axis(graph.inputs[0], request.axis)]
        if not 1 <= request.hop <= rows:
            raise Unsupported(f"a hop of {request.hop} is not 1..{rows}", graph.inputs[0])
        timeline = Timeline(graph, request.axis, request.hop)
    except Unsupported as why:
        raise _refused(name, why) from why
    return timeline


def _refused(name: str, why: Unsupported) -> UserError:
    where = f"{_named(why.tensor)}: " if why.tensor else ""
    return UserError(f"{name}: cannot be streamed: {where}{why}")


def _named(tensor: Tensor) -> str:
    return f"tensor {tensor.index} {' '.join(tensor.name.split())[:60]!r}"


def _why(timeline: Timeline) -> str:
    """The first operator behind which nothing is kept."""
    if timeline.given.hop == timeline.given.count:
        return f"a hop of {timeline.given.hop} rows is the whole window; take a smaller --hop"
    if not timeline.stops:
        return "every row is new in every step; take a smaller --hop, or a model with less padding"
    op, why = timeline.stops[0]
    return f"operator {op.index} {op.kind} at {_named(op.outputs[0])} {why}"


def _shape(timeline: Timeline) -> tuple[int, int, int]:
    return timeline.given.axis, timeline.given.step, timeline.given.count


def _program(graph: Graph, options: Options, name: str, shape: Stream) -> Program:
    try:
        for op in graph.ops:
            FAMILIES[form(op)].check(op)
        program = lowering.build(graph, options, name)
    except Unsupported as why:  # a strip is smaller than the tensor that passed before
        raise _refused(name, why) from why
    program.stream = shape
    return program
