"""Plays recordings into the sensors of a virtual board (docs/sensor_bus.md).

with Player.open("gesture_recognition-virtual") as player:
    player.play({"imu": Track(samples, rate_mhz=100_000)})   # returns when the board has used every sample
"""

import contextlib
import mmap
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.errors import UserError
from ml.link.frames import crc16
from ml.link.port import Port, resolve

# name -> int16 in a sample; in the order of their numbers
SENSORS = {"imu": 6, "mic": 1, "accel": 3, "analog": 2, "power": 4, "button": 1}
POWER_RATE_MHZ = 10_000_000
BUTTON_RATE_MHZ = 100_000
SYNC, VERSION, MAX_PAYLOAD = 0xA5, 2, 512
HEADER = struct.Struct("<BBH")
PLACE = struct.Struct("<IIH")  # offset, size and CRC of a block in memory
ATTACH, DETACH, BLOCK, MEMORY, END, HELLO, REQUEST = b"ADBMEHR"
FLAG_RESTART, FLAG_MEMORY = 1, 2
HELD_PER_1000_S = 50_000  # blocks of a recording that is held back
MEMORY_BLOCK = 16384  # bytes of memory for a sensor's block; the first of these places is for the host's number
ATTACH_EVERY_S, ATTACH_TIMEOUT_S = 1.0, 10.0  # QEMU takes up to a second to see that someone opened the line
REALTIME_STEP_S = 0.01  # a block is sent when this much of it has come due


@dataclass(frozen=True)
class Track:
    """A recording for one sensor."""

    samples: np.ndarray  # int16 (n, axes) or, for the microphone, (n,), in the counts of board.h
    rate_mhz: int  # samples per 1000 seconds; must be the rate at which the application runs the sensor


def power_track(current_a: np.ndarray, bus_v: np.ndarray | float, mark: np.ndarray | bool = False) -> Track:
    """What flows through the shunt that a virtual board's INA chips watch: amperes (n,), a row every 100 us."""
    rows = np.zeros((len(current_a), SENSORS["power"]), np.int16)
    rows[:, :2] = np.rint(np.asarray(current_a) * 1e8).astype("<i4").view("<i2").reshape(-1, 2)
    rows[:, 2] = np.rint(np.asarray(bus_v) * 1000)
    rows[:, 3] = mark
    return Track(rows, POWER_RATE_MHZ)


class _Playing:
    """A track and how far the board has come."""

    def __init__(self, name: str, track: Track) -> None:
        axes = SENSORS[name]
        samples = np.asarray(track.samples)
        if samples.dtype != np.int16 or samples.reshape(len(samples), -1).shape[1] != axes:
            raise UserError(f"{name}: expected int16 samples of {axes} values, found {samples.dtype} {samples.shape}")
        self.name, self.rate_mhz = name, track.rate_mhz
        self.data = samples.astype("<i2").tobytes()
        self.size, self.total, self.next, self.lost = 2 * axes, len(samples), 0, 0
        self.started: float | None = None
        self.ended = False

    def take(self, skip: int, count: int) -> bytes:
        """The next block; b"" when there is none."""
        self.next += min(skip, self.total - self.next)
        block = self.data[self.next * self.size : (self.next + count) * self.size]
        self.next += len(block) // self.size
        return block

    def wait(self, count: int) -> int:
        """Real time: sleeps until some of `count` samples are due, and returns how many are."""
        now = time.monotonic()
        self.started = self.started if self.started is not None else now
        rate = self.rate_mhz / 1000
        step = min(count, max(1, round(rate * REALTIME_STEP_S)))
        time.sleep(max(0.0, self.started + (self.next + step) / rate - now))
        due = int((time.monotonic() - self.started) * rate) - self.next
        return min(count, max(step, due))


class _Memory:
    """The part of a virtual board's memory that its host sees too: the host's number and a block of each sensor."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self.bytes = mmap.mmap(file.fileno(), MEMORY_BLOCK * (1 + len(SENSORS)))

    def put(self, place: int, data: bytes) -> bytes:
        """Leaves data for the board, 0: the host's number, 1 + n: a block of sensor n; the result says where it is."""
        offset = MEMORY_BLOCK * place
        self.bytes[offset : offset + len(data)] = data
        return PLACE.pack(offset, len(data), crc16(data))

    @classmethod
    def beside(cls, port: str) -> "_Memory | None":
        """That of the board whose sensors are at `port`; None where there is none."""
        try:
            return cls(Path(port).with_name("memory"))
        except (OSError, ValueError):  # no such file, or one of another size
            return None


class Player:
    """The host's end of the sensor bus. One recording after the other may be played over it."""

    def __init__(self, port: Port) -> None:
        self.port = port
        self.buffer = bytearray()
        self.memory = _Memory.beside(port.name)
        self.shares = False  # the board sees that memory: blocks go through it

    @classmethod
    def open(cls, name: str, app: str | None = None) -> "Player":
        """`name` and `app` as for `ml.link.device.Device.open`: the board's console says where its sensors are."""
        sensors = Path(resolve(name, app)).with_name("sensors")
        if not sensors.exists():
            raise UserError(f"{name}: expected a running virtual board, found none; only those can be played into")
        return cls(Port(str(sensors)))

    def __enter__(self) -> "Player":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """The board lies still again."""
        with contextlib.suppress(UserError):  # it may be gone: nothing to detach from
            self._send(DETACH)
        self.port.close()
        if self.memory:
            self.memory.bytes.close()

    def play(
        self,
        tracks: dict[str, Track],
        *,
        restart: bool = False,
        realtime: bool = False,
        progress: Callable[[int, int], None] | None = None,
        silence_s: float = 60.0,
        hold: Callable[[], bool] = lambda: False,
    ) -> int:
        """Plays the tracks together and returns when the board has used all samples; the result is how many samples
        it lost because its application read them too late.

        restart: resets the board first, so that every run gives the same times and cycle counts from its first
        instruction on. realtime: at the pace of the recording, not as fast as the board can. progress: called with
        samples used and samples in all. silence_s: without a request for so long, it is an error. hold: asked before
        each block; as long as it returns True the board gets 20 ms and no more, so that a command reaches it early
        in the recording.
        """
        playing = {name: _Playing(name, track) for name, track in tracks.items() if len(track.samples)}
        total = sum(each.total for each in playing.values())
        if not playing:
            return 0
        self._attach(sum(1 << list(SENSORS).index(name) for name in playing), restart)
        while not all(each.ended for each in playing.values()):
            self._serve(playing, realtime, silence_s, hold)
            if progress is not None:
                progress(sum(each.next for each in playing.values()), total)
        return sum(each.lost for each in playing.values())

    def _serve(self, playing: dict[str, _Playing], realtime: bool, silence_s: float, hold: Callable[[], bool]) -> None:
        kind, number, payload = self._receive(silence_s) or (None, 0, b"")
        if kind is None:
            waiting = ", ".join(name for name, each in playing.items() if not each.ended)
            raise UserError(
                f"{self.port.name}: expected the application to read its {waiting}, found no request for "
                f"{silence_s:.0f} s; does it use this sensor, or has it stopped? see its console"
            )
        if kind != REQUEST or len(payload) != 14 or number >= len(SENSORS):
            return
        rate_mhz, lost, skip, count = struct.unpack("<IIIH", payload)
        track = playing.get(list(SENSORS)[number])
        if track is None or track.ended:
            return self._send(END, number)
        self._check_rate(track, rate_mhz)
        track.lost += lost
        most = min(count, (MEMORY_BLOCK if self.shares else MAX_PAYLOAD) // track.size)
        most = min(most, max(1, rate_mhz // HELD_PER_1000_S)) if hold() else most
        block = track.take(skip, track.wait(most) if realtime else most)
        track.ended = not block
        self._send_block(number, block)

    def _send_block(self, number: int, block: bytes) -> None:
        if not block:
            self._send(END, number)
        elif self.shares and self.memory is not None:
            self._send(MEMORY, number, self.memory.put(1 + number, block))
        else:
            self._send(BLOCK, number, block)

    def _check_rate(self, track: _Playing, rate_mhz: int) -> None:
        if rate_mhz != track.rate_mhz:
            raise UserError(
                f"{track.name}: expected a recording at {rate_mhz / 1000:g} Hz, the rate of this application, "
                f"found {track.rate_mhz / 1000:g} Hz; resample it first"
            )

    def _attach(self, offered: int, restart: bool) -> None:
        host = os.urandom(4)
        if self.memory:
            self.memory.put(0, host)
        for flags in (FLAG_RESTART, 0) if restart else (0,):
            version = self._greet(offered, flags, host)
            if version is None:
                raise UserError(
                    f"{self.port.name}: expected a virtual board on its sensor bus, found no answer in "
                    f"{ATTACH_TIMEOUT_S:.0f} s; has it stopped? see its console, or upload again"
                )
            if version != VERSION:
                raise UserError(
                    f"{self.port.name}: expected version {VERSION} of the sensor bus, found {version}; build the "
                    "firmware and this program from the same state of the repository"
                )

    def _greet(self, offered: int, flags: int, host: bytes) -> int | None:
        """The version with which the board answered."""
        payload = bytes([VERSION, flags | (FLAG_MEMORY if self.memory else 0)]) + host
        deadline = time.monotonic() + ATTACH_TIMEOUT_S
        while time.monotonic() < deadline:
            self._send(ATTACH, offered, payload)
            patience = time.monotonic() + ATTACH_EVERY_S
            while time.monotonic() < patience:
                frame = self._receive(patience - time.monotonic())
                if frame and frame[0] == HELLO and len(frame[2]) == 2 and frame[2][1] & FLAG_RESTART == flags:
                    self.shares = bool(frame[2][1] & FLAG_MEMORY)
                    return frame[2][0]
        return None

    def _send(self, kind: int, sensor: int = 0, payload: bytes = b"") -> None:
        body = HEADER.pack(kind, sensor, len(payload)) + payload
        self.port.write(bytes([SYNC]) + body + struct.pack("<H", crc16(body)))

    def _receive(self, timeout_s: float) -> tuple[int, int, bytes] | None:
        """The next frame: kind, sensor, payload."""
        deadline = time.monotonic() + timeout_s
        while (frame := self._next_frame()) is None:
            if time.monotonic() >= deadline:
                return None
            self.buffer += self.port.read()
        return frame

    def _next_frame(self) -> tuple[int, int, bytes] | None:
        while (start := self.buffer.find(SYNC)) >= 0:
            del self.buffer[:start]
            body = self.buffer[1:]
            if len(body) < HEADER.size:
                return None
            kind, sensor, size = HEADER.unpack_from(body)
            end = HEADER.size + size
            if size <= MAX_PAYLOAD and len(body) < end + 2:
                return None
            if size <= MAX_PAYLOAD and struct.pack("<H", crc16(bytes(body[:end]))) == body[end : end + 2]:
                del self.buffer[: 1 + end + 2]
                return kind, sensor, bytes(body[HEADER.size : end])
            del self.buffer[0]
        self.buffer.clear()
        return None
