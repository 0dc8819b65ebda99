"""A board starts, says what it is, and comes back from resets and power cuts."""

import pytest

from tests.hil.checks import boot, brownout
from tests.hil.truths import APPS

pytestmark = pytest.mark.hil_app(*APPS)


def test_it_is_what_was_built(device, truth):
    boot.is_what_was_built(device, truth)


def test_it_checks_itself(device):
    boot.checks_itself(device)


def test_it_introduces_itself_by_itself_and_its_uptime_goes_on(device):
    boot.introduces_itself_by_itself(device)


def test_it_introduces_itself_in_time(board, device):
    boot.introduces_itself_in_time(board, device)


def test_it_comes_back_from_a_reset_and_says_why(board, device):
    boot.comes_back_from_a_reset(board, device)


def test_it_comes_back_from_a_power_cut(board, device):
    boot.comes_back_from_a_power_cut(board, device)


def test_it_starts_again_after_a_power_cut_within_a_frame(board, device):
    brownout.starts_again_after_a_cut_in_a_frame(board, device)


def test_it_starts_again_after_a_power_cut_during_an_injection(board, device, truth):
    brownout.starts_again_after_a_cut_in_an_injection(board, device, truth)


@pytest.mark.hil_app("vibration_anomaly")
def test_of_two_baselines_it_keeps_the_old_or_the_new_when_power_fails(board, device, truth):
    brownout.keeps_the_old_or_the_new(board, device, truth)
