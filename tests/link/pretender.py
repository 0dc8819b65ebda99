"""A board on a pseudo-terminal that says whatever a test wants: session info, telemetry, samples, or nonsense."""

import os
import select
import threading
import time
import tty
from collections.abc import Callable, Iterable

import cbor2
import numpy as np

from ml.link.frames import Decoder, Frame
from ml.link.messages import Command, Status, Type

TICK_S = 0.005
EVERY_S = 0.2  # session info and telemetry: oftener than a real board, so that tests are short

INFO = {
    "version": 1,
    "app": "sensor_capture",
    "board": "pretender",
    "build": "",
    "uptime_us": 0,
    "cycles_hz": 1_000_000,
    "stack": 0,
    "max_payload": 512,
    "reset": "power",
    "streams": [],
}
AXES = [["ax", "ay", "az"], "g", 2048]


def imu(rate_hz: float = 100, **other: object) -> dict:
    """A stream for INFO."""
    told = {"id": 0, "name": "imu", "rate_mhz": round(1000 * rate_hz), "format": "int16", "channels": [AXES]}
    return told | {"on": 0, "lost": 0, "dropped": 0} | other


class Samples:
    """DATA of an int16 stream at its rate, ROWS rows a frame: each row holds its own number. `clock` gives the device
    time of a row, `until` is the row at which it falls silent."""

    ROWS = 5

    def __init__(self, rate_hz: float, columns: int = 3, until: float = np.inf, clock: Callable | None = None) -> None:
        self.rate_hz, self.columns, self.until = rate_hz, columns, until
        self.clock = clock or (lambda row: 1e6 * row / rate_hz)
        self.sent = 0  # frames

    def due(self, seconds: float) -> Iterable[Frame]:
        """`seconds` since the stream was switched on."""
        while (row := self.sent * self.ROWS) + self.ROWS <= min(seconds * self.rate_hz, self.until):
            values = np.repeat(np.arange(row, row + self.ROWS)[:, None], self.columns, axis=1).astype("<i2")
            yield Frame(Type.DATA, 0, self.sent % 2**16, int(self.clock(row)) % 2**32, values.tobytes())
            self.sent += 1


class Pretender:
    """`info` and `telemetry` are what it says of itself, `samples` what its stream 0 sends while it is on."""

    def __init__(self, info: dict, samples: Samples | None = None, telemetry: object = None, loud: bytes = b"") -> None:
        self.info, self.samples, self.telemetry, self.loud = info, samples, telemetry, loud
        self.commands: list[int] = []  # that it was given
        self.master, self._slave = os.openpty()
        tty.setraw(self.master)
        os.set_blocking(self.master, False)
        self.port = os.ttyname(self._slave)
        self._began, self._on_s, self._said = time.monotonic(), None, 0
        self._holds = False
        self._decoder = Decoder()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Pretender":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        os.close(self.master)
        os.close(self._slave)

    def say(self, data: bytes) -> None:
        """Whole or, where nobody reads, not at all: as a board drops frames."""
        try:
            os.write(self.master, data)
        except BlockingIOError:
            return

    def hold(self, seconds: float) -> None:
        """Returns after so long; the samples of that time are gone, as of a board that finds the line full."""
        self._holds = True
        self._closing.wait(seconds)
        self._holds = False

    def tell(self) -> None:
        """Session info, and what else it says of itself."""
        payload = self.info if isinstance(self.info, bytes) else cbor2.dumps(self._info())
        self.say(self.loud + Frame(Type.INFO, 0, self._said % 2**16, self._clock() % 2**32, payload).encode())
        if self.telemetry is not None:
            payload = self.telemetry if isinstance(self.telemetry, bytes) else cbor2.dumps(self.telemetry)
            self.say(Frame(Type.TELEMETRY, 0, self._said % 2**16, self._clock() % 2**32, payload).encode())
        self._said += 1

    def _info(self) -> dict:
        """With the time, and whether stream 0 is on, unless the test says something else about them."""
        told = {"uptime_us": self._clock()} if self.info["uptime_us"] == 0 else {}
        if self.samples is not None and self._on_s is not None:
            first, *others = self.info["streams"]
            told["streams"] = [first | {"on": 1}, *others]
        return self.info | told

    def _clock(self) -> int:
        return round((time.monotonic() - self._began) * 1e6)

    def _run(self) -> None:
        due_s = 0.0
        while not self._closing.is_set():
            select.select([self.master], [], [], TICK_S)
            now = time.monotonic()
            self._obey()
            if now >= due_s:
                due_s = now + EVERY_S
                self.tell()
            if self.samples is not None and self._on_s is not None:
                for frame in self.samples.due(now - self._on_s):
                    if not self._holds:
                        self.say(frame.encode())

    def _obey(self) -> None:
        try:
            heard = os.read(self.master, 4096)
        except BlockingIOError:
            return
        for frame in self._decoder.feed(heard):
            if isinstance(frame, Frame) and frame.type == Type.COMMAND and frame.payload:
                self._answer(frame)

    def _answer(self, frame: Frame) -> None:
        command, answer = frame.payload[0], b""
        self.commands.append(command)
        if command == Command.START and self._on_s is None:
            self._on_s = time.monotonic()
        elif command == Command.STOP:
            self._on_s = None
        elif command == Command.GET_STATS:
            answer = self.telemetry if isinstance(self.telemetry, bytes) else cbor2.dumps(self.telemetry)
        self.say(Frame(Type.REPLY, 0, frame.sequence, 0, bytes([command, Status.OK]) + answer).encode())
        if command == Command.GET_INFO:
            self.tell()
