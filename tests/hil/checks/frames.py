"""No bytes from the host stop a board: it counts what was damaged, refuses what makes no sense, and goes on.

How many frames and errors it must count is what the Python side of the link makes of the same bytes.
"""

import contextlib
from collections.abc import Iterator

import numpy as np

from ml.link.device import Device
from ml.link.frames import MAX_CHUNK, Decoder, Frame
from ml.link.messages import Command, Event, Type
from tests.hil.checks.waiting import described, forget_what_came, works
from tests.hil.truths import Truth

# What a random command must not do: restart or break the board, write its flash, forget what this test counts.
SPARED = (Command.RESET_BOARD, Command.PROVOKE, Command.LEARN, Command.RESET_STATS)
COMMANDS = [number for number in range(0x28) if number not in SPARED]
OTHER_TYPES = (Type.INFO, Type.DATA, Type.EVENT, Type.TELEMETRY, Type.REPLY, 0x11, 0x1F)
A_LOT = 3000  # bytes of a chunk: more than any receiver keeps


class Recorder:
    """A port that keeps what is written."""

    def __init__(self, port) -> None:
        self.port, self.decoder = port, Decoder()

    def __getattr__(self, name: str):
        return getattr(self.port, name)

    def write(self, data: bytes) -> None:
        for _ in self.decoder.feed(data):
            pass
        self.port.write(data)


@contextlib.contextmanager
def recorded(device: Device) -> Iterator[Decoder]:
    """What the board has been sent since its counters began."""
    device.port.write(b"\0")  # whatever stood there before ends
    device.command(Command.RESET_STATS)
    device.port = Recorder(device.port)
    try:
        yield device.port.decoder
    finally:
        device.port = device.port.port


def damaged(chance: np.random.Generator) -> bytes:
    """Bytes that are no frame: noise, half a frame, a frame with a wrong byte or a zero in it, one that never ends."""
    frame = bytearray(Frame(Type.COMMAND, payload=bytes([Command.PING]) + chance.bytes(20)).encode())
    place = int(chance.integers(2, len(frame) - 2))
    match int(chance.integers(5)):
        case 0:
            return chance.bytes(int(chance.integers(60)))
        case 1:
            return bytes(frame[:place])
        case 2:
            frame[place] ^= int(chance.integers(1, 256))
            return bytes(frame)
        case 3:
            return bytes(frame[:place]) + b"\0" + bytes(frame[place:])
        case _:
            noise = chance.integers(1, 256, A_LOT if chance.random() < 0.1 else 50)
            return b"\0" + noise.astype(np.uint8).tobytes() + b"\0"


def senseless(chance: np.random.Generator) -> bytes:
    """Whole frames with random commands, arguments and types."""
    arguments = chance.bytes(int(chance.choice([0, 1, 2, 4, 7, 8, 60])))
    kind = Type.COMMAND if chance.random() < 0.8 else int(chance.choice(OTHER_TYPES))
    payload = bytes([int(chance.choice(COMMANDS))]) + arguments if chance.random() < 0.95 else b""
    return Frame(kind, int(chance.integers(256)), int(chance.integers(2**16)), payload=payload).encode()


def hostile_frames_do_no_harm(device: Device, seed: int = 7, rounds: int = 40) -> None:
    """Noise, damage and senseless commands, with a command that must be answered after every few."""
    chance = np.random.default_rng(seed)
    kinds = (damaged, senseless)
    with recorded(device) as sent:
        for _ in range(rounds):
            made = b"".join(kinds[int(chance.integers(2))](chance) for _ in range(8))
            device.port.write(made + b"\0")
            device.ping()
        _was_counted(device, sent)
    _is_unharmed(device)


def hostile_frames_during_injection_do_no_harm(device: Device, truth: Truth, seed: int = 11) -> None:
    """Damage between the samples of a stream: the events are Python's all the same."""
    chance = np.random.default_rng(seed)
    forget_what_came(device)
    with recorded(device) as sent:
        for _ in device.injecting(truth.stream.samples, truth.stream.rate_mhz):
            if chance.random() < 0.5:
                device.port.write(damaged(chance) + b"\0")
        _was_counted(device, sent)
    device.end_injection()
    found = [a.message for a in device.arrivals(0) if isinstance(a.message, Event)]
    made = [(truth.labels[one.class_id], int(truth.scored.sample[one.window]), one.score) for one in found]
    assert made == [(one.label, one.sample, one.score) for one in truth.detections()]
    _is_unharmed(device)


def _was_counted(device: Device, sent: Decoder) -> None:
    statistics = device.statistics()
    assert sent.errors > 0
    found, expected = (statistics.frames, statistics.errors), (sent.frames, sent.errors)
    assert found == expected, f"expected {expected} frames and errors counted, found {found}"


def _is_unharmed(device: Device) -> None:
    """It did not restart, says nothing of a fault, and its own bytes came whole."""
    before = device.session.restarts
    lines = [a.message for a in device.arrivals(0) if isinstance(a.message, str)]
    described(device)
    assert (before, device.session.restarts, device.session.damaged, lines) == (0, 0, 0, [])
    with contextlib.suppress(Exception):
        device.command(Command.INJECT_END)  # a random command may have begun one
    works(device)


assert A_LOT > MAX_CHUNK
