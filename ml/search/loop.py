"""Trials until there are enough."""

import time
from dataclasses import dataclass
from typing import Any

from optuna.trial import TrialState

from ml.design.design import Design, of_table
from ml.errors import UserError
from ml.evaluate.intervals import short
from ml.progress import say
from ml.search import candidate, cost
from ml.search.candidate import Bench
from ml.search.study import Study, as_json, proposed
from ml.search.subject import Asked
from ml.shrink.budget import Budget

IDLE = 300  # proposals in a row that are not trained, as they exceed the budget or are there already: that was all
WAIT_S = 1.0


@dataclass(frozen=True)
class Enough:
    """When to end: so many trained candidates, or so many hours."""

    trials: int | None
    hours: float | None

    def reached(self, trained: int, started: float) -> bool:
        over = self.hours is not None and time.monotonic() - started > 3600 * self.hours
        return over or (self.trials is not None and trained >= self.trials)


def opened(asked: Asked) -> Study:
    return Study(asked.folder / "journal.log", asked.name, asked.task.seed, asked.random)


def run(asked: Asked, enough: Enough) -> list[dict]:
    """Goes on with the study until there is enough; the results of all of its trials."""
    study, bench, started = opened(asked), Bench(asked.task), time.monotonic()
    with study.working():
        idle = 0
        while idle < IDLE and not enough.reached(trained(study), started):
            if revived := study.revive():
                say(f"{revived} unfinished trials of a process that ended are done again")
            trial = study.ask()
            found = results(study)
            made = explored(asked, bench, proposed(asked.designs, trial), found)
            study.tell(trial, made)
            idle = 0 if is_new(made) else idle + 1
            report(trial.number, made, found, asked.budget)
        while any(map(study.is_open, study.trials(TrialState.RUNNING))):  # other processes' last ones
            time.sleep(WAIT_S)
    return results(study)


def trained(study: Study) -> int:
    """Candidates that were trained, or are just being trained by others."""
    return sum(is_new(one.user_attrs) for one in study.trials()) + len(study.trials(TrialState.RUNNING))


def is_new(found: dict) -> bool:
    """Trained, and not found among earlier ones."""
    return bool(found.get("rungs")) and "repeated" not in found


def results(study: Study) -> list[dict]:
    """What `tell` was told of each finished trial, in order, with its number."""
    return [{"trial": one.number} | one.user_attrs for one in study.trials() if "design" in one.user_attrs]


def explored(asked: Asked, bench: Bench, design: Design, others: list[dict]) -> dict[str, Any]:
    """Everything about a proposal, JSON-able: its costs and, where it keeps the budget and is new, its accuracy."""
    table = as_json(design)
    before = next((one for one in others if one["design"] == table), None)
    if before:
        again = {name: value for name, value in before.items() if name not in ("trial", "who")}
        return {"repeated": before["trial"]} | again
    try:
        costs = cost.costs(asked.task, design)
    except UserError as error:
        return {"design": table, "costs": None, "excess": [10.0] * 4, "refused": str(error)}
    excess = exceeds(costs, asked.budget)
    made = {"design": table, "costs": costs, "excess": excess}
    if any(one > 0 for one in excess):
        return made | {"stopped": "over the budget"}
    return made | candidate.tried(bench, design, costs, [one for one in others if one.get("rungs")])


def exceeds(costs: dict, limits: Budget) -> list[float]:
    """Constraints for the sampler: ms, energy, flash and RAM as shares of the budget, less 1; 0 or less is kept."""
    there = costs["boards"][limits.board]
    pairs = ((there["ms"], limits.ms), (there["uj"], limits.uj), (costs["flash"], limits.flash))
    pairs += ((costs["ram"], limits.ram),)
    return [found / limit - 1 if limit and found is not None else -1.0 for found, limit in pairs]


def front(found: list[dict]) -> list[dict]:
    """Of the candidates that were trained whole, those that no other one beats; the most accurate first."""
    whole = [one for one in found if is_new(one) and len(one["rungs"]) == len(candidate.RUNGS)]
    kept = [one for one in whole if not any(_beats(other, one) for other in whole)]
    return sorted(kept, key=lambda one: (-one["rungs"][-1], one["costs"]["cycles"], one["trial"]))


def _beats(other: dict, one: dict) -> bool:
    pairs = [(other["costs"][name], one["costs"][name]) for name in candidate.COSTS]
    pairs.append((-other["rungs"][-1], -one["rungs"][-1]))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def in_words(found: dict, board: str) -> str:
    """A candidate in a line."""
    design = of_table(found["design"], "a trial")
    blocks = " ".join(f"{one.kind} {one.width}" for one in (design.network.blocks if design.network else ()))
    if not found.get("costs"):
        return f"{blocks}: does not compile"
    costs = found["costs"]
    figures = f"{costs['flash']:,} B flash, {costs['ram']:,} B RAM, {short(costs['boards'][board]['ms'])} ms"
    rungs = found.get("rungs") or []
    said = f"{100 * rungs[-1]:.1f} % after {len(rungs)} of {len(candidate.RUNGS)} rungs" if rungs else ""
    return ", ".join(one for one in (f"{blocks}: {said}" if said else blocks, figures, found.get("stopped", "")) if one)


SHOWN = 5
EVERY = 10  # trained candidates between two looks at the front


def report(number: int, made: dict, before: list[dict], limits: Budget) -> None:
    """A line for a trained candidate, and from time to time the front so far."""
    if not is_new(made):
        return
    say(f"trial {number}: {in_words(made, limits.board)}")
    found = [*before, made | {"trial": number}]
    count = sum(map(is_new, found))
    if count % EVERY == 0:
        say(f"the front after {count} trained candidates:")
        for one in front(found)[:SHOWN]:
            say(f"  trial {one['trial']}: {in_words(one, limits.board)}")
