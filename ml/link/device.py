"""A board that runs our firmware.

with Device.open("virtual", app="gesture_recognition") as device:
    device.set_threshold(ALL, 200)
    for arrival in device.arrivals(seconds=10): ...
"""

import os
import struct
import time
from collections import deque
from collections.abc import Iterator

import numpy as np

from ml.errors import UserError
from ml.link.frames import Frame, as_line, is_text
from ml.link.messages import ALL, PROTOCOL_VERSION, Command, Info, Reply, Status, Telemetry, Type
from ml.link.payloads import MessageError, parse_telemetry
from ml.link.port import BAUD, Port
from ml.link.session import Answer, Arrival, Session

INFO_TIMEOUT_S = 6.0  # some boards restart when their port is opened
ASK_EVERY_S = 1.0
TIMEOUT_S = 2.0
ATTEMPTS = 3
ENOUGH_REFUSED = 3  # messages: what a board says of itself is then no accident
LISTENED = 200  # bytes of something else that are told apart
# What may be asked again when the answer does not come: the second time does no more than the first.
REPEATABLE = frozenset(
    {
        Command.PING,
        Command.GET_INFO,
        Command.START,
        Command.STOP,
        Command.GET_THRESHOLDS,
        Command.SET_THRESHOLD,
        Command.GET_STATS,
        Command.RESET_STATS,
        Command.RUN_FRONTEND,
        Command.READ_TENSOR,
        Command.WRITE_INPUT,
        Command.SELF_TEST,
        Command.FLEET,
    }
)


class CommandError(UserError):
    """The device answered, and refused."""

    def __init__(self, text: str, status: int, data: bytes = b"") -> None:
        super().__init__(text)
        self.status = status
        self.data = data  # what it told beside the status


class SilenceError(UserError):
    """The device did not answer."""


class Device:
    """Use `Device.open`. What arrives while a command waits for its answer is kept for `arrivals`."""

    def __init__(self, port: Port) -> None:
        self.port = port
        self.session = Session()
        self._inbox: deque[Arrival] = deque()
        self._sequence = int.from_bytes(os.urandom(2))  # an answer to the program before us is not ours

    @classmethod
    def open(cls, name: str, app: str | None = None, timeout: float = INFO_TIMEOUT_S, baud: int = BAUD) -> "Device":
        """Opens a port (see ml/link/port.py) and makes sure that firmware of ours, of that application, answers."""
        device = cls(Port(name, app, baud))
        try:
            device._meet(timeout)
            device._check(app)
        except BaseException:
            device.close()
            raise
        return device

    def __enter__(self) -> "Device":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.port.close()

    @property
    def info(self) -> Info:
        """What the device said of itself when it was opened, or since."""
        if self.session.info is None:
            raise UserError(f"{self.port.name}: expected session info, found none yet")
        return self.session.info

    def asked(self) -> Info:
        """What the device says of itself now."""
        before = self.session.info
        self.command(Command.GET_INFO)
        end = time.monotonic() + TIMEOUT_S
        while self.session.info is before and time.monotonic() < end:
            self._take(self.port.read())
        return self.info

    def arrivals(self, seconds: float) -> Iterator[Arrival]:
        """What the device sends, for so many seconds of the host's time; also what came before and is unread."""
        end = time.monotonic() + seconds
        while True:
            while self._inbox:
                yield self._inbox.popleft()
            if time.monotonic() >= end:
                return
            self._take(self.port.read())

    def command(self, command: Command, args: bytes = b"", timeout: float = TIMEOUT_S) -> bytes:
        """What the device answers; CommandError when it refuses, UserError when it stays silent."""
        for _ in range(ATTEMPTS if command in REPEATABLE else 1):
            reply = self._attempt(command, args, timeout)
            if reply is not None:
                return self._checked(reply)
        raise SilenceError(f"{self.port.name}: expected an answer to {command.name} within {timeout:g} s, found none")

    def post(self, command: Command, args: bytes = b"") -> int:
        """Sends a command and does not wait; `answers` has the answer, with the sequence that this returns."""
        self._send(command, args)
        return self._sequence

    def answers(self) -> list[Answer]:
        """To commands that were posted: what has come, [] when nothing does for a moment."""
        return self._take(self.port.read())

    def numbers(self, command: Command, layout: str, args: bytes = b"", timeout: float = TIMEOUT_S) -> tuple[int, ...]:
        """The answer unpacked as `struct` does."""
        answer = self.command(command, args, timeout)
        if len(answer) != struct.calcsize(layout):
            raise UserError(
                f"{self.port.name}: expected {struct.calcsize(layout)} bytes from {command.name}, found {len(answer)}; "
                "flash the firmware again"
            )
        return struct.unpack(layout, answer)

    def ping(self) -> None:
        """Proves that a device answers now: no bytes from before can hold the same random number."""
        nonce = os.urandom(8)
        if self.command(Command.PING, nonce) != nonce:
            raise UserError(f"{self.port.name}: expected its PING back, found other bytes; is the line disturbed?")

    def statistics(self) -> Telemetry:
        """The counters now."""
        try:
            return parse_telemetry(self.command(Command.GET_STATS))
        except MessageError as error:
            raise UserError(
                f"{self.port.name}: expected statistics, found: {error}; flash the firmware again"
            ) from None

    def thresholds(self) -> list[int]:
        """0..255 per class."""
        return list(self.command(Command.GET_THRESHOLDS))

    def set_threshold(self, class_id: int, threshold: int) -> None:
        """Of one class or ALL, until the board restarts."""
        self.command(Command.SET_THRESHOLD, bytes([class_id, threshold]))

    def start(self, stream: int = ALL) -> None:
        """Asks for the frames of a stream."""
        self.command(Command.START, bytes([stream]))

    def stop(self, stream: int = ALL) -> None:
        self.command(Command.STOP, bytes([stream]))

    def inject(self, samples: np.ndarray, rate_mhz: int = 0) -> int:
        """Runs int16 samples (n, channels) through the application in place of the sensor's, from a fresh start.

        `rate_mhz` is theirs, 0 the sensor's. Returns how many windows they completed. The sensor stays off until
        `end_injection`, or for ten seconds.
        """
        windows = [0]
        for _ in self.injecting(samples, rate_mhz, windows):
            pass
        return sum(windows)

    def injecting(self, samples: np.ndarray, rate_mhz: int = 0, windows: list[int] | None = None) -> Iterator[int]:
        """The same step by step: yields how many samples have been used, and appends to `windows`."""
        self.command(Command.INJECT_BEGIN, struct.pack("<I", rate_mhz))
        rows = np.ascontiguousarray(samples, "<i2")
        at_once = (self.info.max_payload - 1) // rows[:1].nbytes
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            (completed,) = self.numbers(Command.INJECT, "<H", part.tobytes(), 10.0)
            if windows is not None:
                windows.append(completed)
            yield start + len(part)

    def end_injection(self) -> None:
        self.command(Command.INJECT_END)

    def _meet(self, timeout: float) -> None:
        """Waits for session info, and asks for it meanwhile."""
        heard, asked, end = bytearray(), 0.0, time.monotonic() + timeout
        while self.session.info is None and self.session.unreadable < ENOUGH_REFUSED and time.monotonic() < end:
            if time.monotonic() >= asked:
                self._send(Command.GET_INFO)
                asked = time.monotonic() + ASK_EVERY_S
            data = self.port.read()
            heard = (heard + data)[-LISTENED:]
            self._take(data)
        if self.session.info is None:
            refused = f"session info that is refused ({self.session.refusal})" if self.session.refusal else ""
            raise self._stranger(refused or _described(bytes(heard)))

    def _check(self, app: str | None) -> None:
        if self.info.version != PROTOCOL_VERSION:
            raise self._stranger(f"link version {self.info.version}")
        if app is not None and self.info.app != app:
            raise self._stranger(f"the application {self.info.app!r} in place of {app!r}")

    def _stranger(self, found: str) -> UserError:
        return UserError(
            f"expected a Thimble board speaking link version {PROTOCOL_VERSION} on {self.port.name}, found {found}; "
            "flash it with: pio run -e <app>-<board> -t upload"
        )

    def _take(self, data: bytes) -> list[Answer]:
        """Keeps what arrived for `arrivals`, but for the answers."""
        arrived = list(self.session.feed(data))
        self._inbox.extend(arrival for arrival in arrived if not isinstance(arrival.message, Answer))
        return [arrival.message for arrival in arrived if isinstance(arrival.message, Answer)]

    def _send(self, command: int, args: bytes = b"") -> None:
        self._sequence = (self._sequence + 1) % 2**16
        self.port.write(Frame(Type.COMMAND, sequence=self._sequence, payload=bytes([command]) + args).encode())

    def _attempt(self, command: Command, args: bytes, timeout: float) -> Reply | None:
        self._send(command, args)
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            for answer in self._take(self.port.read()):
                if (answer.sequence, answer.reply.command) == (self._sequence, command):
                    return answer.reply
        return None

    def _checked(self, reply: Reply) -> bytes:
        if reply.status == Status.OK:
            return reply.data
        name = Command(reply.command).name if reply.command in set(Command) else f"command {reply.command}"
        status = Status(reply.status).name if reply.status in set(Status) else f"status {reply.status}"
        raise CommandError(f"{self.port.name}: expected {name} to succeed, found {status}", reply.status, reply.data)


def _described(heard: bytes) -> str:
    """What came in place of session info."""
    if not heard:
        return "silence"
    if is_text(heard):
        return f"text ({as_line(heard)[-60:]!r})"
    return "bytes that are no session info"
