"""Whatever sequence of commands a host sends, and whatever lies in the store: the firmware's memory stays its own.

The applications' firmware for the host board, under AddressSanitizer and UndefinedBehaviorSanitizer. By the hour:
python -m tests.service.sequences APP --seconds 3600
"""

import random
import shutil
import struct

import numpy as np
import pytest

from ml.link.messages import Command, Learn, Status, Type
from ml.link.numbers import ARGUMENTS, LEARN_ARGUMENTS
from ml.link.payloads import parse_info, parse_reply
from ml.native.anomaly import Baseline
from tests.service.sanitized import APPS, Firmware, sanitized
from tests.service.sequences import (
    FEATURES,
    Maker,
    attempt,
    command,
    described,
    introduced,
    recording,
    scores_stream,
    shortest,
)

pytestmark = pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc here")
SEQUENCES = 8  # of some 150 commands, for each application
LEARNER = "vibration_anomaly"
OFFSET_OF_FEATURES = 8  # in an anomaly_baseline


@pytest.mark.parametrize("app", APPS)
def test_no_sequence_of_commands_harms_the_firmware(app):
    info = introduced(app)
    for seed in range(SEQUENCES):
        sequence = Maker(info, random.Random(seed)).sequence()
        if wrong := attempt(app, sequence):
            pytest.fail(f"seed {seed}: {wrong}\n" + "\n".join(described(shortest(app, sequence))))


@pytest.mark.parametrize("app", ["keyword_spotting", LEARNER])
def test_arguments_have_the_length_that_the_table_says(app):
    sequence = []
    for number in Command:
        size = ARGUMENTS[number].size
        sizes = {0, 1, size - 1, size, size + 1, size + 5, 767} - ({0, -1} if number == Command.RESET_BOARD else {-1})
        sequence += [command(number, bytes(size)) for size in sorted(sizes)]
    for operation, layout in LEARN_ARGUMENTS.items():
        lengths = {0, layout.size, layout.size + 1, 766}
        sequence += [learn(operation, bytes(size)) for size in sorted(lengths)]
    assert attempt(app, sequence) == ""


@pytest.fixture
def board(tmp_path):
    """Starts an application; what it keeps lies in the folder."""

    def start(app: str = LEARNER) -> Firmware:
        return Firmware(sanitized(app), tmp_path)

    return start


def ask(firmware: Firmware, *lines: bytes) -> list:
    frames = firmware.exchange(b"".join(lines), len(lines))
    return [parse_reply(frame.payload) for frame in frames if frame.type == Type.REPLY]


def learn(operation: Learn, args: bytes = b"") -> bytes:
    return command(Command.LEARN, bytes([operation]) + args)


@pytest.mark.parametrize("features", [17, 1000, 2**32 - 1])
def test_a_baseline_written_while_the_board_learns_is_refused_and_learning_goes_on(board, features):
    with board() as firmware:
        info = parse_info(firmware.until(Type.INFO).payload)
        forged = struct.pack("<II", OFFSET_OF_FEATURES, features)
        begun, written = ask(firmware, learn(Learn.BEGIN, struct.pack("<I", 600)), learn(Learn.WRITE, forged))
        assert (begun.status, written.status) == (Status.OK, Status.NOT_NOW)
        injected = ask(firmware, *recording(info))
        (status,) = ask(firmware, learn(Learn.STATUS))
        windows = sum(struct.unpack("<H", one.data)[0] for one in injected[1:])
        learnt, wanted, _ = struct.unpack("<III", status.data)
        assert wanted == 600
        assert 0 < learnt < windows  # those of a steady machine


def baseline(model: str) -> bytes:
    windows = np.random.default_rng(3).integers(-90, 90, (32, FEATURES)).astype(np.int8)
    return bytes(Baseline.of(windows, model))


def written(kept: bytes) -> list[bytes]:
    """The commands that write it."""
    return [learn(Learn.WRITE, struct.pack("<I", at) + kept[at : at + 300]) for at in range(0, len(kept), 300)]


def damaged(kept: bytes) -> dict[str, bytes]:
    features = bytearray(kept)
    features[OFFSET_OF_FEATURES] = 200
    return {
        "nothing": b"",
        "cut": kept[:-1],
        "longer": kept + b"\0",
        "a bit": kept[:40] + bytes([kept[40] ^ 1]) + kept[41:],
        "features": bytes(features),
        "another model": baseline("0123456789abcdef"),
        "zeros": bytes(len(kept)),
        "erased flash": b"\xff" * len(kept),
    }


def test_a_store_with_damage_in_it_is_as_one_with_nothing(board, tmp_path):
    with board() as firmware:
        kept = baseline(parse_info(firmware.until(Type.INFO).payload).model.hash)
    for name, content in {"what was kept": kept, **damaged(kept)}.items():
        (tmp_path / "firmware.baseline").write_bytes(content)
        with board() as firmware:
            status, keep = ask(firmware, learn(Learn.STATUS), learn(Learn.KEEP))
            restored = name == "what was kept"
            assert struct.unpack("<III", status.data)[:2] == (32 if restored else 0, 0), name
            assert keep.status == (Status.OK if restored else Status.NOT_NOW), name


def test_what_was_written_is_not_kept_before_it_was_used(board):
    with board() as firmware:
        kept = baseline(parse_info(firmware.until(Type.INFO).payload).model.hash)
        parts = written(kept)
        told = [one.status for one in ask(firmware, *parts, learn(Learn.USE), learn(Learn.KEEP), parts[0])]
        assert set(told) == {Status.OK}
        assert [one.status for one in ask(firmware, learn(Learn.KEEP))] == [Status.NOT_NOW]
        assert [one.status for one in ask(firmware, learn(Learn.USE), learn(Learn.KEEP))] == [Status.OK] * 2


def test_a_baseline_that_is_refused_leaves_in_use_what_was(board):
    with board() as firmware:
        info = parse_info(firmware.until(Type.INFO).payload)
        ask(firmware, command(Command.START, bytes([scores_stream(info)])))
        without = scores(firmware, info, recording(info))
        assert {one.status for one in ask(firmware, *written(baseline(info.model.hash)), learn(Learn.USE))} == {
            Status.OK
        }
        learnt = scores(firmware, info, recording(info))
        *_, refused = ask(firmware, *written(bytes(len(baseline("")))), learn(Learn.USE))
        assert refused.status == Status.BAD_ARGUMENT
        assert scores(firmware, info, recording(info)) == learnt != without


def test_a_baseline_is_not_used_while_the_board_learns(board):
    with board() as firmware:
        told = ask(firmware, learn(Learn.BEGIN, struct.pack("<I", 600)), learn(Learn.USE), learn(Learn.STATUS))
        assert told[1].status == Status.NOT_NOW
        assert struct.unpack("<III", told[2].data)[1] == 600


@pytest.mark.parametrize(
    ("app", "rate_mhz", "status"),
    [
        ("keyword_spotting", 16_000_000, Status.OK),
        ("keyword_spotting", 8_000_000, Status.BAD_ARGUMENT),
        ("vibration_anomaly", 50_000, Status.OK),
        ("vibration_anomaly", 100_000, Status.OK),
        ("vibration_anomaly", 49_999, Status.BAD_ARGUMENT),
        ("gesture_recognition", 100_000, Status.OK),
        ("fall_detection", 999, Status.BAD_ARGUMENT),
    ],
)
def test_samples_at_a_rate_that_the_front_end_does_not_take_are_refused(board, app, rate_mhz, status):
    with board(app) as firmware:
        assert ask(firmware, command(Command.INJECT_BEGIN, struct.pack("<I", rate_mhz)))[0].status == status


def test_a_self_test_leaves_nothing_behind_in_a_model_with_a_state(board):
    with board("keyword_spotting") as firmware:
        info = parse_info(firmware.until(Type.INFO).payload)
        start, *sound = recording(info)
        ask(firmware, command(Command.START, bytes([scores_stream(info)])), start)
        heard = [scores(firmware, info, sound)]
        for between in ([start], [command(Command.SELF_TEST)]):
            ask(firmware, *sound[:45], *between)
            heard.append(scores(firmware, info, sound))
        assert len(set(heard[0])) > 2
        assert heard[0] == heard[1] == heard[2]


def scores(firmware: Firmware, info, sound: list[bytes]) -> list[bytes]:
    """Of each window."""
    frames = firmware.exchange(b"".join(sound), len(sound))
    return [frame.payload for frame in frames if (frame.type, frame.stream) == (Type.DATA, scores_stream(info))]


def test_a_layer_of_a_model_with_a_state_runs_within_an_injection_alone(board):
    layer, begin = command(Command.RUN_LAYER, bytes(2)), command(Command.INJECT_BEGIN, bytes(4))
    with board("keyword_spotting") as firmware:
        assert [one.status for one in ask(firmware, layer, begin, layer)] == [Status.NOT_NOW, Status.OK, Status.OK]
