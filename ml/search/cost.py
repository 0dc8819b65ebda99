"""What a candidate costs before anything is trained: bytes from the compiler's planner, cycles predicted.

Flash is exact but for softmax's table, counted at its longest (1,024 B). RAM may be a few per cent above that of the
compiler, which tries more plans. Cycles are an estimate, so time and energy are too (docs/compiler.md).
"""

from collections.abc import Iterable
from typing import Any

from ml.compiler.operators import Options
from ml.compiler.predict import predict
from ml.design import layers
from ml.design.design import Design
from ml.errors import UserError
from ml.evaluate.intervals import short
from ml.pipeline.task import Task
from ml.shrink import measure
from ml.shrink.budget import Budget


def costs(task: Task, design: Design) -> dict:
    """JSON-able: flash, ram (bytes), macs, cycles of an inference (of a step, in streaming form), boards, and `layers`:
    operator, kernel, macs and cycles of each. UserError where the compiler does not take it."""
    app = task.app.designed(design)
    if design.network is None:
        raise UserError("expected a design with a network, found none; ml/design/space.py makes them")
    drawn = layers.compiled(layers.network(design.network, *app.shape(task.labels)))
    found = predict(drawn, Options(app.optimise), name=app.name, stream=app.stream_form)
    cycles = round(found.cycles)
    rows = [[one.operator, one.kernel, one.macs, round(one.cycles)] for one in found.layers]
    figures = {"flash": found.flash, "ram": found.ram, "macs": found.macs, "cycles": cycles, "layers": rows}
    return figures | {"boards": measure.boards(cycles)}


def smallest(task: Task, designs: Iterable[Design]) -> dict[str, Any]:
    """The smallest of each figure, each of another design perhaps. UserError where nothing can be compiled."""
    found, why = [], ""
    for design in designs:
        try:
            found.append(costs(task, design))
        except UserError as error:
            why = why or str(error)
    if not found:
        raise UserError(f"expected a space with networks that compile, found none; the first: {why}")
    figures = {name: min(one[name] for one in found) for name in ("flash", "ram", "cycles")}
    least = min(found, key=lambda one: one["cycles"])
    return figures | {"boards": least["boards"]}


def check(limits: Budget, least: dict) -> None:
    """Refuses a budget below the smallest network."""
    there = least["boards"][limits.board]
    pairs = [("--ms", there["ms"], limits.ms, "ms"), ("--uj", there["uj"], limits.uj, "uJ")]
    pairs += [("--flash", least["flash"], limits.flash, "B"), ("--ram", least["ram"], limits.ram, "B")]
    lacking = [
        f"{option} at least {short(found)} {unit} (found {short(limit)})"
        for option, found, limit, unit in pairs
        if limit is not None and found is not None and found > limit
    ]
    if lacking:
        raise UserError(f"expected a budget that a network of this space can keep: {', '.join(lacking)}")
