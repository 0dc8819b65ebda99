"""Rounds through Flower's clients: the same sums, without Flower; one line where it is asked for and not there."""

import importlib.util

import numpy as np
import pytest

from ml.errors import UserError
from ml.fleet import flower, rounds
from ml.fleet.board import BEFORE, Board
from ml.fleet.flower import Remote, answer
from ml.fleet.settings import Settings

SETTINGS = Settings(epochs=1)


@pytest.fixture
def boards(base, persons) -> list[Board]:
    learner = base.learner()
    return [Board(f"n{at}", p.features, p.labels, bytes([at + 1]) * 32, learner) for at, p in enumerate(persons)]


def remote(board: Board) -> Remote:
    return Remote(board.name, lambda step, arrays: answer(board, step, arrays))


def test_a_round_over_arrays_brings_the_sum_of_those_who_are_there(base, boards):
    boards[1].away = BEFORE
    offer = base.learner().offer(1, SETTINGS)
    (found,) = rounds.run(offer, [remote(board) for board in boards], np.random.default_rng(0)).sums
    openly = [board.update(offer) for board in boards if not board.away]
    assert np.array_equal(found.total, np.sum(openly, axis=0)) and found.members == 4


@pytest.mark.parametrize("answered", [[], [np.zeros(3)], [np.zeros(2, np.uint8)] * 2], ids=["none", "floats", "two"])
def test_a_client_that_answers_nonsense_takes_no_part(base, boards, answered):
    bad = Remote("bad", lambda *_: answered)
    found = rounds.run(base.learner().offer(1, SETTINGS), [bad, *map(remote, boards)], np.random.default_rng(0))
    assert found.members == 5 and "bad" in found.refused


@pytest.mark.parametrize("step", ["join", "contribute", "reveal", "", "fit"])
@pytest.mark.parametrize("arrays", [[], [np.zeros(4, np.uint8)], [np.array([7, 9])], [np.frombuffer(b"5", np.uint8)]])
def test_a_client_that_is_asked_nonsense_answers_nothing(boards, step, arrays):
    assert answer(boards[0], step, arrays) == []


@pytest.mark.skipif(importlib.util.find_spec("flwr") is not None, reason="flwr is installed")
@pytest.mark.parametrize("ask", [flower.flower_client, flower.flower_member])
def test_without_flower_its_name_is_told_in_one_line(ask):
    with pytest.raises(UserError, match="expected the package flwr") as told:
        ask(object())
    assert "\n" not in str(told.value)
