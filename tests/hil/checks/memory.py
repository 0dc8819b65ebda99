"""Stack and arena stay within what is declared, and the marks that say so are alive."""

from ml.link.device import Device
from ml.link.messages import Info
from ml.trial.on_board import inject
from tests.hil.truths import Truth

PROCESS = "host"  # its stack is the operating system's business
EXCEPTION = 112  # bytes that an interrupt pushes with the floating-point registers: Arm DDI 0403, B1.5.7
LEAST = 0.75  # of the arena: the last bytes of the last tensor may be scratch that a kernel had no need of


def stays_within_its_memory(device: Device, truth: Truth) -> None:
    """After everything that an application does: a stream, the self test, every command that computes."""
    inject(truth.scored, device)
    device.ping()
    info, statistics = device.info, device.statistics()
    stack_fits(statistics.stack, info)
    arena_fits(statistics.arena, info.model.arena)


def stack_fits(used: int, info: Info) -> None:
    size = info.stack
    if info.board == PROCESS and size == 0:
        return
    assert size > 0, "the board does not say how large its stack is"
    assert used > 0, "the board does not say how deep its stack was"
    assert used + EXCEPTION <= size, f"expected {EXCEPTION} of {size} bytes of stack left, found {size - used}"


def arena_fits(used: int, size: int) -> None:
    assert used <= size, f"expected nothing beyond the {size} bytes of the arena, found byte {used} written"
    assert used >= LEAST * size, f"expected most of the arena of {size} bytes in use, found a mark at {used}"
