"""Sound in big rows, several sensors at once, and a baseline that the device learns: an application without a model."""

import struct

import numpy as np
import pytest
from memory_device import Ears

from ml.link.messages import Command, Learn, Status, Type
from ml.link.payloads import parse_info

BASELINE = 1000  # bytes
PCM = np.random.default_rng(5).integers(-32768, 32767, 400).astype(np.int16)


@pytest.fixture
def ears():
    return Ears()


def data(frames: list, stream: int) -> np.ndarray:
    payload = b"".join(frame.payload for frame in frames if (frame.type, frame.stream) == (Type.DATA, stream))
    return np.frombuffer(payload, "<i2")


def test_each_sensor_is_a_stream_of_its_own(ears):
    info = parse_info(next(frame for frame in ears.turn() if frame.type == Type.INFO).payload)
    assert [(one.id, one.name, one.rate_mhz, len(one.channels)) for one in info.streams] == [
        (0, "mic", 16_000_000, 1),
        (1, "accel", 100_000, 3),
    ]
    assert info.model is None


def test_several_sensors_are_heard_at_once(ears):
    ears.ask(Command.START, bytes([0xFF]))
    xyz = np.arange(60, dtype=np.int16).reshape(-1, 3)
    ears.hear(PCM)
    ears.feel(xyz)
    frames = ears.turn(120)
    assert data(frames, 0).tolist() == PCM.tolist()
    assert data(frames, 1).reshape(-1, 3).tolist() == xyz.tolist()


def test_the_rows_of_a_frame_are_timed_by_its_first(ears):
    ears.ask(Command.START, bytes([0]))
    ears.turn(50)
    ears.hear(PCM[:300])
    frames = [frame for frame in ears.turn(120) if frame.type == Type.DATA]
    steps = np.diff([frame.time_us for frame in frames])
    assert len(frames) > 3
    assert np.all(np.abs(steps - 6000) <= 1)  # 96 samples a frame


def test_injected_sound_comes_in_rows_as_large_as_the_application_takes(ears):
    ears.ask(Command.INJECT_BEGIN, bytes(4))
    ears.hear(PCM[:50])  # the sensor runs on, unheard
    used = ears.ask(Command.INJECT, PCM[:383].tobytes())
    assert struct.unpack("<H", used) == (0,)
    assert ears.heard == PCM[:383].tolist()
    assert ears.command(Command.INJECT, b"\1")[0].status == Status.BAD_ARGUMENT


def test_an_injected_frame_takes_few_turns(ears):
    ears.ask(Command.INJECT_BEGIN, bytes(4))
    reply, _ = ears.command(Command.INJECT, PCM[:383].tobytes(), turns=10)  # 4 to arrive, 4 to be taken
    assert reply.status == Status.OK


def learn(ears: Ears, operation: Learn, args: bytes = b""):
    return ears.command(Command.LEARN, bytes([operation]) + args)[0]


def test_learning_begins_ends_and_tells_how_far_it_is(ears):
    assert learn(ears, Learn.BEGIN, struct.pack("<I", 70_000)).status == Status.OK
    assert (ears.state.operation, ears.state.windows) == (Learn.BEGIN, 70_000)
    assert struct.unpack("<III", learn(ears, Learn.STATUS).data) == (0, 70_000, BASELINE)
    assert learn(ears, Learn.STOP).status == Status.OK
    assert ears.state.operation == Learn.STOP


def test_a_baseline_is_carried_from_device_to_device(ears):
    kept = bytes([1]) + bytes(range(256)) * 3 + bytes(BASELINE - 769)
    for at in range(0, BASELINE, 700):
        assert learn(ears, Learn.WRITE, struct.pack("<I", at) + kept[at : at + 700]).status == Status.OK
    assert learn(ears, Learn.USE).status == Status.OK
    parts = [learn(ears, Learn.READ, struct.pack("<IH", at, min(700, BASELINE - at))) for at in range(0, BASELINE, 700)]
    assert b"".join(part.data for part in parts) == kept


def test_a_baseline_is_not_overwritten_while_the_device_learns(ears):
    learn(ears, Learn.BEGIN, struct.pack("<I", 9))
    assert learn(ears, Learn.WRITE, bytes(4) + b"forged").status == Status.NOT_NOW
    assert learn(ears, Learn.READ, struct.pack("<IH", 0, 6)).data == bytes(6)


def test_a_baseline_without_sense_is_not_used(ears):
    assert learn(ears, Learn.USE).status == Status.BAD_ARGUMENT
    assert learn(ears, Learn.KEEP).status == Status.UNSUPPORTED


@pytest.mark.parametrize(
    ("operation", "args"),
    [
        (Learn.BEGIN, b""),
        (Learn.BEGIN, bytes(4)),
        (Learn.STOP, b"x"),
        (Learn.READ, struct.pack("<IH", BASELINE, 1)),
        (Learn.READ, struct.pack("<IH", 2**32 - 1, 2)),
        (Learn.READ, struct.pack("<IH", 0, 767)),
        (Learn.WRITE, b"\0\0\0"),
        (Learn.WRITE, struct.pack("<I", BASELINE) + b"x"),
        (Learn.WRITE, struct.pack("<I", 2**32 - 1) + b"xx"),
        (8, b""),
        (255, b""),
    ],
)
def test_learning_refuses_what_is_out_of_bounds(ears, operation, args):
    assert learn(ears, operation, args).status == Status.BAD_ARGUMENT


def test_a_device_that_cannot_learn_says_so():
    from memory_device import MemoryDevice  # noqa: PLC0415 - one board in memory, of the application made last

    assert MemoryDevice().command(Command.LEARN, bytes([Learn.STATUS]))[0].status == Status.UNSUPPORTED
