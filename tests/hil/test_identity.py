"""The image that was just built is the one that answers."""

import pytest

pytestmark = pytest.mark.hil_app("gesture_recognition")


def test_the_image_that_was_flashed_answers(board, device):
    info = device.info
    assert (info.app, info.build, info.model.hash) == (board.app, board.build, board.model)
    assert len(board.build) == 16


def test_after_a_power_cycle_the_same_image_answers(board):
    board.power_cycle()
    with board.open() as device:
        assert device.info.build == board.build
