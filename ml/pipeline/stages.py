"""The pipeline, in the order in which it runs:

    data -> split -> examples -> train -> compress* -> convert -> tune -> choose -> judge -> emit

`Run.asked` (run.py) reads the data and splits it. Every stage after that is a plain function of the task and of the
folders that the stages before have left; it returns its own folder, made now or found again (cache.py).
"""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

from ml.data.split import folds
from ml.pipeline.build import compress, convert, examples, train
from ml.pipeline.emit import emit
from ml.pipeline.judge import choose, judge, tune
from ml.pipeline.task import Judge, Made, Task

Stage = Callable[[Task, Made], Path]
NETWORK: tuple[Stage, ...] = (examples, train, compress, convert)  # of whoever tunes, too
STAGES: tuple[Stage, ...] = (*NETWORK, tune, judge, emit)


def walk(task: Task, last: Stage = emit) -> Made:
    """All stages of one candidate up to `last`."""
    made = Made()
    for stage in STAGES:
        if stage is tune:
            made.judges = _judges(task, made)
        made.folders[stage.__name__] = stage(task, made)
        if stage is last:
            break
    return made


def _judges(task: Task, made: Made) -> tuple[Judge, ...]:
    """This network, for the people who validate; without any, a network for each part of those who train, made with
    the others."""
    parts = ((dataclasses.replace(task, split=fold.split), fold.choosing) for fold in folds(task.split))
    return tuple(Judge(one, made if one.split == task.split else walk(one, convert), people) for one, people in parts)


def chosen(task: Task) -> Task:
    """The same with the best of the application's candidates."""
    candidates = [dataclasses.replace(task, app=app) for app in task.app.candidates()]
    best = 0
    if len(candidates) > 1:
        made = choose([one.app.variant for one in candidates], [walk(one, tune)["tune"] for one in candidates])
        best = json.loads((made / "choice.json").read_text())["chosen"]
    return dataclasses.replace(candidates[best], candidates=tuple(one.app for one in candidates))


def compared(task: Task) -> list[dict]:
    """What each of the candidates of a chosen task came to, for JSON."""
    every = [dataclasses.replace(task, app=app) for app in task.candidates]
    return [
        {
            "variant": one.app.variant,
            "chosen": one.app.variant == task.app.variant,
            "validation": made.read("tune", "decision.json"),
            "test": made.read("judge", "metrics.json"),
        }
        for one, made in ((one, walk(one, judge)) for one in every)
    ]
