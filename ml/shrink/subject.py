"""What is shrunk. A subject is described by what can be sent to another process, and loaded once in each."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from ml.compress.recipe import PLAIN
from ml.paths import ROOT
from ml.pipeline.run import Run
from ml.pipeline.stages import chosen
from ml.pipeline.task import Task
from ml.shrink.own import OwnModel
from ml.shrink.variants import Variant


@dataclass(frozen=True)
class Own:
    """A model of one's own and its examples."""

    model: Path
    examples: Path
    out: str | None

    @property
    def folder(self) -> Path:
        return Path(self.out) if self.out else ROOT / "build" / self.model.stem

    def load(self) -> Task:
        app = OwnModel.of(self.model, self.examples)
        data = app.data(None, 0)
        return Task(app, data, app.split(data, ()), 0)


Subject = Run | Own


@cache
def plain(subject: Subject) -> Task:
    """The model as it is, without any step. Of an application's candidates the one whose network judges: of another the
    network decides nothing, so nothing could be compared."""
    if isinstance(subject, Own):
        return subject.load()
    task = subject.asked(PLAIN)
    judging = [app for app in task.app.candidates() if app.network_judges]
    return replace(task, app=judging[0]) if len(judging) == 1 else chosen(task)


def task_of(subject: Subject, variant: Variant, seed: int) -> Task:
    """The same data and people for every variant and seed: the seed is that of training and of the examples drawn."""
    return replace(plain(subject), recipe=variant.recipe, seed=plain(subject).seed + seed)
