"""Trains every family within a budget, as integers; judges what ships, the C."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ml.classical import header
from ml.classical.convert import SMALL, convert
from ml.classical.families import Candidate, candidates
from ml.classical.form import Form
from ml.classical.host import HostClassical
from ml.classical.rows import Material, Rows
from ml.classical.uno import Cost, TooLargeError, on_uno
from ml.errors import UserError
from ml.progress import track

FOLDS = 3  # turns in which some subjects validate
SHRINK = 0.88  # from one size to the next smaller one
LOT = 5  # without a second subject, one row in five validates


@dataclass(frozen=True)
class Result:
    """A family's best model within the budget; without a form: the least bytes that it needs."""

    family: str
    shape: str = ""
    form: Form | None = None
    estimator: Any = None
    validated: float = 0.0  # share right of subjects that did not train, in turns, mean over the classes
    judged: int = 0  # rows in those turns
    right: int = 0  # of the test's rows, by the C on this computer
    total: int = 0
    differ: int = 0  # of all rows: answers of the C that are not scikit-learn's
    cost: Cost | None = None  # on an Uno
    too_large: bool = False  # for an Uno
    least: int = 0


def search(material: Material, budget: int, families: tuple[str, ...], seed: int, measure: bool) -> list[Result]:
    """One result a family, the one to take first."""
    wanted = list(candidates(budget, material.train.inputs.shape[1], len(material.labels), seed, families))
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # small models of few epochs; the validation says what they are
        made = [_made(one, material, budget) for one in track(wanted, f"families within {budget:,} B", len(wanted))]
    best: dict[str, Result] = {}
    for result in made:
        known = best.get(result.family)
        if known is None or (result.form is not None, result.validated, -result.least) > (
            known.form is not None, known.validated, -known.least,
        ):  # fmt: skip
            best[result.family] = result
    if not any(result.form for result in best.values()):
        least = min(best.values(), key=lambda result: result.least)
        raise UserError(
            f"--bytes: expected {least.least:,} or more, the smallest model ({least.family}), found {budget:,}"
        )
    judged = [_judged(one, one.form, material, measure) if one.form else one for one in best.values()]
    return ordered(judged)


def ordered(results: list[Result]) -> list[Result]:
    """First of those within a standard error of the highest share the one that takes the least time (the rule of one
    standard error: Breiman, Friedman, Olshen and Stone, CART, 1984); then by share."""
    made = sorted((one for one in results if one.form), key=lambda one: -one.validated)
    highest = made[0]
    error = (highest.validated * (1 - highest.validated) / max(1, highest.judged)) ** 0.5
    near = [one for one in made if one.validated >= highest.validated - error and not one.too_large] or made
    first = min(near, key=_work)
    return [first, *(one for one in made if one is not first), *(one for one in results if not one.form)]


def _work(result: Result) -> int:
    return result.cost.cycles if result.cost else result.form.bytes if result.form else 0


def _sized(candidate: Candidate, rows: Rows, every: np.ndarray, budget: int) -> tuple[float, Any, Form] | int:
    """The largest size that fits, trained; else the bytes of the smallest one. `every`: rows that it shall answer as
    the estimator does."""
    size, least = 1.0, 0
    while (estimator := candidate.make(size)) is not None:
        form = convert(estimator.fit(rows.inputs, rows.labels), every, SMALL)
        if form.bytes <= budget:
            return size, estimator, form
        least, size = form.bytes, size * SHRINK
    return least or _smallest(candidate, rows, every)


def _smallest(candidate: Candidate, rows: Rows, every: np.ndarray) -> int:
    """Of a budget for which nothing can be made: the candidate of a large one, made small."""
    size, last = 1.0, None
    generous = next(
        one for one in candidates(1 << 16, rows.inputs.shape[1], int(rows.labels.max()) + 1, 0, (candidate.family,))
        if one.shape == candidate.shape
    )  # fmt: skip
    while (estimator := generous.make(size)) is not None:
        size, last = size * 0.5, estimator
    if last is None:
        raise UserError(
            f"{candidate.family}: expected inputs that it can take, found too few; leave it out with --family"
        )
    few = rows.where(np.unique(rows.labels, return_index=True)[1].repeat(12))
    return convert(last.fit(few.inputs, few.labels), every[:50], SMALL).bytes


def _made(candidate: Candidate, material: Material, budget: int) -> Result:
    rows = material.train
    every = np.concatenate([rows.inputs, material.test.inputs])
    found = _sized(candidate, rows, every, budget)
    if isinstance(found, int):
        return Result(candidate.family, candidate.shape, least=found)
    size, estimator, form = found
    found = []  # (label, right) of each row
    for train, judge in _turns(material):
        one = candidate.make(size)
        answers = convert(one.fit(train.inputs, train.labels), train.inputs, SMALL).answers(judge.inputs)
        found.append(np.stack([judge.labels, one.classes_[answers] == judge.labels], 1))
    judged = sum(map(len, found))
    return Result(candidate.family, candidate.shape, form, estimator, _balanced(found), judged)


def _balanced(found: list[np.ndarray]) -> float:
    """The mean over the classes of the share right: the rows of nothing are many, and would hide the others."""
    if not found:
        return 0.0
    label, right = np.concatenate(found).T
    return float(np.mean([right[label == one].mean() for one in np.unique(label)]))


def _turns(material: Material) -> Iterator[tuple[Rows, Rows]]:
    """Those that train and those that judge: other subjects, where there are several."""
    rows, check = material.train, material.check
    subjects = sorted(set(rows.subjects.tolist()))
    if 1 < len(subjects) < len(rows):
        turns = [subjects[turn::FOLDS] for turn in range(min(FOLDS, len(subjects)))]
        parts = [(~np.isin(rows.subjects, who), np.isin(check.subjects, who)) for who in turns]
    else:
        parts = [(np.arange(len(rows)) % LOT > 0, np.arange(len(check)) % LOT == 0)]
    for training, judging in parts:
        if set(rows.labels[training].tolist()) == set(rows.labels.tolist()):
            yield rows.where(training), check.where(judging)


def _judged(result: Result, form: Form, material: Material, measure: bool) -> Result:
    """The C on the rows of the test, and on an emulated Uno. Refuses a model whose C is not its integers."""
    test = material.test
    text = header.source(form, "candidate", material.labels)
    every = np.concatenate([material.train.inputs, test.inputs])
    answers, scores = HostClassical(text, "candidate", form.inputs, form.classes).run(every)
    if not (np.array_equal(scores, form.scores(every)) and np.array_equal(answers, form.answers(every))):
        raise AssertionError(f"{result.family}: the C does not compute what its integers say")
    cost, too_large = None, False
    try:
        cost = on_uno(text, "candidate", test.inputs) if measure else None
    except TooLargeError:
        too_large = True
    if cost is not None and not np.array_equal(cost.answers, form.answers(test.inputs)[: len(cost.answers)]):
        raise AssertionError(f"{result.family}: the C on an Uno does not compute what its integers say")
    return replace(
        result,
        right=int((answers[len(material.train) :] == test.labels).sum()),
        total=len(test),
        differ=int((result.estimator.predict(every) != answers).sum()),
        cost=cost,
        too_large=too_large,
    )
