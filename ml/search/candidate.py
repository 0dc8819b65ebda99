"""A candidate trained for a few epochs, then for more: successive halving without waiting for others (L. Li et al., "A
System for Massively Parallel Hyperparameter Tuning", MLSys 2020; R. Schmucker et al., "Multi-objective Asynchronous
Successive Halving", arXiv:2106.12639).

At each rung a candidate is hopeless, and is not trained on, if it is outside the best third by accuracy and another one
at that rung is at least as accurate and costs no more.
"""

import json
from dataclasses import replace
from typing import Any

from ml.compress.sensitivity import with_bits
from ml.design.design import Design
from ml.design.network import narrow
from ml.pipeline.build import examples
from ml.pipeline.task import Made, Task
from ml.train import examples as kept
from ml.train.examples import HeldOut
from ml.train.keras import keras_module
from ml.train.training import FloatModel

RUNGS = (0.25, 1.0)  # shares of the epochs that the application trains; each rung starts afresh
BEST = 3  # one in so many is trained on whatever it costs
FRONT_ENDS = 4  # whose examples stay in memory
COSTS = ("cycles", "flash", "ram")


def tried(bench: "Bench", design: Design, costs: dict, others: list[dict]) -> dict[str, Any]:
    """rungs: the accuracy at each, 0..1; stopped: why the last ones are missing, "" where none is. `others` are
    earlier results, with their costs and rungs."""
    rungs: list[float] = []
    for rung, share in enumerate(RUNGS):
        rungs.append(round(bench.quality(design, share), 6))
        if rung < len(RUNGS) - 1 and hopeless(costs, rungs, others):
            return {"rungs": rungs, "stopped": f"hopeless after {share:.0%} of the epochs"}
    return {"rungs": rungs, "stopped": ""}


def hopeless(costs: dict, rungs: list[float], others: list[dict]) -> bool:
    """Whether a candidate is not worth the next rung."""
    rung, mine = len(rungs) - 1, rungs[-1]
    peers = [one for one in others if len(one.get("rungs") or ()) > rung]
    better = sum(one["rungs"][rung] > mine for one in peers)
    if better < max(1, (len(peers) + 1) // BEST):
        return False
    return any(one["rungs"][rung] >= mine and _no_dearer(one["costs"], costs) for one in peers)


def _no_dearer(one: dict, other: dict) -> bool:
    return all(one[name] <= other[name] for name in COSTS)


class Bench:
    """Trains candidates of a task and judges them by its `validation` people. It keeps the examples of a few front
    ends, from which many networks learn."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._drawn: dict[str, tuple[dict, HeldOut]] = {}

    def quality(self, design: Design, share: float) -> float:
        """How good the candidate is on the windows of those who choose, after a share of the epochs, weights rounded
        as the design says."""
        task, labels = self.task, self.task.labels
        app = task.app.designed(design).shorter(share)
        arrays, shown = self._of(design.front_end)
        learnt_from = app.of_arrays(arrays, task.data.of(task.split.train), task.seed)
        keras_module().utils.set_random_seed(task.seed)
        network = app.network(labels)
        learned = app.learned(json.loads(json.dumps(app.fit(network, learnt_from, task.seed, None))))
        bits = narrow(design.network, *app.shape(labels)) if design.network else {}
        found = learned.quality(
            shown, learned.scores(FloatModel(with_bits(network, bits) if bits else network), shown.inputs)
        )
        keras_module().backend.clear_session()
        return found

    def _of(self, front_end: dict) -> tuple[dict, HeldOut]:
        key = json.dumps(front_end, sort_keys=True)
        if key not in self._drawn:
            one = replace(self.task, app=self.task.app.designed(Design(front_end)))
            shown = one.app.held_out(one.data.of(one.split.validation), one.labels)
            arrays = kept.read(examples(one, Made()))
            if len(self._drawn) >= FRONT_ENDS:
                self._drawn.pop(next(iter(self._drawn)))
            self._drawn[key] = arrays, shown
        return self._drawn[key]
