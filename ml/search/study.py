"""The Optuna study of a search, in its journal file: killed at any time, the same command goes on with it.

Optuna: T. Akiba et al., KDD 2019; its sampler for several objectives: Y. Ozaki et al., "Multiobjective Tree-Structured
Parzen Estimator", JAIR 2022. Everything is minimised: error, and the logarithms of cycles, flash and RAM. What exceeds
the budget is a constraint.
"""

import contextlib
import datetime
import fcntl
import hashlib
import json
import math
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
from optuna.samplers import RandomSampler, TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from ml.design.design import Design
from ml.design.space import Space
from ml.errors import UserError
from ml.files import plain

OBJECTIVES = ("error", "cycles", "flash", "ram")
NOTHING = (1.0, 40.0, 40.0, 40.0)  # of what cannot be compiled
JUST_S = 60.0
FIRST = 10  # trials by chance, before the sampler has something to learn from
CHANCE = 3  # one proposal of so many is by chance for ever: a sampler that starts badly stays where it is (Falkner et
# al., "BOHB", ICML 2018)


class Study:
    """One study, shared by all processes that open the same file under the same name. `path` is the journal."""

    def __init__(self, path: Path, name: str, seed: int, by_chance: bool) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.filterwarnings("ignore", module="optuna")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.seed, self.by_chance = path, seed, by_chance
        try:
            storage = JournalStorage(JournalFileBackend(str(path)))
            self.study = optuna.create_study(
                study_name=name,
                storage=storage,
                directions=[StudyDirection.MINIMIZE] * len(OBJECTIVES),
                load_if_exists=True,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{path}: expected the journal of a search, found: {error!s:.100}; move it away") from None
        self.who = uuid.uuid4().hex

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """A lock that says this process lives; whoever finds it free does its unfinished trials again."""
        lock = self._lock(self.who)
        with lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            try:
                yield
            finally:
                lock.unlink(missing_ok=True)

    def _lock(self, who: str) -> Path:
        return self.path.with_name(f".{who}.lock")

    def lives(self, who: str) -> bool:
        """Whether the process works on its trials."""
        try:
            with self._lock(who).open() as held:
                fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def is_open(self, trial: FrozenTrial) -> bool:
        """Whether somebody works on it, or another process that lives has only just begun and not yet said who."""
        if "who" in trial.user_attrs:
            return self.lives(trial.user_attrs["who"])
        begun = trial.datetime_start
        recent = begun is not None and (datetime.datetime.now() - begun).total_seconds() < JUST_S
        return recent and any(map(self.lives, self._others()))

    def _others(self) -> list[str]:
        """Processes that have a lock, held or left behind."""
        names = (path.name.removeprefix(".").removesuffix(".lock") for path in self.path.parent.glob(".*.lock"))
        return [who for who in names if who != self.who]

    def revive(self) -> int:
        """Trials that a process left behind are asked for again, with the same choices; how many. One that was left
        between two choices has no design yet: `ask` proposes it afresh, from the same seed."""
        dead = [one for one in self.trials(TrialState.RUNNING) if not self.is_open(one)]
        for trial in dead:
            with contextlib.suppress(optuna.exceptions.UpdateFinishedTrialError):
                self.study.tell(trial.number, state=TrialState.FAIL)
                if "design" in trial.user_attrs:
                    self.study.enqueue_trial(trial.params)
        return len(dead)

    def ask(self) -> optuna.Trial:
        """The next trial. Its sampler knows the others and a seed of their number alone, so a search that was
        interrupted proposes what one that was not would have proposed."""
        done = len(self.trials(TrialState.COMPLETE, TrialState.RUNNING))
        seed = int.from_bytes(hashlib.sha256(f"{self.seed} {done}".encode()).digest()[:4])
        self.study.sampler = _sampler(seed, self.by_chance)
        trial = self.study.ask()
        trial.set_user_attr("who", self.who)
        return trial

    def tell(self, trial: optuna.Trial, found: dict[str, Any]) -> None:
        """`found`: design, costs, excess, rungs (accuracies), stopped or repeated or refused (why). With `excess`, the
        sampler's constraints."""
        for name, value in found.items():
            trial.set_user_attr(name, value)
        self.study.tell(trial, values(found))

    def trials(self, *states: TrialState) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=states or (TrialState.COMPLETE,))


def _sampler(seed: int, by_chance: bool) -> optuna.samplers.BaseSampler:
    if by_chance or seed % CHANCE == 0:
        return RandomSampler(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is experimental, and of what may go in another version
        return TPESampler(
            n_startup_trials=FIRST, multivariate=True, group=True, seed=seed, warn_independent_sampling=False,
            constraints_func=lambda trial: trial.user_attrs.get("excess", [0.0]),
        )  # fmt: skip


def values(found: dict[str, Any]) -> tuple[float, ...]:
    """The objectives of what was found."""
    if not found.get("costs"):
        return NOTHING
    error = 1 - (found["rungs"][-1] if found.get("rungs") else 0.0)
    return error, *(math.log2(max(found["costs"][name], 1)) for name in OBJECTIVES[1:])


def proposed(space: Space, trial: Any) -> Design:
    """The design that a trial's sampler proposes; the trial keeps it once all of it is chosen."""

    def choose(name: str, choices: tuple) -> Any:
        if len(choices) == 1:
            return choices[0]
        if all(isinstance(one, str) for one in choices):
            return trial.suggest_categorical(name, choices)
        return choices[trial.suggest_int(name, 0, len(choices) - 1)]

    design = space.design(choose)
    trial.set_user_attr("design", as_json(design))
    return design


def as_json(design: Design) -> dict[str, Any]:
    """Its table, as a journal gives it back."""
    return json.loads(json.dumps(design.table(), default=plain))
