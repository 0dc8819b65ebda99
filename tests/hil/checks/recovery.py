"""A board that hangs or faults comes back by itself, says why, and works as before."""

from ml.link.device import Device
from ml.link.messages import Command, Provoke
from tests.hil.checks.waiting import mark, reopened, works

CAUSE = {Provoke.HANG: "watchdog", Provoke.FAULT: "fault", Provoke.STACK_OVERFLOW: "fault"}


def recovers_from(kind: Provoke, board, device: Device) -> None:
    """Closes the device."""
    shipped = device.thresholds()
    device.set_threshold(0, shipped[0] ^ 0x55)
    mark(device)
    device.command(Command.PROVOKE, bytes([kind]))
    device.close()
    with reopened(board) as again:
        found = again.info.reset
        assert found == CAUSE[kind], f"{kind.name}: expected the reset to be told as {CAUSE[kind]}, found {found!r}"
        assert again.thresholds() == shipped
        works(again)


def returns_from_hang_again_and_again(board, device: Device, times: int = 2) -> None:
    """The watchdog runs after a watchdog's reset too; closes the device."""
    recovers_from(Provoke.HANG, board, device)
    for _ in range(times - 1):
        recovers_from(Provoke.HANG, board, board.open())
