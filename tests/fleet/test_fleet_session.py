"""lib/fleet's session as a host sees it: rounds over LINK_FLEET, steps out of order, restarts, and nonsense."""

from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.fleet import rounds
from ml.fleet.linked import Linked
from ml.fleet.masks import RefusalError
from ml.fleet.rounds import AwayError
from ml.fleet.settings import SUMS, Offer, Settings
from ml.link.device import Device, SilenceError
from ml.link.messages import Status
from ml.link.numbers import Fleet
from tests.fleet.session_c import Board

SIZE, MODEL = 75, b"8 bytes\0"
SETTINGS = Settings(kind=SUMS)


def offer(number: int, model: bytes = MODEL, size: int = SIZE) -> Offer:
    return Offer(number, model, SETTINGS, size, 58817)


@pytest.fixture
def boards(tmp_path) -> list[Board]:
    rng = np.random.default_rng(1)
    return [Board(tmp_path, f"b{at}", rng.integers(-3000, 3000, SIZE)) for at in range(4)]


def linked(boards: list[Board]) -> list[Linked]:
    made = [Linked(cast(Device, board), f"b{at}") for at, board in enumerate(boards)]
    for at, member in enumerate(made):
        member.seed(bytes([at + 1]) * 32)
    return made


def run(members: list, number: int, **other) -> rounds.Result:
    return rounds.run(offer(number, **other), members, np.random.default_rng(0))


def test_boards_contribute_the_sum_of_what_they_have_clipped(boards):
    boards[2].values[0] = 2**31 - 1
    (found,) = run(linked(boards), 1).sums
    plain = [np.array(board.values[:SIZE]) for board in boards]
    long = np.clip(plain[2], -(2**23), 2**23).astype(float)
    clipped = np.trunc(long * 2**20 / np.ceil(np.linalg.norm(long)))
    assert np.array_equal(found.total, plain[0] + plain[1] + plain[3] + clipped.astype(int)) and found.members == 4


def test_a_board_that_goes_missing_costs_itself(boards, monkeypatch):
    members = linked(boards)

    def silent(*_):
        raise SilenceError("nothing")

    monkeypatch.setattr(members[1]._device, "command", silent)
    found = run(members, 1)
    assert "b1" in found.refused and found.members == 3
    monkeypatch.undo()
    monkeypatch.setattr(members[1], "contribute", lambda *_: (_ for _ in ()).throw(AwayError("gone")))
    found = run(members, 2)
    plain = [np.array(boards[at].values[:SIZE]) for at in (0, 2, 3)]
    assert np.array_equal(found.sums[0].total, np.sum(plain, axis=0))


def test_values_that_change_in_a_round_are_those_of_its_beginning(boards):
    members = linked(boards)
    keys = [member.join(offer(1)) for member in members]
    first = members[0].contribute(0, keys)
    boards[0].values[3] += 7
    assert np.array_equal(members[0].contribute(0, keys), first)


@pytest.mark.parametrize("other", [{"model": b"another."}, {"size": SIZE + 1}])
def test_another_model_or_size_is_refused(boards, other):
    assert len(run(linked(boards), 1, **other).refused) == 4


def test_a_round_that_was_before_is_refused_also_after_a_restart(boards):
    members = linked(boards)
    assert run(members, 5).members == 4
    for board in boards:
        board.restart()
    assert len(run(members, 5).refused) == len(run(members, 4).refused) == 4
    assert run(members, 6).members == 4


def test_a_restart_in_mid_round_gives_nothing_away(boards):
    members = linked(boards)
    keys = [member.join(offer(1)) for member in members]
    members[0].contribute(0, keys)
    boards[0].restart()
    for step in (lambda: members[0].contribute(0, keys), lambda: members[0].reveal([0, 1, 2, 3])):
        with pytest.raises(RefusalError, match="NOT_NOW"):
            step()


def test_a_step_whose_answer_was_lost_may_be_asked_again_and_no_other_sum_revealed(boards):
    members = linked(boards)
    keys = [[member.join(offer(1)) for member in members] for _ in range(2)]
    assert keys[0] == keys[1]
    for at, member in enumerate(members):
        member.contribute(at, keys[0])
    assert members[0].reveal([0, 1, 2]) == members[0].reveal([0, 1, 2])
    for present in ([0, 1, 3], [0, 1, 2, 3]):
        with pytest.raises(RefusalError, match="NOT_NOW"):
            members[0].reveal(present)
    with pytest.raises(RefusalError):
        members[0].contribute(0, keys[0])  # its masks are gone
    with pytest.raises(RefusalError, match="BAD_ARGUMENT"):
        members[1].reveal([1, 2])


def test_a_seed_is_kept_and_nobody_changes_it(boards):
    member = linked(boards)[0]
    member.seed(bytes([1]) * 32)
    with pytest.raises(RefusalError, match="NOT_NOW"):
        member.seed(bytes([9]) * 32)
    boards[0].restart()
    assert member.status() == {"seeded": 1, "last": 0, "sums": SIZE, "updates": 0, "model": MODEL}
    assert boards[0].run(bytes([Fleet.FORGET]))[0] == Status.OK and not member.status()["seeded"]
    with pytest.raises(RefusalError, match="UNSUPPORTED"):
        member.join(offer(1))


def test_a_store_that_fails_takes_no_seed_and_joins_nothing(boards):
    members = linked(boards)
    boards[1].fail_to_store()
    assert run(members, 1).members == 3
    boards[1].restart()
    with pytest.raises(RefusalError, match="UNSUPPORTED"):
        members[1].join(offer(2))


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=36) | st.integers(0, 8).flatmap(
    lambda op: st.sampled_from([0, 2, 3, 26, 32, 33]).flatmap(
        lambda n: st.binary(min_size=n, max_size=n).map(lambda rest: bytes([op]) + rest))), max_size=30))  # fmt: skip
def test_nonsense_is_refused_and_reveals_no_key(fuzzed, sequence):
    fuzzed.restart()
    for args in sequence:
        status, answer = fuzzed.run(args)
        assert status in {Status.OK, Status.BAD_ARGUMENT, Status.NOT_NOW, Status.UNSUPPORTED}
        assert status == Status.OK or not answer or args[0] == Fleet.READ
        assert not (args[:1] == bytes([Fleet.REVEAL]) and answer)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory) -> Board:
    return Board(tmp_path_factory.mktemp("fuzzed"), "fuzzed", np.arange(SIZE))
