"""Gives a board another model: the host's end of the UPDATE commands (docs/update.md).

updater = Updater(device)
for step in updater.install(update): print(step)   # it may be interrupted anywhere; the same call goes on

Everything may be lost, repeated or reordered on the way, and the board may restart at any moment.
"""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ml.errors import UserError
from ml.link.blocks import Sender
from ml.link.device import CommandError, Device, SilenceError
from ml.link.messages import NO_SLOT, Command, Phase, Refusal, Reply, Status
from ml.link.numbers import ANSWERS
from ml.link.refusals import RefusedError, given_up, refused
from ml.link.slots import Step, UpdateStatus

if TYPE_CHECKING:
    from ml.update.package import Update

BLOCK = 240  # bytes; small transports take less
ATTEMPTS = 5
ANSWER_S, SLOW_S = (
    4.0,
    10.0,
)  # at most, the first time a quarter; slow: verifies a signature, or a digest and the self-check
ASK_EVERY_S = 0.1
STALLED_S = 30.0  # without a window on trial
MOST_RESTARTS = 5  # of the board during one update
BITMAP = 32  # bytes of one answer


class Updater:
    """Of one board. `block`: bytes of a block, a multiple of 8; 48 fits LoRa and BLE. `firmware`: of the firmware
    itself, not of models; `install` looks into the update for that."""

    def __init__(self, device: Device, block: int = BLOCK, *, firmware: bool = False) -> None:
        self.firmware = firmware
        self.device, self.block = device, min(block, (device.info.max_payload - 5) // 8 * 8)
        self.lost = 0  # answers that did not come in time
        self.sent = 0  # bytes of manifest, signature and payload, blocks as often as they were sent

    def status(self) -> UpdateStatus:
        """UserError where the firmware takes no updates."""
        answer = self._ask(Command.UPDATE_STATUS, self._about)
        if len(answer) < UpdateStatus.LEAST:
            raise UserError(f"{self._port}: expected the state of its slots, found {len(answer)} bytes; flash it again")
        return UpdateStatus.parse(answer)

    def install(self, update: Update) -> Iterator[Step]:
        """Sends what is missing, waits for the end of the trial and confirms; UserError when the board gives it up."""
        manifest = update.manifest
        self.firmware = manifest.is_firmware
        for attempt in range(MOST_RESTARTS):
            status = self.status()
            if self._has(status, update):
                yield Step("done", note="" if attempt else "the board has it already")
                return
            if status.phase == Phase.TRIAL and not self._tries(status, update):
                raise UserError(
                    f"{self._port}: expected a board that waits for an update, found another image on trial; wait for "
                    "its end, or give it up with: python tools/update.py abort"
                )
            try:
                if not self._tries(status, update):
                    yield from self._deliver(update)
                yield from self._trial(update)
            except RestartedError:
                yield Step("announce", note="the board restarted; going on from there")
                continue
            yield Step("done")
            return
        raise UserError(
            f"{self._port}: expected a board that runs while it is updated with {manifest.version}, found "
            f"{MOST_RESTARTS} restarts; look at its power and its watchdog (pio device monitor)"
        )

    def revert(self) -> UpdateStatus:
        """Back to the image before, or to what was flashed."""
        before = self.status()
        if before.phase == Phase.TRIAL:
            self.abort()
            return self.status()
        if before.confirmed == NO_SLOT:
            raise UserError(f"{self._port}: expected an image to go back from, found what was flashed running")
        self._ask(Command.UPDATE_REVERT, struct.pack("<BI", before.confirmed, before.counter) + self._about)
        return self.status()

    def abort(self) -> None:
        """Gives up what is on its way, or on trial."""
        self._settle(Command.UPDATE_ABORT, lambda now: now.phase == Phase.IDLE)

    @property
    def _about(self) -> bytes:
        return b"\x01" if self.firmware else b""

    @property
    def _port(self) -> str:
        return self.device.port.name

    def _has(self, status: UpdateStatus, update: Update) -> bool:
        manifest = update.manifest
        return status.phase != Phase.TRIAL and (status.digest, status.counter) == (manifest.digest, manifest.counter)

    def _tries(self, status: UpdateStatus, update: Update) -> bool:
        """The trial has begun; that of a firmware begins with the restart that comes."""
        trial = status.phase == Phase.TRIAL or (self.firmware and status.phase == Phase.VERIFIED)
        return trial and status.offered == update.manifest.counter

    def _deliver(self, update: Update) -> Iterator[Step]:
        """Until the trial begins."""
        yield Step("announce")
        blocks = -(-len(update.payload) // self.block)
        missing = self._announce(update.signed + update.signature, blocks)
        numbers = list(range(blocks)) if missing == blocks else self._missing(blocks)
        done = blocks - len(numbers)
        note = f"going on with {len(numbers)} of {blocks} blocks" if done else ""
        yield Step("send", done, blocks, note)
        sender = Sender(self.device, update.payload, self.block, self._check_block)
        for _ in sender.send(numbers):
            done += 1
            yield Step("send", done, blocks)
        self.lost += sender.lost
        self.sent += sender.sent
        yield Step("check")
        self._settle(Command.UPDATE_FINISH, lambda now: self._tries(now, update), SLOW_S)

    def _announce(self, signed: bytes, blocks: int) -> int:
        """How many blocks of the payload the board lacks."""
        for attempt in range(ATTEMPTS):
            for offset in range(0, len(signed), self.block):
                self._part(offset, signed[offset : offset + self.block])
            try:
                answer = self._ask(Command.UPDATE_BEGIN, struct.pack("<H", self.block), SLOW_S)
            except RefusedError as error:
                damaged = error.reason in (Refusal.PHASE, Refusal.MANIFEST, Refusal.SIGNATURE)
                if not damaged or attempt == ATTEMPTS - 1:
                    raise
            else:
                layout = ANSWERS[Command.UPDATE_BEGIN]
                found = struct.unpack(layout.format, answer) if layout.fits(len(answer)) else (0, 0)
                if found[0] != blocks or found[1] > blocks:
                    raise UserError(
                        f"{self._port}: expected a board that wants {blocks} blocks, found {found}; flash it again"
                    )
                return found[1]
        raise AssertionError

    def _part(self, offset: int, content: bytes) -> None:
        """Of the manifest. If its answer was lost, the board wants the next one, and refuses this one again."""
        self.sent += len(content)
        with contextlib.suppress(CommandError):
            self._ask(Command.UPDATE_MANIFEST, struct.pack("<H", offset) + content)

    def _missing(self, blocks: int) -> list[int]:
        """Numbers of the blocks that the board has not."""
        numbers = []
        for first in range(0, blocks, 8 * BITMAP):
            count = min(8 * BITMAP, blocks - first)
            bits = self._ask(Command.UPDATE_MISSING, struct.pack("<IH", first, count))
            if len(bits) * 8 < count:
                raise UserError(f"{self._port}: expected {count} bits of missing blocks, found {8 * len(bits)}")
            numbers += [first + bit for bit in range(count) if bits[bit // 8] >> bit % 8 & 1]
        return numbers

    def _trial(self, update: Update) -> Iterator[Step]:
        """Waits for the windows of the trial and confirms."""
        total, left, moved_s = update.manifest.trial, -1, time.monotonic()
        while left:
            status = self.status()
            if not self._tries(status, update):
                raise UserError(f"{self._port}: expected a trial of {total} windows, found {self._outcome(status)}")
            windows = total if status.phase == Phase.VERIFIED else status.windows
            if windows != left:
                left, moved_s = windows, time.monotonic()
            yield Step("try", total - left, total)
            if left and time.monotonic() - moved_s > STALLED_S:
                raise UserError(
                    f"{self._port}: expected windows on trial, found none for {STALLED_S:g} s ({left} are left); does "
                    "its sensor give samples? The same command waits on"
                )
            if left:
                time.sleep(ASK_EVERY_S)
        self._settle(Command.UPDATE_CONFIRM, lambda now: self._has(now, update))

    def _outcome(self, status: UpdateStatus) -> str:
        return f"that the board gave the image up: {given_up(status.given_up)}" if status.given_up else "none"

    def _ask(self, command: Command, args: bytes = b"", timeout: float = ANSWER_S) -> bytes:
        """The answer to what may be asked twice."""
        for attempt in range(ATTEMPTS):
            try:
                return self._told(command, args, min(timeout, timeout / 4 * 2**attempt))
            except SilenceError:
                self.lost += 1
                if attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError

    def _settle(self, command: Command, done: Callable[[UpdateStatus], bool], timeout: float = ANSWER_S) -> None:
        """A command that must not be given twice: after silence the board's state tells whether it was taken."""
        for _ in range(ATTEMPTS):
            try:
                self._told(command, b"", timeout)
            except SilenceError:
                self.lost += 1
                if done(self.status()):
                    return
            except RefusedError as error:
                if error.reason == Refusal.PHASE and done(self.status()):
                    return
                if error.reason == Refusal.PHASE and command in (Command.UPDATE_FINISH, Command.UPDATE_CONFIRM):
                    raise RestartedError from None
                raise
            else:
                return
        raise SilenceError(f"{self._port}: expected an answer to {command.name}, found none; reset the board")

    def _told(self, command: Command, args: bytes, timeout: float) -> bytes:
        try:
            return self.device.command(command, args, timeout)
        except CommandError as error:
            if error.status == Status.REFUSED:
                raise refused(self._port, command.name, error.data) from None
            if error.status in (Status.UNKNOWN, Status.UNSUPPORTED):
                raise UserError(
                    f"{self._port}: expected firmware that takes models, found {self.device.info.app} without; flash "
                    "newer firmware, built with update_keys.h"
                ) from None
            raise

    def _check_block(self, reply: Reply) -> None:
        if reply.status == Status.REFUSED:
            error = refused(self._port, Command.UPDATE_BLOCK.name, reply.data)
            raise RestartedError if error.reason == Refusal.PHASE else error
        if reply.status != Status.OK:
            raise CommandError(
                f"{self._port}: expected UPDATE_BLOCK to succeed, found status {reply.status}", reply.status
            )


class RestartedError(Exception):
    """The board has forgotten that it was being updated; it knows which blocks it has."""
