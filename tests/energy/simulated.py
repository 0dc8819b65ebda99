"""Meters on a pseudo-terminal: each answers its protocol and sends what a device with a known current would draw. And
a board that tells over its link when it was busy.
"""

import contextlib
import os
import select
import threading
import tty
from collections.abc import Iterator

import cbor2
import numpy as np

from ml.link.frames import Decoder, Frame
from ml.link.messages import Command, Type

ASLEEP_A, AWAKE_A = 20e-6, 4e-3
PERIOD, AWAKE = 0.1, 0.02  # seconds: of which so many awake
CALIBRATION = {"R": (1000.0, 100.0, 10.0, 1.0, 0.05), "GS": 0.0, "GI": 1.0, "O": 0.0, "S": 0.0, "I": 0.0, "UG": 1.0}


class Simulated:
    """Subclasses say what to answer and what to send."""

    schedule: np.ndarray | None = None  # (n, 2): when the device is awake, in seconds; None: once in a period

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self.running = self.streaming = False
        self.sent = 0  # samples
        self.received = b""

    @contextlib.contextmanager
    def serve(self) -> Iterator["Simulated"]:
        self.running = True
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.running = False
            thread.join()
            os.close(self.master)
            os.close(self.slave)

    def _run(self) -> None:
        os.set_blocking(self.master, False)
        while self.running:
            readable, _, _ = select.select([self.master], [], [], 0 if self.streaming else 0.02)
            if readable:
                self.received += os.read(self.master, 4096)
                self.answer()
            if self.streaming:
                self.write(self.block())

    def write(self, data: bytes) -> None:
        """As fast as it is read; a reader that has left ends it."""
        while data and self.running:
            _, writable, _ = select.select([], [self.master], [], 0.05)
            if writable:
                data = data[os.write(self.master, data) :]
            elif select.select([self.master], [], [], 0)[0]:
                return  # a command came while nobody reads: what is left would be thrown away

    def awake(self, count: int, rate_hz: float) -> np.ndarray:
        """bool (count,) of the next samples."""
        at = (self.sent + np.arange(count)) / rate_hz
        self.sent += count
        if self.schedule is not None:
            return np.searchsorted(self.schedule.ravel(), at, "right") % 2 == 1
        return (at % PERIOD >= PERIOD / 2) & (at % PERIOD < PERIOD / 2 + AWAKE)


class Ppk2(Simulated):
    """The Power Profiler Kit II; `lose` is the number of the words that never arrive."""

    RATE = 100_000

    def __init__(self, lose: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.lose = set(lose)
        self.commands: list[bytes] = []

    def answer(self) -> None:
        lengths = {0x0D: 3, 0x11: 2, 0x0C: 2}
        while self.received and len(self.received) >= (size := lengths.get(self.received[0], 1)):
            command, self.received = self.received[:size], self.received[size:]
            self.commands.append(command)
            self.streaming = {0x06: True, 0x07: False}.get(command[0], self.streaming)
            if command[0] == 0x19:
                self.write(self.metadata())

    def metadata(self) -> bytes:
        lines = ["Calibrated: 1"]
        for name, values in CALIBRATION.items():
            lines += [f"{name}{number}: {value}" for number, value in enumerate(np.broadcast_to(values, 5))]
        return ("\n".join([*lines, "HW: 36685", "END"]) + "\n").encode()

    def block(self) -> bytes:
        first = self.sent
        awake = self.awake(500, self.RATE)
        resistor = np.where(awake, CALIBRATION["R"][2], CALIBRATION["R"][0])
        adc = np.rint(np.where(awake, AWAKE_A, ASLEEP_A) * resistor * 163840 / 1.8 / 4).astype(int)
        number = first + np.arange(500)
        words = adc | np.where(awake, 2, 0) << 14 | number % 64 << 18 | awake.astype(int) << 24
        return words[~np.isin(number, list(self.lose))].astype("<u4").tobytes()


class Lpm01a(Simulated):
    """The PowerShield, in its decimal format."""

    def __init__(self, refuse: str = "", lose: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.refuse, self.lose = refuse, set(lose)
        self.rate = 100
        self.commands: list[str] = []

    def answer(self) -> None:
        *lines, self.received = self.received.split(b"\n")
        for line in lines:
            command = line.decode()
            self.commands.append(command)
            if command.startswith("freq "):
                self.rate = int(command.split()[1])
            self.streaming = {"start": True, "stop": False}.get(command, self.streaming)
            known = not self.refuse or not command.startswith(self.refuse)
            self.write(f"PowerShield > {'ack' if known else 'error'} {command}\r\n".encode())
            if command == "stop":
                self.write(b"PowerShield > Acquisition completed\r\n")

    def block(self) -> bytes:
        first = self.sent
        lines = []
        for number, awake in enumerate(self.awake(250, self.rate), first):
            if number % 1000 == 0:
                at = number * 1000 // self.rate
                lines.append(f"TimeStamp: {at // 1000:03d}s {at % 1000:03d}ms, buff 00%")
            if number not in self.lose:
                lines.append("4000-06" if awake else "0200-07")
        return "".join(f"{line}\r\n" for line in lines).encode()


INFO = {
    "version": 1, "app": "gesture_recognition", "board": "nano33ble", "build": "", "uptime_us": 1_000_000,
    "cycles_hz": 64_000_000, "stack": 0, "max_payload": 768,
}  # fmt: skip
TIMING = {
    "id": 2, "name": "timing", "rate_mhz": 2000, "on": 0, "lost": 0, "dropped": 0, "format": "uint32",
    "channels": [[["window", "awake"], "", 1], [["frontend", "inference", "decide"], "cycles", 1],
                 [["latency", "slept"], "us", 1]],
}  # fmt: skip
COUNTERS = ("uptime_us", "windows", "events", "missed", "overruns", "dropped", "frames", "errors", "stack", "asleep")
DECIDE_S = 50e-6


class Board(Simulated):
    """A board at its link, busy as `schedule` says in seconds of its own clock; `timing`: it has the stream."""

    def __init__(self, schedule: np.ndarray, timing: bool = True, lose: tuple[int, ...] = (), **info: object) -> None:
        super().__init__()
        self.schedule, self.timing, self.lose, self.more = schedule, timing, set(lose), info
        self.decoder, self.asked = Decoder(), 0

    def answer(self) -> None:
        for frame in self.decoder.feed(self.received):
            if isinstance(frame, Frame) and frame.type == Type.COMMAND:
                command = frame.payload[0]
                answer = cbor2.dumps(self.statistics()) if command == Command.GET_STATS else b""
                if command == Command.GET_INFO:
                    self.write(self.frame(Type.INFO, cbor2.dumps(self.info())))
                self.write(Frame(Type.REPLY, sequence=frame.sequence, payload=bytes([command, 0]) + answer).encode())
                if command == Command.START:
                    self.write(b"".join(self.rows()))
        self.received = b""

    def info(self) -> dict:
        return INFO | {"streams": [TIMING] if self.timing else []} | self.more

    def statistics(self) -> dict:
        """All windows are made between the first question and the second."""
        self.asked += 1
        made = 0 if self.asked == 1 else len(self.schedule)
        none = {"frontend": [0, 0, 0], "inference": [0, 0, 0], "decide": [0, 0, 0], "saturated": [], "scores": []}
        return dict.fromkeys(COUNTERS, 0) | none | {"windows": 3 * made, "asleep": 2 * made}

    @staticmethod
    def frame(kind: Type, payload: bytes) -> bytes:
        return Frame(kind, payload=payload).encode()

    def rows(self) -> Iterator[bytes]:
        """A frame for each window in which it was busy; the network ends DECIDE_S before the row."""
        for number, (start, end) in enumerate(self.schedule.tolist()):
            cycles = [round(seconds * INFO["cycles_hz"]) for seconds in (0, end - start - DECIDE_S, DECIDE_S)]
            row = np.array([number + 1, 1, *cycles, round((end - start) * 1e6), 0], "<u4").tobytes()
            if number not in self.lose:
                yield Frame(Type.DATA, TIMING["id"], number, round(start * 1e6) % 2**32, row).encode()
