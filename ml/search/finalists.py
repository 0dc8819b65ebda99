"""The best candidates in earnest: trained fully with several seeds, quantised, compiled, verified with TensorFlow Lite
Micro, tuned and judged on streams, by the stages of the pipeline. Only these figures are reported.

The choice among them is by those who chose candidates, or who tuned; the test's people judge and choose nothing. A
finalist for which the people who tuned find no setting within the false alarms asked for comes last.
"""

import json
from dataclasses import replace
from typing import Any

import numpy as np

from ml.compress.recipe import PLAIN, Recipe, Step
from ml.design.design import Design, of_table
from ml.design.network import narrow
from ml.evaluate.limits import Limits, verdict
from ml.evaluate.streams import Tally
from ml.pipeline.build import learned
from ml.pipeline.judge import host_model
from ml.pipeline.stages import judge, walk
from ml.pipeline.task import Made, Task
from ml.search.subject import Asked
from ml.shrink.measure import costs
from ml.workers import crew


def finalists(asked: Asked, front: list[dict], count: int, seeds: int, workers: int) -> list[dict]:
    """Rows of the result, the chosen one first. `front` is `loop.front`."""
    chosen = shortlist(front, count)
    todo = [(asked, one["design"], seed) for one in chosen for seed in range(seeds)]
    with crew(len(todo), workers) as work:
        made = work(_made, todo, "finalists")
    by_design = {json.dumps(one["design"]): [] for one in chosen}
    for one in sorted(made, key=lambda one: one["seed"]):
        by_design[json.dumps(one.pop("design"))].append(one)
    rows = [_row(one, by_design[json.dumps(one["design"])]) for one in chosen]
    return sorted(rows, key=lambda row: (not row["tuned"], -row["chosen_by"], row["cycles"]))


def shortlist(front: list[dict], count: int) -> list[dict]:
    """The most accurate of the front, and the cheapest of those that are about as accurate (within a point)."""
    best = front[:1]
    near = [one for one in front[1:] if best and one["rungs"][-1] >= best[0]["rungs"][-1] - NEAR]
    cheap = sorted(near, key=lambda one: one["costs"]["cycles"])
    others = [one for one in (*cheap, *front[1:]) if one not in best]
    return [*best, *{one["trial"]: one for one in others}.values()][:count]


NEAR = 0.01
TUNING = 0.25  # epochs of training aware of four bits, as a share of the application's


def recipe_of(task: Task, design: Design) -> Recipe:
    """Weights of four bits where the design says so, trained on aware of it."""
    app = task.app.designed(design)
    bits = narrow(design.network, *app.shape(task.labels)) if design.network else {}
    if not bits:
        return PLAIN
    return Recipe((Step("qat", {"epochs": max(1, round(TUNING * app.training.epochs)), "bits": bits}),))


def task_of(asked: Asked, design: Design, seed: int) -> Task:
    """What the pipeline is to make."""
    full = asked.full
    app = full.app.searched().designed(design)
    return replace(full, app=app, recipe=recipe_of(full, design), seed=full.seed + seed)


def _made(given: tuple[Asked, dict, int]) -> dict[str, Any]:
    asked, table, seed = given
    task = task_of(asked, of_table(table, "a trial"), seed)
    made = walk(task, judge)
    metrics, decided = made.read("judge", "metrics.json"), made.read("tune", "decision.json")
    figures = costs((made["convert"] / "model.tflite").read_bytes(), task.app)
    told = {name: metrics[name] for name in ("int8", "float", "parity", "stream", "tally", "more")}
    told |= {"design": table, "seed": seed, "costs": figures, "tuned": decided["validation"]}
    told |= {"limits": decided["limits"]}
    return told | {"chosen_by": _chosen_by(asked, task, made), "judged": _quality(asked.full.split.test, task, made)}


def _chosen_by(asked: Asked, task: Task, made: Made) -> float:
    """How good the compiled network is on those who judged candidates, where they did not train it; else on those who
    tuned, by folds: what its streams came to."""
    people = asked.task.split.validation
    if not set(people) & set(task.split.train):
        return _quality(people, task, made)
    found = made.read("tune", "decision.json")
    return float(found["merit"] or 0.0)


def _quality(people: tuple[str, ...], task: Task, made: Made) -> float:
    app = learned(task.app, made)
    shown = app.held_out(task.data.of(people), task.labels)
    return app.quality(shown, app.scores(host_model(made["convert"], app), shown.inputs))


def operating(made: list[dict]) -> dict[str, Any]:
    """Whether the streams of those who judged keep the false alarms asked for, all seeds together."""
    limits = Limits(**made[0]["limits"])
    tally = sum((Tally.of(one["tally"]) for one in made), Tally())
    return vars(verdict(tally.summary(), limits)) | {"asked_per_hour": limits.target}


def _row(candidate: dict, made: list[dict]) -> dict[str, Any]:
    """One finalist over its seeds; costs are those of the first seed."""
    first = made[0]["costs"]
    return {
        "name": f"trial {candidate['trial']}",
        "trial": candidate["trial"],
        "design": candidate["design"],
        "searched": candidate["rungs"][-1],
        "chosen_by": float(np.mean([one["chosen_by"] for one in made])),
        "accuracy": float(np.mean([one["judged"] for one in made])),
        "by_seed": [one["judged"] for one in made],
        "tuned": all(one["tuned"]["met"] for one in made if one["tuned"]),  # a setting keeps the false alarms
        "operating": operating(made),
        "items": made[0]["int8"]["repetitions"],
        "layers": candidate["costs"]["layers"],
        "predicted": {name: candidate["costs"][name] for name in ("flash", "ram", "cycles")},
        "seeds": made,
    } | first
