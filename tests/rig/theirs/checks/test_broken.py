"""Breaks a board in every way that a rig must notice; the tests named so must fail."""

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import emulator_control
import pytest

pytestmark = pytest.mark.hil_app("counter")


@pytest.fixture
def flash_wrong(board, pytestconfig) -> Iterator[Callable[[str], None]]:
    """Flashes the firmware with a definition more. In a header: a flag would have everything compiled again."""
    header = pytestconfig.rootpath / "src" / "variant.h"

    def flash(definition: str) -> None:
        header.write_text(f"#define {definition}\n")
        board.reflash(" ")  # extra flags: the next test wants the usual image again

    yield flash
    header.write_text("")


def emulator(board) -> emulator_control.Emulator:
    return emulator_control.state(Path(board.port).parent)


def test_a_good_board_passes(board, device):
    assert (device.info.app, device.info.build, device.info.board) == ("counter", board.build, "virtual")
    device.ping()


def test_a_dead_board_fails(board):
    os.kill(emulator(board).pid, signal.SIGKILL)
    while emulator_control.running(Path(board.port).parent):
        pass
    board.open()


def test_after_a_failure_the_board_is_started_afresh(board, device):
    assert device.info.build == board.build


def test_a_board_that_dies_meanwhile_fails(board, device):
    os.kill(emulator(board).pid, signal.SIGKILL)
    device.ping()


def test_an_old_image_fails(board):
    """The uploader says that all is well, and the board goes on with the image that it had."""
    running = emulator(board)
    old = shutil.copy(running.program, Path(board.port).parents[2] / "old.elf")
    board.reflash()
    emulator_control.start(Path(board.port).parent, str(old), running.machine)
    board.open()


def test_a_wrong_application_fails(flash_wrong):
    flash_wrong('APP "other"')


def test_a_wrong_model_fails(flash_wrong):
    flash_wrong("OTHER_MODEL")


def test_a_firmware_that_does_not_build_fails(flash_wrong):
    flash_wrong("APP nonsense")


def test_at_the_end_the_usual_image_answers(board, device):
    assert device.info.build == board.build


def test_a_power_cycle_is_one(board):
    before = emulator(board)
    board.power_cycle()
    assert emulator(board).pid != before.pid


def test_after_a_rest_it_is_there_again(board):
    board.rest()
    assert not emulator_control.running(Path(board.port).parent)
    board.prepare()
    board.open().close()


def test_its_sensors_can_be_played_into(board):
    with board.player() as player:
        assert json.loads((Path(player.port.name).parent / "emulator.json").read_text())["pid"] == emulator(board).pid


def test_when_its_tests_are_over_it_rests(tmp_path_factory):
    assert not list(tmp_path_factory.getbasetemp().rglob(emulator_control.STATE))
