"""Boards at serial ports, side by side."""

import dataclasses

import pytest

pytestmark = pytest.mark.hil_app("counter")


@pytest.fixture
def desk(board):
    if board.name != "desk":
        pytest.skip("of the board desk only")
    return board


def test_it_answers(board, device):
    assert device.info.build == board.build


def test_a_reset_is_one(desk):
    with desk.open() as device:
        device.start(0)  # until the board restarts
    with desk.open() as device:
        assert device.info.streams[0].on is True
    desk.reset()
    with desk.open() as device:
        assert device.info.streams[0].on is False


def test_power_comes_back_under_another_name(desk):
    before = desk.port
    desk.power_cycle()
    assert desk.port != before
    with desk.open() as device:
        device.ping()


def test_a_reset_that_does_nothing_fails(desk, monkeypatch):
    settle_s = 4  # a busy host may need more than one to hear that it runs
    nothing = dataclasses.replace(desk.place.config, reset="command", reset_command="true", settle_s=settle_s)
    monkeypatch.setattr(desk.place, "config", nothing)
    desk.reset()


def test_a_meter_is_told(board):
    assert board.meter == ("ppk2" if board.name == "desk" else None)


def test_a_real_board_cannot_be_played_into(desk):
    desk.player()
