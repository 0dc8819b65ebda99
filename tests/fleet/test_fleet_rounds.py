"""Rounds with simulated boards: who may take part, what a round that fails costs, and what a fleet learns."""

import dataclasses

import numpy as np
import pytest

from ml.errors import UserError
from ml.fleet import robust, rounds
from ml.fleet.board import AFTER, BEFORE, Board, opposite
from ml.fleet.learner import Learner
from ml.fleet.settings import SUMS, Settings
from ml.fleet.simulation import Panel, Scenario, central, federated

SETTINGS = Settings(epochs=2)


def boards(persons, learner: Learner, count: int = 9) -> list[Board]:
    chosen = [persons[at % len(persons)] for at in range(count)]
    return [Board(f"n{at}", p.features, p.labels, bytes([at + 1]) * 32, learner) for at, p in enumerate(chosen)]


def run(learner: Learner, members: list[Board], number: int = 1, settings: Settings = SETTINGS) -> rounds.Result:
    return rounds.run(learner.offer(number, settings), members, np.random.default_rng(0))


def test_a_round_brings_the_sum_of_what_the_boards_would_send_openly(base, persons):
    learner = base.learner()
    members = boards(persons, learner, 5)
    found = run(learner, members)
    openly = [member.update(learner.offer(1, SETTINGS)) for member in members]
    assert found.members == 5 and np.array_equal(found.sums[0].total, np.sum(openly, axis=0))
    assert np.abs(openly).max() > 1000


def test_class_sums_are_exact_and_become_the_nearest_class_mean(base, persons):
    learner, settings = base.learner(), Settings(kind=SUMS)
    found = run(learner, boards(persons, learner, 5), settings=settings)
    counts = found.sums[0].total.reshape(11, -1)[:, -1]
    assert np.array_equal(counts, np.bincount(np.concatenate([p.labels for p in persons]), minlength=11))
    panel = Panel(persons, [])
    after = learner.after(robust.combined(found.sums, 0.2), settings)
    assert panel.score(after.shipped()).own > panel.score(learner.shipped()).own


def test_a_board_with_another_model_does_not_join(base, persons):
    learner = base.learner()
    members = boards(persons, learner, 5)
    members[3].learner = learner.after(np.full(learner.size, 1000.0), SETTINGS)
    found = run(learner, members)
    assert found.members == 4 and "expected the model" in found.refused["n3"]


@pytest.mark.parametrize("number", [1, 2])
def test_a_round_that_was_before_is_refused_by_every_board(base, persons, number):
    learner = base.learner()
    members = boards(persons, learner, 3)
    run(learner, members, number=2)
    again = run(learner, members, number=number)
    assert len(again.refused) == 3 and not again.sums
    assert run(learner, members, number=3).members == 3


def test_a_gateway_that_ends_in_mid_round_leaves_boards_that_join_the_next_one(base, persons):
    learner = base.learner()
    members = boards(persons, learner, 4)
    offer = learner.offer(1, SETTINGS)
    keys = [member.join(offer) for member in members]
    members[0].contribute(0, keys)  # and the gateway is gone
    assert run(learner, members, number=2).members == 4
    with pytest.raises(UserError, match="expected to be asked once"):
        members[0].reveal([0, 1, 2, 3])


@pytest.mark.parametrize(
    ("away", "sums", "why"),
    [
        ([BEFORE] * 5, 0, "found 0"),
        ([BEFORE, None, None, None, BEFORE], 1, ""),
        ([BEFORE, BEFORE, None, None, BEFORE], 0, "found 2"),
        ([AFTER, None, None, None, None], 0, "one that did not"),
    ],
    ids=["all", "two", "three", "behind"],
)
def test_missing_boards_cost_themselves_or_the_round_and_never_the_sum(base, persons, away, sums, why):
    learner = base.learner()
    members = boards(persons, learner, 5)
    for member, missing in zip(members, away, strict=True):
        member.away = missing
    found = run(learner, members)
    assert len(found.sums) == sums and (sums or why in found.line())
    if sums:
        openly = [
            one.update(learner.offer(1, SETTINGS)) for one, missing in zip(members, away, strict=True) if not missing
        ]
        assert np.array_equal(found.sums[0].total, np.sum(openly, axis=0))


def test_two_boards_are_too_few_for_a_sum(base, persons):
    learner = base.learner()
    found = run(learner, boards(persons, learner, 2))
    assert not found.sums and "wait for others to join" in found.line()


def test_a_fleet_learns_with_dropouts_and_a_liar_what_one_place_learns_nearly(base, persons):
    learner, crowd = base.learner(), [dataclasses.replace(persons[at % 4], name=str(at)) for at in range(18)]
    panel = Panel(persons[:4], persons[4:])
    before = panel.score(learner.shipped())
    *_, (learnt, result) = federated(learner, crowd, Scenario(8, dropouts=0.2, malicious=1))
    *_, whole = central(learner, persons[:4], Scenario(8))
    after, best = panel.score(learnt.shipped()), panel.score(whole.shipped())
    assert after.own > before.own + 0.05 and after.own > best.own - 0.08
    assert after.others >= before.others and result.joined == 18


def test_what_a_liar_sends_is_the_longest_that_its_group_may_pass(base, persons):
    learner = base.learner()
    members = boards(persons, learner, 12)
    members[0].lie = opposite
    found = run(learner, members)
    honest = run(learner, boards(persons, learner, 12))
    lied = [one for one in found.sums if not any(np.array_equal(one.total, other.total) for other in honest.sums)]
    assert len(found.sums) == 2 and len(lied) == 1
    assert np.linalg.norm(lied[0].mean) > SETTINGS.most / 3


def test_a_fleet_of_liars_or_of_two_is_refused(base, persons):
    for count, malicious in ((2, 0), (5, 5)):
        with pytest.raises(UserError, match="give more --nodes"):
            next(federated(base.learner(), persons[:count], Scenario(malicious=malicious)))


def test_all_boards_away_in_all_rounds_changes_nothing(base, persons):
    learner = base.learner()
    *_, (learnt, _) = federated(learner, persons, Scenario(2, dropouts=1.0))
    assert learnt.model == learner.model
