"""The service of lib/service in this process, on a board in memory whose console, sensor and clock the test holds."""

import ctypes
import functools

import numpy as np

from ml.link.frames import Decoder, Frame
from ml.link.messages import Command, Reply, Type
from ml.link.payloads import parse_reply
from ml.native.build import load
from ml.paths import ROOT

HERE = ROOT / "tests/service"
CONSOLE, SENSOR, AXES = 65536, 4096, 6
WINDOW, HOP, CLASSES, INPUT = 8, 4, 3, 48
GUARD = 16  # bytes behind the model's arena


class Sample(ctypes.Structure):
    _fields_ = (("time_us", ctypes.c_uint32), ("axis", ctypes.c_int16 * AXES))


class Board(ctypes.Structure):
    _fields_ = (
        ("to_device", ctypes.c_uint8 * CONSOLE),
        ("from_device", ctypes.c_uint8 * CONSOLE),
        *((name, ctypes.c_size_t) for name in ("to_first", "to_end", "from_end", "room")),
        *((name, ctypes.c_uint32) for name in ("now_us", "cycles", "overruns", "work_us")),
        ("sensor", Sample * SENSOR),
        ("sensor_first", ctypes.c_size_t),
        ("sensor_end", ctypes.c_size_t),
        ("resets", ctypes.c_uint32),
        ("sound", ctypes.c_int16 * SENSOR),
        ("sound_end", ctypes.c_size_t),
        ("lose", ctypes.c_uint32),
        ("still", ctypes.c_bool),
        ("vibration", ctypes.c_int16 * 3 * SENSOR),
        ("vibration_end", ctypes.c_size_t),
        *((name, ctypes.c_uint32) for name in ("cause", "watchdog_ms", "fed", "sleep_us", "beyond")),
    )


class EarsState(ctypes.Structure):
    _fields_ = (
        ("operation", ctypes.c_uint8),
        *((name, ctypes.c_uint32) for name in ("windows", "heard", "last_us")),
        ("pcm", ctypes.c_int16 * SENSOR),
    )


@functools.cache
def library() -> ctypes.CDLL:
    """Address errors and undefined behaviour end the process: the tests then fail loudly."""
    parts = ("link", "frontend", "decide", "health", "service")
    sources = [path for part in parts for path in sorted((ROOT / "lib" / part / "src").glob("*.c"))]
    flags = ["-g", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error", "-fstack-protector-all"]
    flags += ["-DSERVICE_MAX_SENSORS=2", f"-DNN_GUARD={GUARD}"]
    sources += [ROOT / "lib/nn/src/model.c", HERE / "test_app.c"]
    return load("service", sources, flags=flags, structures={"board_imu_sample": Sample})


class MemoryDevice:
    """A freshly started device."""

    setup, loop = "setup", "loop"

    def __init__(self) -> None:
        self.c = library()
        self.board = Board.in_dll(self.c, "test_board")
        ctypes.memset(ctypes.byref(self.board), 0, ctypes.sizeof(Board))
        self.board.room = CONSOLE
        self.decoder = Decoder()
        self.sequence = 0
        getattr(self.c, self.setup)()

    def turn(self, times: int = 1, us: int = 1000) -> list[Frame]:
        """Turns of the loop, each taking so many microseconds; returns what the device sent."""
        items = []
        for _ in range(times):
            items += self.decoder.feed(self.turn_once(us))
        assert self.decoder.errors == 0
        return items

    def turn_once(self, us: int) -> bytes:
        self.board.now_us = (self.board.now_us + us) % 2**32
        getattr(self.c, self.loop)()
        sent = ctypes.string_at(ctypes.addressof(self.board.from_device), self.board.from_end)
        self.board.from_end = 0
        return sent

    def send(self, data: bytes) -> None:
        """Bytes to the device's console, which holds 64 kB."""
        self.board.to_first = 0
        self.board.to_end = len(data)
        ctypes.memmove(self.board.to_device, data, len(data))

    def command(self, command: int, args: bytes = b"", turns: int = 120) -> tuple[Reply, list[Frame]]:
        """The answer, and everything else that came with it."""
        self.sequence += 1
        self.send(Frame(Type.COMMAND, sequence=self.sequence, payload=bytes([command]) + args).encode())
        frames = self.turn(turns, us=0)
        replies = [frame for frame in frames if frame.type == Type.REPLY]
        assert [reply.sequence for reply in replies] == [self.sequence]
        reply = parse_reply(replies[0].payload)
        assert reply.command == command
        return reply, [frame for frame in frames if frame.type != Type.REPLY]

    def ask(self, command: int, args: bytes = b"") -> bytes:
        """What the device answers to a command that must succeed."""
        reply, _ = self.command(command, args)
        assert reply.status == 0, f"{Command(command).name} answered {reply.status}"
        return reply.data

    def sense(self, samples: np.ndarray, period_us: int = 1000) -> list[Frame]:
        """Plays int16 (n, 6) into the sensor, one sample a turn."""
        frames = []
        for row in samples:
            slot = self.board.sensor[0]
            slot.time_us = (self.board.now_us + period_us) % 2**32
            slot.axis[:] = row.tolist()
            self.board.sensor_first, self.board.sensor_end = 0, 1
            frames += self.turn(us=period_us)
        return frames + self.turn(us=0)  # what is reported in one turn is sent in the next


class Ears(MemoryDevice):
    """One with a microphone and an accelerometer, without a model."""

    setup, loop = "setup_ears", "loop_ears"

    def __init__(self) -> None:
        super().__init__()
        self.state = EarsState.in_dll(self.c, "test_ears")

    def hear(self, pcm: np.ndarray) -> None:
        """int16 (n,), at most 4096 samples that are now due."""
        self.board.sound_end = len(pcm)
        ctypes.memmove(self.board.sound, pcm.tobytes(), 2 * len(pcm))

    def feel(self, xyz: np.ndarray) -> None:
        """The same for the accelerometer, int16 (n, 3)."""
        self.board.vibration_end = len(xyz)
        ctypes.memmove(self.board.vibration, xyz.tobytes(), 6 * len(xyz))

    @property
    def heard(self) -> list[int]:
        return list(self.state.pcm[: self.state.heard])
