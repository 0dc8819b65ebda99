"""The gateway gets the exact sum of a group, or none; whoever is missing, lies, comes twice or late."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.errors import UserError
from ml.fleet import masks, robust
from ml.fleet.group import AbortError, Group, Sum
from ml.fleet.masks import Masks, RefusalError
from ml.fleet.settings import MOST, Offer, Settings
from ml.native.fleet import LARGEST, clipped
from tests.fleet import fleet_c

SIZE = 40
SEEDS = [bytes([at + 1]) * 32 for at in range(16)]


def begun(
    members: int, most: int = LARGEST, kind: type[Masks] | type[fleet_c.Device] = Masks
) -> tuple[Group, list, list[np.ndarray]]:
    """A group, its members' masks, and clipped updates."""
    offer, rng = Offer(3, b"8 bytes.", Settings(most=most), SIZE, 58817), np.random.default_rng(members)
    keys = [masks.public(seed, offer.number) for seed in SEEDS[:members]]
    made = [kind(SEEDS[at], offer, at, keys) for at in range(members)]
    updates = [clipped(rng.integers(-most, most + 1, SIZE), most) for _ in range(members)]
    return Group(offer, members), made, updates


@settings(max_examples=25)
@given(st.integers(3, 16), st.sampled_from([1, 5000, LARGEST]), st.booleans(), st.data())
def test_the_masked_sum_of_those_present_is_the_plain_sum_or_the_round_is_given_up(members, most, in_c, data):
    kind = fleet_c.Device if in_c else Masks
    group, made, _ = begun(members, most, kind)
    updates = [(np.eye(SIZE, dtype=np.int64)[at % 2] * most) for at in range(members)]
    present = sorted(data.draw(st.sets(st.integers(0, members - 1))))
    for at in present:
        group.take(at, made[at].hidden(updates[at]))
    if len(present) < 3:
        with pytest.raises(AbortError, match=f"found {len(present)}"):
            group.close()
        return
    assert group.close() == present
    vanished = data.draw(st.sampled_from([*present, None, None]))
    for at in present:
        if at != vanished:
            group.unmask(at, made[at].reveal(present))
    if vanished is not None:
        with pytest.raises(AbortError, match=f"member {vanished} did not"):
            group.total()
        return
    found = group.total()
    assert np.array_equal(found.total, np.sum([updates[at] for at in present], axis=0)) and found.members == len(
        present
    )


def test_no_sum_of_clipped_updates_wraps_around():
    assert LARGEST * MOST < 2**31
    group, made, _ = begun(MOST)
    for at in range(MOST):
        group.take(at, made[at].hidden(np.full(SIZE, 0) + np.eye(SIZE, dtype=int)[5] * -LARGEST))
    for at in group.close():
        group.unmask(at, made[at].reveal(range(MOST)))
    assert group.total().total.min() == -MOST * LARGEST


def test_what_one_member_sends_looks_like_chance_to_whoever_lacks_a_key():
    group, made, _ = begun(5)
    sent = made[0].hidden(np.zeros(SIZE, np.int64))
    group.take(0, sent)
    for at in (1, 2, 3):
        group.take(at, made[at].hidden(np.zeros(SIZE, np.int64)))
    present = group.close()
    for at in present[1:]:
        group.unmask(at, made[at].reveal(present))  # all keys but its own are out now
    with pytest.raises(AbortError):
        group.total()
    assert len(np.unique(sent)) == SIZE and len(np.unique(group._sum)) == SIZE


@pytest.mark.parametrize("wrong", ["twice", "late", "unknown", "size", "type"])
def test_contributions_that_do_not_belong_change_nothing(wrong):
    group, made, updates = begun(4)
    for at in range(3):
        group.take(at, made[at].hidden(updates[at]))
    if wrong == "late":
        group.close()
    sent = made[3].hidden(updates[3])
    given = {"twice": (1, sent), "late": (3, sent), "unknown": (4, sent), "size": (3, sent[:-1])}
    with pytest.raises(RefusalError):
        group.take(*given.get(wrong, (3, sent.astype(np.int64))))
    for at in group.present if wrong == "late" else group.close():
        group.unmask(at, made[at].reveal([0, 1, 2]))
    assert np.array_equal(group.total().total, np.sum(updates[:3], axis=0))


@pytest.mark.parametrize("lie", [2**31 - 1, -(2**31), 5 * LARGEST])
def test_a_member_that_does_not_clip_costs_its_group_the_round(lie):
    group, made, updates = begun(4)
    updates[2] = np.full(SIZE, lie)
    for at in range(4):
        group.take(at, made[at].hidden(updates[at]))
    for at in group.close():
        group.unmask(at, made[at].reveal(range(4)))
    with pytest.raises(AbortError, match="did not clip"):
        group.total()


@pytest.mark.parametrize("wrong", ["bit", "short", "few", "many", "twice"])
def test_keys_that_are_wrong_give_no_sum(wrong):
    group, made, updates = begun(4)
    for at in range(3):
        group.take(at, made[at].hidden(updates[at]))
    present = group.close()
    keys = made[0].reveal(present)
    bad = {"bit": [bytes([keys[0][0] ^ 1]) + keys[0][1:], keys[1]], "short": [keys[0][:9], keys[1]]}
    bad |= {"few": keys[:1], "many": [*keys, keys[0]], "twice": keys}
    with pytest.raises(UserError):
        group.unmask(0, bad[wrong])
        for at in (0, 0) if wrong == "twice" else (1, 2):
            group.unmask(at, made[at].reveal(present) if at else keys)
        group.total()


def test_a_minority_of_groups_cannot_move_the_result_beyond_the_others():
    honest = [Sum(np.array([6, -12, 0]) + at, 3) for at in range(8)]
    liars = [Sum(np.array([10**9, -(10**9), 7]), 3), Sum(np.full(3, -(2**31)), 3)]
    made = robust.combined([*honest, *liars], 0.2)
    means = np.stack([one.mean for one in honest])
    assert np.all(made >= means.min(axis=0)) and np.all(made <= means.max(axis=0))


def test_two_groups_are_averaged_by_their_members_and_none_is_an_error():
    sums = [Sum(np.array([30]), 3), Sum(np.array([0]), 6)]
    assert robust.combined(sums, 0.2) == pytest.approx(30 / 9)
    with pytest.raises(AbortError, match="nothing has changed"):
        robust.combined([], 0.2)


@pytest.mark.parametrize(
    "wrong", [{"group": 2}, {"least": 2}, {"most": LARGEST + 1}, {"most": 0}, {"trim": 0.5}, {"momentum": float("nan")}]
)
def test_settings_that_would_tell_too_much_or_overflow_are_refused(wrong):
    with pytest.raises(UserError, match="expected"):
        Settings(**wrong)


def test_a_round_has_a_number_that_fits_the_device():
    for number in (0, 2**32):
        with pytest.raises(UserError, match="expected a round"):
            Offer(number, b"8 bytes.", Settings(), SIZE, 58817)
