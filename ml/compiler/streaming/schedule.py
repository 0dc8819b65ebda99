"""Another order of the same operators: the strips at the window's start all the way down before those at its end.

Each of the two chains then needs only its own strips in memory. The order keeps every dependency on bytes: nothing is
read before it is written, and nothing is overwritten before it was read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ml.compiler.graph import Graph, Op, Tensor

Region = tuple[int, int, int]  # storage, first byte, end


def heads_first(graph: Graph) -> Graph:
    """The graph in depth-first order from its output: the first input is made whole before the next is begun."""
    needs = _dependencies(graph.ops)
    followers = [number for number, op in enumerate(graph.ops) if op.kind == "KEEP"]
    order: list[int] = []
    done: set[int] = set()
    for root in (0, len(graph.ops) - 1, *range(len(graph.ops))):
        for number in _post_order(root, needs, done):
            order.append(number)
            ready = [f for f in followers if f not in done and done.issuperset(needs[f])]
            done.update(ready)  # a history is written at once, so that its strip need not wait
            order.extend(ready)
    return Graph(graph.tensors, [graph.ops[number] for number in order], graph.inputs, graph.outputs)


def _post_order(root: int, needs: list[list[int]], done: set[int]) -> Iterator[int]:
    """What `root` needs and is not done, then itself; marks each as done as it is given."""
    stack = [(root, iter(needs[root]))]
    while stack:
        number, rest = stack[-1]
        following = next((n for n in rest if n not in done), None)
        if following is not None:
            stack.append((following, iter(needs[following])))
            continue
        stack.pop()
        if number not in done:
            done.add(number)
            yield number


def _dependencies(ops: list[Op]) -> list[list[int]]:
    """For each operator the earlier ones that must come before it, in their order; copies out of a ring as late as can
    be, because what they fill needs memory from then on."""
    written, read = defaultdict(list), defaultdict(list)
    needs: list[list[int]] = []
    for number, op in enumerate(ops):
        reads, writes = _regions(op)
        before = {n for region in reads + writes for n in _touching(written, region)}
        before |= {n for region in writes for n in _touching(read, region)}
        needs.append(sorted(before - {number}, key=lambda n: (ops[n].kind == "RECALL", n)))
        for table, regions in ((read, reads), (written, writes)):
            for storage, first, end in regions:
                table[storage].append((first, end, number))
    return needs


def _touching(table, region: Region) -> list[int]:
    storage, first, end = region
    return [number for low, high, number in table[storage] if low < end and first < high]


def _regions(op: Op) -> tuple[list[Region], list[Region]]:
    """(what it reads, what it writes)."""
    inputs, outputs = [t for t in op.inputs if t is not None and t.data is None], list(op.outputs)
    if op.kind == "ADVANCE":
        inputs, outputs = [inputs[0], *inputs[1::2]], outputs + inputs[2::2]
    elif op.kind == "KEEP":
        inputs, outputs = inputs[:1], inputs[1:]
    return [_region(t) for t in inputs], [_region(t) for t in outputs]


def _region(tensor: Tensor) -> Region:
    return id(tensor.storage), tensor.start, tensor.start + tensor.size
