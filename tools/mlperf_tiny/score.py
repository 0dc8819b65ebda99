"""The benchmark's two runs: performance and accuracy."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.evaluate.accuracy import wilson
from ml.link.bench import Bench
from tools.mlperf_tiny.dataset import Question

WINDOWS = 5  # of a performance run; the median counts
CLOCK_S = 1e-6  # the device's clock tells no less
TRIAL_US = 1e6  # by which the number of inferences is chosen
LEAST_S = 10.0  # each: shorter ones are not valid


@dataclass(frozen=True)
class Performance:
    """Inferences a second by the device's own clock."""

    iterations: int
    seconds: tuple[float, ...]

    @property
    def per_second(self) -> float:
        return self.iterations / max(float(np.median(self.seconds)), CLOCK_S)

    @property
    def valid(self) -> bool:
        """As the benchmark's rules ask."""
        return len(self.seconds) == WINDOWS and min(self.seconds) >= LEAST_S


def performance(
    bench: Bench, question: Question, iterations: int | None, warmups: int, track: Callable[[range], Iterable]
) -> Performance:
    """Five windows on one input; without `iterations`, as many as fill ten seconds of the device's time."""
    if bench.energy:
        raise UserError(
            "expected firmware for performance mode, found energy mode, in which a pin marks the time for a meter; "
            "build it with --mode performance, or ask for accuracy alone: --no-performance"
        )
    bench.load(question.windows[0])
    if iterations is None:
        trial = math.ceil(TRIAL_US / max(1, bench.infer(1, warmups).microseconds))
        each = max(1, bench.infer(trial, 0).microseconds) / trial
        iterations = math.ceil(1.05 * LEAST_S * 1e6 / each)
    seconds = [bench.infer(iterations, warmups).microseconds / 1e6 for _ in track(range(WINDOWS))]
    return Performance(iterations, tuple(seconds))


@dataclass(frozen=True)
class Accuracy:
    """`top1` for classes, `auc` where one number says how strange an input is."""

    metric: str
    value: float
    interval: tuple[float, float] | None  # 95 %, of top1
    inputs: int


def accuracy(bench: Bench, questions: list[Question], track: Callable[[list], Iterable]) -> Accuracy:
    """Every input once."""
    means, labels = [], []
    for question in track(questions):
        found = [_answer(bench, window) for window in question.windows]
        _check([*found, *means[:1]], question)
        means.append(np.mean(found, axis=0))
        labels.append(question.label)
    answers, truth = np.array(means), np.array(labels)
    if answers.shape[1] == 1:
        return Accuracy("auc", auc(answers[:, 0], truth > 0), None, len(truth))
    right = int((answers.argmax(1) == truth).sum())
    return Accuracy("top1", right / len(truth), wilson(right, len(truth)), len(truth))


def _check(answers: list, question: Question) -> None:
    results = len(answers[0])
    if not results or any(len(answer) != results for answer in answers):
        raise UserError(
            f"{question.name}: expected as many results each time, found {results} and others; reset the board"
        )
    least = question.classes or question.label + 1
    if results > 1 and (results < least or question.classes not in (0, results)):
        raise UserError(
            f"{question.name}: expected a result for each of {least} classes, found {results}; is it the model's data? "
            "(one that rebuilds its input: build it with --result error)"
        )


def _answer(bench: Bench, window: bytes) -> tuple[float, ...]:
    bench.load(window)
    return bench.infer(1, 0).results


def auc(scores: np.ndarray, strange: np.ndarray) -> float:
    """Area under the ROC curve by ranks (Mann and Whitney, 1947); ties count half. NaN with one kind only."""
    positive, negative = scores[strange], scores[~strange]
    if not len(positive) or not len(negative):
        return float("nan")
    above = (positive[:, None] > negative[None, :]).mean()
    return float(above + (positive[:, None] == negative[None, :]).mean() / 2)
