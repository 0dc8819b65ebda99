"""Power may fail at any moment: the board starts again as if it had been switched off in peace.

What it keeps over that is the old or the new, or nothing where its store does not outlive power or was torn: the board
then goes by the baseline of its firmware. Never anything else.
"""

import struct
import time

from ml.link.baseline import Baseline
from ml.link.device import CommandError, Device
from ml.link.frames import Frame
from ml.link.messages import Command, Learn, Status, Type
from tests.hil.checks.waiting import cut, mark, works
from tests.hil.truths import Truth

DELAYS_S = (0.0, 0.002, 0.02)  # from a command to the cut
WINDOWS = 24  # learnt
SEEN, STRIDE, KEPT = 12, 20, 24  # places in a baseline (anomaly/baseline.h)


def starts_again_after_a_cut_in_a_frame(board, device: Device) -> None:
    """Half a command was on the line; closes the device."""
    thresholds, frame = device.thresholds(), Frame(Type.COMMAND, payload=bytes([Command.SET_THRESHOLD, 0, 1])).encode()
    mark(device)
    device.port.write(frame[: len(frame) // 2])
    with cut(board, device) as again:
        again.port.write(frame[len(frame) // 2 :])  # is no command by itself
        assert again.thresholds() == thresholds
        works(again)


def starts_again_after_a_cut_in_an_injection(board, device: Device, truth: Truth) -> None:
    """The sensor has its place again; closes the device."""
    mark(device)
    rows = truth.stream.samples[: (device.info.max_payload - 1) // truth.stream.samples[0].nbytes]
    device.command(Command.INJECT_BEGIN, struct.pack("<I", truth.stream.rate_mhz))
    device.port.write(Frame(Type.COMMAND, payload=bytes([Command.INJECT]) + rows.astype("<i2").tobytes()).encode())
    with cut(board, device) as again:
        assert _refusal(again) == Status.NOT_NOW, "an injection from before the cut goes on"
        works(again)


def _refusal(device: Device) -> int:
    """Of an INJECT_END."""
    try:
        device.end_injection()
    except CommandError as error:
        return error.status
    return Status.OK


def keeps_the_old_or_the_new(board, device: Device, truth: Truth) -> None:
    """Of two baselines that it learnt, when power fails while the second is being kept; closes the device."""
    old, new = (_learnt(device, truth, share) for share in (0, 1 / 8))
    assert old != new
    for delay_s in DELAYS_S:
        _keep(device, old)
        Baseline(device).write(new)
        mark(device)
        device.port.write(Frame(Type.COMMAND, payload=bytes([Command.LEARN, Learn.KEEP])).encode())
        time.sleep(delay_s)
        with cut(board, device) as again:
            is_old_new_or_nothing(again, old, new)
        device = board.open()
    Baseline(device).forget()
    device.close()


def is_old_new_or_nothing(device: Device, old: bytes, new: bytes) -> None:
    """The baseline that a board has after a start."""
    kept = Baseline(device)
    if kept.status.learnt == 0:
        empty = kept.read()
        assert not any(empty[SEEN:STRIDE] + empty[KEPT:]), "nothing was kept, and yet there is something"
    else:
        assert kept.read() in (old, new), "the board goes by a baseline that nobody taught it"
    works(device)


def _learnt(device: Device, truth: Truth, share: float) -> bytes:
    """A baseline of windows of the stream from some share of it on."""
    learning, samples = Baseline(device), truth.stream.samples
    learning.begin(WINDOWS)
    device.inject(samples[round(share * len(samples)) :], truth.stream.rate_mhz)
    device.end_injection()
    assert learning.status.wanted == 0
    return learning.read()


def _keep(device: Device, baseline: bytes) -> None:
    learning = Baseline(device)
    learning.write(baseline)
    learning.keep()
