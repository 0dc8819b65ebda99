"""Rounds with boards that do not exist, beside learning in one place and beside no sharing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ml.errors import UserError
from ml.fleet import robust, rounds
from ml.fleet.board import AFTER, BEFORE, Board, opposite
from ml.fleet.features import quantised_logits
from ml.fleet.group import AbortError
from ml.fleet.layer import Layer
from ml.fleet.learner import Learner
from ml.fleet.people import Person
from ml.fleet.rounds import Result
from ml.fleet.settings import LEAST, Settings
from ml.native.fleet import LARGEST, Examples, learn

VANISH = 0.1  # of those that go missing do so after they have contributed, and cost their whole group the round
CENTRAL_RATE = 13  # a quarter of the step: it makes as many steps in a round as all boards together
SEED = 32
PLAIN = Settings(most=LARGEST, step=1.0, momentum=0.0)


@dataclass(frozen=True)
class Scenario:
    """`dropouts`: share of the boards that go missing in each round, other ones each time."""

    rounds: int = 10
    dropouts: float = 0.0
    malicious: int = 0
    seed: int = 0
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        if not (self.rounds >= 1 and 0 <= self.dropouts <= 1 and self.malicious >= 0):
            raise UserError(f"expected rounds, and dropouts from 0 to 1, found {self.rounds} and {self.dropouts}")


@dataclass(frozen=True)
class Score:
    """Shares of windows that are answered right, of people who take part (what they did not learn from) and others."""

    own: float
    others: float


@dataclass(frozen=True)
class Panel:
    """Who is asked."""

    own: Sequence[Person]
    others: Sequence[Person]

    def score(self, layer: Layer) -> Score:
        return Score(right(layer, self.own), right(layer, self.others))


def right(layer: Layer, people: Sequence[Person]) -> float:
    """NaN without people."""
    if not people:
        return float("nan")
    features, labels = (np.concatenate(one) for one in ([p.test for p in people], [p.test_labels for p in people]))
    return float(np.mean(quantised_logits(layer, features).argmax(axis=1) == labels))


def check(people: Sequence[Person], scenario: Scenario) -> None:
    """UserError for a fleet that cannot learn."""
    if len(people) < LEAST or scenario.malicious >= len(people):
        raise UserError(
            f"expected {LEAST} boards or more, and an honest one, found {len(people)}, {scenario.malicious} of them "
            "malicious; give more --nodes"
        )


def federated(learner: Learner, people: Sequence[Person], scenario: Scenario) -> Iterator[tuple[Learner, Result]]:
    """After each round: what was learnt, and what happened."""
    check(people, scenario)
    rng = np.random.default_rng(scenario.seed)
    boards = [Board(one.name, one.features, one.labels, rng.bytes(SEED), learner) for one in people]
    for board in boards[: scenario.malicious]:
        board.lie = opposite
    for number in range(1, scenario.rounds + 1):
        for board in boards:
            board.learner, board.away = learner, _away(rng, scenario.dropouts)
        offer = learner.offer(number, scenario.settings)
        result = rounds.run(offer, boards, rng)
        with contextlib.suppress(AbortError):  # no group has a sum: the next round begins where this one did
            learner = learner.after(robust.combined(result.sums, scenario.settings.trim), scenario.settings)
        yield learner, result


def _away(rng: np.random.Generator, dropouts: float) -> str | None:
    if rng.random() >= dropouts:
        return None
    return AFTER if rng.random() < VANISH else BEFORE


def central(learner: Learner, people: Sequence[Person], scenario: Scenario) -> Iterator[Learner]:
    """As many times through the examples of all, in one place."""
    rng = np.random.default_rng(scenario.seed)
    features, labels = np.concatenate([p.features for p in people]), np.concatenate([p.labels for p in people])
    for _ in range(scenario.rounds):
        order, layer = rng.permutation(len(labels)), learner.shipped()
        examples = Examples(features[order], quantised_logits(layer, features[order]), labels[order])
        update = learn(layer.config(learner.logit_unit), examples, scenario.settings.epochs, CENTRAL_RATE)
        learner = learner.after(update.astype(float), PLAIN)
        yield learner


def alone(learner: Learner, people: Sequence[Person], panel: Panel, scenario: Scenario) -> Iterator[Score]:
    """Each board for itself: the mean of what their own models answer, for their own person and for others."""
    mine = [learner] * len(people)
    for _ in range(scenario.rounds):
        mine = [_learnt(one, person, scenario) for one, person in zip(mine, people, strict=True)]
        layers = [one.shipped() for one in mine]
        own = np.mean([right(layer, [person]) for layer, person in zip(layers, people, strict=True)])
        yield Score(float(own), float(np.mean([right(layer, panel.others) for layer in layers])))


def _learnt(learner: Learner, person: Person, scenario: Scenario) -> Learner:
    board = Board(person.name, person.features, person.labels, bytes(SEED), learner)
    update = board.update(
        learner.offer(1, replace(PLAIN, epochs=scenario.settings.epochs, rate=scenario.settings.rate))
    )
    return learner.after(update.astype(float), PLAIN)
