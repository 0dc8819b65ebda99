"""What is searched. An `Asked` is what a user said; it can be sent to another process, and is loaded once in each."""

import importlib.util
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from ml.data.split import Split, folds, named
from ml.design.space import Space
from ml.errors import UserError
from ml.pipeline.build import LEARNT, ML
from ml.pipeline.cache import key
from ml.pipeline.run import Run
from ml.pipeline.task import Task
from ml.shrink.budget import Budget


@dataclass(frozen=True)
class Asked:
    """One search."""

    run: Run
    budget: Budget
    space: Path | None = None  # a file of one's own; None: the application's
    random: bool = False  # proposals by chance alone

    @property
    def task(self) -> Task:
        """With the people who train and, as `validation`, those who judge candidates; the test's people are left out of
        the data."""
        return _task(self.run)

    @property
    def full(self) -> Task:
        """As `run` would have it, for the finalists."""
        return _full(self.run)

    @property
    def designs(self) -> Space:
        return _space(self.space) if self.space else self.task.app.space()

    @property
    def name(self) -> str:
        """Of the study: another if anything differs that decides a trial."""
        task = self.task
        inputs = {"config": task.app.config, "data": task.data.hash, "split": task.split, "space": self.designs}
        inputs |= {"budget": self.budget, "seed": task.seed, "random": self.random}
        return key(inputs, (*LEARNT, ML / "search/candidate.py", *task.app.code))

    @property
    def folder(self) -> Path:
        return self.run.folder / "search"


@cache
def _full(run: Run) -> Task:
    return run.asked()


@cache
def _task(run: Run) -> Task:
    return trying(_full(run))


def trying(full: Task) -> Task:
    """The task of the search: without the test's people, and with those as `validation` who judge candidates."""
    parts = folds(full.split)
    if not parts:
        raise UserError(
            f"expected at least two people besides the test's to search with, found {named(full.split.train)}; "
            "record another person"
        )
    split, choosing = parts[0].split, parts[0].choosing
    data = full.data.of((*split.train, *choosing))
    return replace(full, app=full.app.searched(), data=data, split=Split(split.train, choosing, full.split.test))


@cache
def _space(path: Path) -> Space:
    """SPACE of a Python file, which is the user's own and runs as such."""
    try:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None or not path.is_file():
            raise FileNotFoundError("no such Python file")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found = getattr(module, "SPACE", None)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except Exception as error:  # whatever somebody's code may raise
        raise UserError(
            f"--space {path}: expected Python with SPACE = Space(...), found {type(error).__name__}: {error!s:.120}"
        ) from None
    if not isinstance(found, Space):
        raise UserError(f"--space {path}: expected SPACE, an ml.design.space.Space, found {type(found).__name__}")
    return found
