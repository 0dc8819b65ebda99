"""Finds the rows that each operator computes in a step, and the rows that stay from one step to the next.

Worked out from the end: what an operator computes decides which rows of its inputs it reads, and what was computed in
an earlier step and is needed again must be kept. A need has two parts, because padding makes rows at both ends of the
window new in every step: rows [0, head) and rows [tail, count).
"""

from __future__ import annotations

from dataclasses import dataclass

from ml.compiler.graph import Graph, Op, Tensor
from ml.compiler.streaming.rows import Reach, Rows, Timeline

Span = tuple[int, int]  # rows [first, end)


@dataclass(frozen=True)
class Strategy:
    """Two ways to trade memory for work; see docs/compiler.md."""

    recompute: bool = False  # rows behind the padding once more, rather than keeping them up to the window's start
    ring: bool = False  # histories in ring buffers, from which strips are put together, not in the strips themselves


@dataclass
class Need:
    head: int
    tail: int

    def add(self, spans: tuple[Span, ...], output: Rows, reach: Reach, count: int) -> None:
        for first, end in spans:
            low, high = reach.span(first, end, count)
            if first == 0 and end < output.count:
                self.head = max(self.head, high)
            else:
                self.tail = min(self.tail, low)


@dataclass(frozen=True)
class Storage:
    """How one tensor exists in a step."""

    rows: Rows
    strips: tuple[Span, ...]  # rows that lie side by side in memory
    computed: tuple[Span, ...]  # rows that its operator makes in a step
    kept: Span | None = None  # rows of the step before that it finds again, at their place in this step
    recalled: tuple[Span, ...] = ()  # of them, the rows that come out of a ring; none when a strip is itself the state

    @property
    def found(self) -> Span:
        """`kept` where something is kept."""
        if self.kept is None:
            raise ValueError("expected rows that are kept, found none")
        return self.kept

    @property
    def in_place(self) -> bool:
        return self.kept is not None and not self.recalled


def storages(graph: Graph, timeline: Timeline, strategy: Strategy) -> dict[int, Storage]:
    """Storage by id for every tensor with rows."""
    needs = {id(t): Need(0, rows.count) for t in _made(graph) if (rows := timeline.of(t)) is not None}
    found: dict[int, Storage] = {}
    for tensor in graph.outputs:
        if id(tensor.storage) in needs:
            _read_all(needs, tensor, timeline)
    for op in reversed(graph.ops):
        rows = timeline.of(op.output)
        made = None if rows is None else _decide(rows, needs[id(op.output)], strategy)
        if made is not None:
            found[id(op.output)] = made
        _read(op, made, needs, timeline)
    given = graph.inputs[0]
    found[id(given)] = _decide_input(timeline.given, needs[id(given)])
    return found


def _made(graph: Graph) -> list[Tensor]:
    return [graph.inputs[0], *(op.output for op in graph.ops)]


def _read_all(needs: dict[int, Need], tensor: Tensor, timeline: Timeline) -> None:
    needs[id(tensor.storage)] = Need(timeline.known(tensor.storage).count, 0)


def _read(op: Op, made: Storage | None, needs: dict[int, Need], timeline: Timeline) -> None:
    for tensor in op.inputs:
        need = None if tensor is None else needs.get(id(tensor.storage))
        if need is None:
            continue
        if made is None:
            _read_all(needs, tensor, timeline)
        else:
            need.add(made.computed, made.rows, timeline.reach[id(op)], timeline.known(tensor.storage).count)


def _decide(rows: Rows, need: Need, strategy: Strategy) -> Storage:
    head, tail, fresh, count = need.head, need.tail, rows.fresh, rows.count
    old_head = head > rows.head and not strategy.recompute
    together = head >= tail or tail < rows.head
    if not rows.reusable or (tail >= fresh and not (old_head or together)):
        strips = ((0, count),) if head >= tail else _spans((0, head), (tail, count))
        return Storage(rows, strips, strips)
    if together or (old_head and not strategy.ring):
        return Storage(rows, ((0, count),), _spans((0, rows.head), (fresh, count)), (rows.head, fresh))
    computed = _spans((0, rows.head if old_head else head), (fresh, count))
    kept = (rows.head if old_head else tail, fresh)
    recalled = _spans((rows.head, head) if old_head else (0, 0), (tail, fresh)) if strategy.ring else ()
    return Storage(rows, _spans((0, head), (min(tail, fresh), count)), computed, kept, recalled)


def _spans(*spans: Span) -> tuple[Span, ...]:
    return tuple(span for span in spans if span[0] < span[1])


def _decide_input(rows: Rows, need: Need) -> Storage:
    """The input is given, never computed: whatever is needed again is kept."""
    first = 0 if need.head else min(need.tail, rows.fresh)
    if first == rows.fresh:
        return Storage(rows, ((first, rows.count),), ((first, rows.count),))
    return Storage(rows, ((first, rows.count),), ((rows.fresh, rows.count),), (first, rows.fresh))
