"""Ways to start a board afresh. Each returns at once; the board then waits until its firmware answers again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import serial

from ml.errors import UserError
from ml.link.messages import Command
from ml.rig.errors import RigError

if TYPE_CHECKING:
    from tools.rig.board import Board

PULSE_S = 0.1


def pulse(port: serial.SerialBase) -> None:
    """Resets a board whose reset hangs on DTR (Arduino) or RTS (ESP32), and lets it start its application.

    ESP32: RTS alone holds EN low; the boot pin, on DTR, is low only when EN is high again. Arduino: DTR going active
    gives a pulse through a capacitor.
    """
    port.dtr = False
    port.rts = True
    time.sleep(PULSE_S)
    port.rts = False
    time.sleep(PULSE_S)
    port.dtr = True
    port.rts = True


def by_link(board: Board) -> None:
    """The firmware does it itself: it must be alive. A port that stays shows when it has been done."""
    limit_s = board.place.config.settle_s
    with board.open() as device:
        device.command(Command.RESET_BOARD)
        try:
            restarted = any(device.session.restarts for _ in device.arrivals(limit_s))
        except UserError:  # native USB: the port went with the board
            return
    if not restarted:
        raise RigError(f"{board.name}: expected it to restart within {limit_s:g} s, found it running on")


def by_dtr(board: Board) -> None:
    try:
        with serial.serial_for_url(board.port) as port:
            pulse(port)
    except (OSError, ValueError) as error:  # SerialException is an OSError
        raise RigError(f"{board.name}: expected a port with DTR and RTS at {board.port}, found: {error}") from None


def by_command(board: Board) -> None:
    board.place.run(board.place.config.reset_command)


def by_emulator(board: Board) -> None:
    if board.place.emulator is None:
        raise RigError(
            f"{board.name}: expected a virtual board, for only that has an emulator, found {board.place.config.kind}"
        )
    board.place.emulator.restart()


METHODS: dict[str, Callable[[Board], None]] = {
    "link": by_link,
    "dtr": by_dtr,
    "command": by_command,
    "emulator": by_emulator,
}
