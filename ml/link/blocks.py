"""Sends the blocks of an update: several at a time, again when no answer comes, and at the pace of the line.

How many are on their way rises by one with each answer and is halved by each loss, for nobody knows how much a board
can take while it erases flash.
"""

import struct
import time
from collections import deque
from collections.abc import Callable, Iterator

from ml.link.device import Device, SilenceError
from ml.link.messages import Command, Reply

MOST_AT_ONCE = 8
FIRST_WAIT_S, LEAST_WAIT_S, MOST_WAIT_S = 1.0, 0.25, 8.0  # for an answer, before a block is sent again
TIMES_USUAL = 4.0  # as long as an answer usually takes
SMOOTH = 0.2
PATIENCE_S = 15.0  # without any answer


class Sender:
    """`check` looks at each answer and raises what it means."""

    def __init__(self, device: Device, payload: bytes, block: int, check: Callable[[Reply], None]) -> None:
        self.device, self.payload, self.block, self._check = device, payload, block, check
        self.lost = 0  # answers that did not come in time
        self.sent = 0  # bytes of blocks, repeated ones too
        self._at_once, self._usual_s = 1, FIRST_WAIT_S / TIMES_USUAL
        self._sent: dict[int, tuple[int, float]] = {}  # sequence -> number, when
        self._late: dict[int, tuple[int, float]] = {}  # the same, given up: an answer may come yet

    def send(self, numbers: list[int]) -> Iterator[int]:
        """Yields the number of each block when the board has it; SilenceError when the board answers no more."""
        waiting, missing, heard_s = deque(numbers), set(numbers), time.monotonic()
        while missing:
            flying = {number for number, _ in self._sent.values()}
            while waiting and len(self._sent) < self._at_once:
                number = waiting.popleft()
                if number in missing and number not in flying:
                    self._post(number)
            for number in self._arrived():
                heard_s = time.monotonic()
                if number in missing:
                    missing.remove(number)
                    yield number
            waiting.extend(self._overdue())
            if time.monotonic() - heard_s > PATIENCE_S:
                raise SilenceError(
                    f"{self.device.port.name}: expected answers to blocks, found none for {PATIENCE_S:g} s; reset the "
                    "board and give the same command again: it goes on from here"
                )

    def _post(self, number: int) -> None:
        content = self.payload[number * self.block : (number + 1) * self.block]
        sequence = self.device.post(Command.UPDATE_BLOCK, struct.pack("<I", number) + content)
        self.sent += len(content)
        self._sent[sequence] = number, time.monotonic()

    def _arrived(self) -> Iterator[int]:
        """Numbers of the blocks whose answers have come."""
        for answer in self.device.answers():
            found = self._sent.pop(answer.sequence, None) or self._late.pop(answer.sequence, None)
            if found and answer.reply.command == Command.UPDATE_BLOCK:
                number, when = found
                self._check(answer.reply)
                self._usual_s += SMOOTH * (time.monotonic() - when - self._usual_s)
                self._at_once = min(MOST_AT_ONCE, self._at_once + 1)
                yield number

    def _overdue(self) -> list[int]:
        wait_s = min(MOST_WAIT_S, max(LEAST_WAIT_S, TIMES_USUAL * self._usual_s))
        late = [one for one, (_, when) in self._sent.items() if time.monotonic() - when > wait_s]
        if late:
            self.lost += len(late)
            self._at_once = max(1, self._at_once // 2)
            self._usual_s = min(MOST_WAIT_S, 1.5 * self._usual_s)
        self._late |= {one: self._sent.pop(one) for one in late}
        return [self._late[one][0] for one in late]
