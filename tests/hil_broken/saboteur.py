"""Good firmware with a saboteur in it: a board that can be broken in many ways without being built again.

saboteur.c is compiled beside the firmware and linked around its functions; a command of its own says what breaks.
"""

import contextlib
import re
import subprocess
import time
from enum import IntEnum, auto
from pathlib import Path

from ml.errors import UserError
from ml.link.device import Device
from ml.link.messages import Command
from ml.link.session import Session
from ml.paths import ROOT
from tests.hil.checks.waiting import described, mark

BOOT_S = 60.0  # of the host, for a board that starts late on purpose
CPU = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")  # of the virtual board
FLAGS = ("-std=gnu99", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-D", "NN_GUARD=64")
LAYOUT = re.compile(r"(?<=-D )LINK_MAX_PAYLOAD=\d+")  # of what the board's settings change about structs of the link
WRAPPED = re.compile(r"^WRAP\([^,]+, (\w+)", re.MULTILINE)


class Order(IntEnum):
    """To the saboteur, beside the link's commands."""

    CHOOSE = 0x7F  # kind u8


class Sabotage(IntEnum):
    """What may be wrong with a board."""

    NOTHING = 0
    STARTS_LATE = auto()
    WAITS_TO_BE_ASKED = auto()
    NEVER_RESETS = auto()
    FORGETS_WHY_IT_STARTED = auto()
    HAS_NO_WATCHDOG = auto()
    CLOCK_DRIFTS = auto()
    RESTARTS_NOW_AND_THEN = auto()
    IS_DEAF = auto()
    SENSES_NOTHING = auto()
    SENSES_WRONGLY = auto()
    SENSES_HALF = auto()
    SENSES_THE_SAME = auto()  # its first sample, for ever
    LOSES_SAMPLES = auto()
    FRONT_END_IS_WRONG = auto()
    STACK_IS_NEARLY_FULL = auto()
    STACK_GROWS = auto()
    IS_LATE = auto()
    COMPUTES_WRONGLY = auto()
    ARENA_IS_TOO_SMALL = auto()
    EVENTS_ARE_LOST = auto()
    SCORES_ARE_WRONG = auto()
    THRESHOLDS_COME_LATE = auto()
    THRESHOLDS_ARE_IGNORED = auto()
    THRESHOLDS_STAY = auto()
    HANGS_ON_DAMAGE = auto()
    RESTARTS_ON_DAMAGE = auto()
    DOES_NOT_COUNT_DAMAGE = auto()
    STORE_IS_TORN = auto()  # power fails while it is written
    TORN_STORE_IS_TRUSTED = auto()
    UNSIGNED_IS_TAKEN = auto()
    ANY_KEY_IS_TAKEN = auto()
    COUNTER_IS_NOT_COMPARED = auto()  # what was sent once is taken again
    COUNTER_IS_FORGOTTEN = auto()  # when the board restarts
    FOREIGN_IS_TAKEN = auto()
    BASE_IS_NOT_COMPARED = auto()  # of a patch of the firmware
    FLASH_IS_WORN = auto()  # it does not keep what is written, and does not say so
    FLASH_IS_FULL = auto()


def linked_with(source: Path, folder: Path) -> str:
    """Build flags that put a saboteur into the firmware of the virtual board."""
    made = folder / f"{source.stem}.o"
    kinds = [f"-D{one.name}={one.value}" for one in Sabotage]
    includes = [f"-I{path}" for path in sorted(ROOT.glob("lib/*/include"))]
    layout = LAYOUT.findall((ROOT / "boards" / "virtual.ini").read_text())
    flags = [*CPU, *FLAGS, *(f"-D{one}" for one in layout), *kinds, *includes]
    command = ["arm-none-eabi-gcc", *flags, "-c", str(source), "-o", str(made)]
    subprocess.run(command, check=True)
    wraps = [f"-Wl,--wrap={name}" for name in WRAPPED.findall(source.read_text())]
    return " ".join([*wraps, f"-Wl,{made}"])


class Bench:
    """A board with a saboteur in its firmware. One port is kept open: QEMU takes a second to see that it was opened."""

    def __init__(self, board) -> None:
        self.board = board
        self._device: Device | None = None

    def started(self, kind: Sabotage) -> Device:
        """The board, open, and broken from its start on; whatever state it was left in."""
        for ready in (self._as_it_is, self._opened, self._cycled):
            with contextlib.suppress(UserError, AssertionError):
                self._device = ready()
                return _restarted(self._device, kind)
        raise AssertionError("expected the board back after a power cut, found it dead")

    def _as_it_is(self) -> Device:
        assert self._device
        return self._device

    def _opened(self) -> Device:
        if self._device:
            self._device.close()
        return self.board.open()

    def _cycled(self) -> Device:
        self.board.power_cycle()
        return self.board.open()


def _restarted(device: Device, kind: Sabotage) -> Device:
    device.command(Order.CHOOSE, bytes([kind]))
    if kind != Sabotage.NEVER_RESETS:
        mark(device)
        device.command(Command.RESET_BOARD)
        _until_the_mark_is_gone(device)
    device.session = Session()
    described(device)
    return device


def _until_the_mark_is_gone(device: Device) -> None:
    end = time.monotonic() + BOOT_S
    while time.monotonic() < end:
        with contextlib.suppress(UserError, AssertionError):
            if not described(device).streams[-1].on:
                return
    raise AssertionError(f"expected the board back within {BOOT_S:g} s")
