"""A board survives what must not happen, and goes on for as long as it is let."""

import pytest

from ml.link.messages import Provoke
from tests.hil.checks import frames, recovery, soak
from tests.hil.truths import APPS

pytestmark = pytest.mark.hil_app(*APPS)


@pytest.mark.parametrize("seed", range(2))
def test_hostile_frames_do_no_harm_and_are_counted(board, device, seed):
    frames.hostile_frames_do_no_harm(device, seed)
    device.close()
    board.reset()  # random commands may have changed thresholds and more


def test_hostile_frames_during_an_injection_do_no_harm(device, brief):
    frames.hostile_frames_during_injection_do_no_harm(device, brief)


def test_a_board_that_hangs_comes_back_by_its_watchdog_again_and_again(board, device):
    recovery.returns_from_hang_again_and_again(board, device)


@pytest.mark.parametrize("kind", [Provoke.FAULT, Provoke.STACK_OVERFLOW], ids=lambda kind: kind.name.lower())
def test_a_board_that_faults_comes_back(kind, board, device):
    recovery.recovers_from(kind, board, device)


@pytest.mark.timeout(0)  # as long as --soak-minutes says; a player that waits in vain gives up by itself
def test_an_hour_passes_without_drift_leak_or_missed_deadline(device, board, truth, soak_minutes):
    if soak.emulated(device):
        with board.player() as player:
            heard = soak.played_for(device, player, truth, 60 * soak_minutes)
    else:
        heard = soak.listened_for(device, 60 * soak_minutes)
    assert heard.seconds > 0.9 * 60 * soak_minutes
    soak.runs_on(heard, device, truth)
