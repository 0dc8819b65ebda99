"""Every check of updates in the field fails on a board that takes what it must not, or cannot keep what it takes."""

import contextlib
import dataclasses
import time
from pathlib import Path

import pytest

from ml.errors import UserError
from ml.link.messages import GivenUp
from ml.link.port import Port
from ml.link.update import Updater
from ml.update import keys
from ml.update.firmware import Program, read_program
from ml.update.package import read
from tests import command
from tests.firmware import emulator_control
from tests.hil.checks import updates
from tests.hil_broken.noticing import broken, noticed
from tests.hil_broken.saboteur import Sabotage
from tests.update import signing

BOOT_S = 30.0  # of this computer, which may be busy
BOOT = 0x4000  # bytes of the boot stage, in front of the firmware
HANGS = b"\xfe\xe7"  # b .
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


@pytest.fixture(scope="module")
def elf(gestures) -> Path:
    """Of the firmware of the board."""
    board = gestures.board
    return board.place.workspace / "build" / board.environment / "firmware.elf"


@pytest.fixture(scope="module")
def runs(elf) -> Program:
    """The firmware of the board."""
    return read_program(elf)


def test_a_good_board_takes_a_patch_of_its_firmware_and_goes_back(device, elf, runs, tmp_path, monkeypatch):
    monkeypatch.setenv("THIMBLE_KEYS", str(tmp_path / "keys"))
    build, new = device.asked().build, tmp_path / "new.elf"
    other = "another name".ljust(len(build), "-")[: len(build)]
    new.write_bytes(elf.read_bytes().replace(build.encode(), other.encode()))
    signed = ["--sign", keys.write(signing.KEYS, new=True), "--counter", 1, "--trial", 2, "--out", tmp_path / "fix.tmu"]
    named = ["--name", "gesture_recognition", "--base", elf]
    done = command.run("-m", "ml", "pack", new, "--firmware", *named, *signed)
    assert float(done.stdout.partition("the patch has ")[2].partition(" %")[0]) < 10
    for _ in Updater(device).install(read(tmp_path / "fix.tmu")):
        pass
    assert device.asked().build == other
    Updater(device, firmware=True).revert()
    updates.takes_no_patch_of_another_firmware(device, runs)  # it waits for the restart
    assert device.asked().build == build


def test_a_firmware_that_hangs_is_given_up(device, runs):
    updates.takes_no_firmware_that_is_not_signed(device, runs)
    hangs = bytearray(runs.data)
    start = int.from_bytes(hangs[4:8], "little") - 1 - BOOT  # of the reset handler
    hangs[start : start + 2] = HANGS
    patch = updates.next_firmware(device, dataclasses.replace(runs, data=bytes(hangs)), runs)
    with pytest.raises(UserError, match="the board restarted during the trial"):
        for _ in Updater(device).install(patch):
            pass
    status = Updater(device, firmware=True).status()
    assert (status.given_up, status.counter) == (GivenUp.RESTART, patch.manifest.counter - 1)


def test_a_board_without_a_firmware_that_passes_its_check_says_so(elf, tmp_path):
    bad, folder, told = bytearray(elf.read_bytes()), tmp_path / "board", b""
    at = bad.rindex(b"THFW")  # in the vectors; the boot stage has it, too
    bad[at : at + 4] = b"none"
    (tmp_path / "bad.elf").write_bytes(bad)
    emulator_control.start(folder, str(tmp_path / "bad.elf"), "mps2-an386")
    try:
        with contextlib.closing(Port(str(folder / emulator_control.CONSOLE))) as port:
            end = time.monotonic() + BOOT_S
            while b"flash one" not in told and time.monotonic() < end:
                told += port.read()
    finally:
        emulator_control.stop(folder)
    assert b"BOOT: no firmware that passes its check; flash one" in told


FIRMWARE = [
    (Sabotage.UNSIGNED_IS_TAKEN, updates.takes_no_firmware_that_is_not_signed),
    (Sabotage.BASE_IS_NOT_COMPARED, updates.takes_no_patch_of_another_firmware),
]


@pytest.mark.parametrize(
    ("sabotage", "check"), FIRMWARE, indirect=["sabotage"], ids=[kind.name for kind, _ in FIRMWARE]
)
def test_firmware_that_must_not_become_active_is_noticed(device, runs, check):
    with noticed("it was taken"):
        check(device, runs)


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
