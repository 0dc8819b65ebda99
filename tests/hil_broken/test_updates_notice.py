"""Every check of updates in the field fails on a board that takes what it must not, or cannot keep what it takes."""

import pytest

from ml.errors import UserError
from tests.hil.checks import updates
from tests.hil_broken.noticing import broken, noticed
from tests.hil_broken.saboteur import Sabotage

pytestmark = pytest.mark.xdist_group("sabotaged boards")


def test_a_good_board_takes_only_what_is_right(device):
    updates.takes_nothing_that_is_not_signed(device)
    updates.takes_nothing_of_strangers(device)
    updates.takes_nothing_of_another_board(device)
    updates.takes_nothing_that_does_not_fit(device)
    updates.takes_nothing_twice(device)


TAKEN = [
    (Sabotage.UNSIGNED_IS_TAKEN, updates.takes_nothing_that_is_not_signed),
    (Sabotage.ANY_KEY_IS_TAKEN, updates.takes_nothing_of_strangers),
    (Sabotage.COUNTER_IS_NOT_COMPARED, updates.takes_nothing_twice),
    (Sabotage.FOREIGN_IS_TAKEN, updates.takes_nothing_of_another_board),
]


@pytest.mark.parametrize(("sabotage", "check"), TAKEN, indirect=["sabotage"], ids=[kind.name for kind, _ in TAKEN])
def test_what_must_not_become_active_is_noticed(device, check):
    with noticed("it was taken"):
        check(device)


def test_a_good_board_forgets_no_counter(board, device):
    updates.takes_nothing_older_after_a_cut(board, device)


@broken(Sabotage.COUNTER_IS_FORGOTTEN)
def test_a_counter_that_is_forgotten_in_a_cut_is_noticed(board, device):
    with noticed("expected COUNTER, found it was taken"):
        updates.takes_nothing_older_after_a_cut(board, device)


@broken(Sabotage.FLASH_IS_WORN)
def test_worn_flash_is_noticed_and_the_model_stays(device):
    with pytest.raises(UserError, match="image that was signed"):
        updates.installs(device)


@broken(Sabotage.FLASH_IS_FULL)
def test_flash_without_room_is_noticed(device):
    with pytest.raises(UserError, match="slot"):
        updates.installs(device)
