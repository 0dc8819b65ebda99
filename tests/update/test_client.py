"""Whatever a board answers to an update, it is one line and no end of memory or time."""

from random import Random

import cbor2
import pytest

from ml.errors import UserError
from ml.link import blocks, update
from ml.link.device import Device
from ml.link.frames import Decoder, Frame
from ml.link.messages import Command, GivenUp, Refusal, Status, Type
from ml.link.payloads import parse_info
from ml.link.refusals import GIVEN_UP, WORDS, refused
from ml.link.update import Updater
from tests.link.test_messages import INFO
from tests.update.test_update_manifest import update as an_update


class Liar:
    """A port whose board answers each command at once, with whatever `chance` draws."""

    name = "liar"

    def __init__(self, chance: Random) -> None:
        self.chance, self._decoder, self._said = chance, Decoder(), b""

    def write(self, data: bytes) -> None:
        for frame in self._decoder.feed(data):
            assert isinstance(frame, Frame)
            self._said += Frame(Type.REPLY, 0, frame.sequence, 0, self._reply(frame.payload[0])).encode()

    def read(self) -> bytes:
        said, self._said = self._said, b""
        return said

    def _reply(self, command: int) -> bytes:
        chance = self.chance
        right = {
            Command.UPDATE_STATUS: 28,
            Command.UPDATE_BEGIN: 8,
            Command.UPDATE_BLOCK: 4,
            Command.UPDATE_MISSING: 32,
        }
        status = chance.choice([*[Status.OK] * 12, *Status, 77])
        size = 9 if status == Status.REFUSED else right.get(Command(command), 0)
        if chance.random() < 0.05:
            size = chance.randrange(70)
        answer = bytearray(chance.choice((chance.randbytes(size), bytes(size), b"\xff" * size)))
        if command == Command.UPDATE_BEGIN and chance.random() < 0.8:
            answer[:8] = (5).to_bytes(4, "little") + chance.randrange(6).to_bytes(4, "little")
        if command == Command.UPDATE_STATUS and size >= 12 and chance.random() < 0.8:
            answer[0], answer[8:12] = chance.randrange(5), (3).to_bytes(4, "little")
        return bytes([command, status]) + answer


def test_whatever_a_board_answers_it_is_one_line(monkeypatch):
    for module, name, value in (
        (update, "ASK_EVERY_S", 0.0),
        (update, "STALLED_S", 0.02),
        (update, "ANSWER_S", 0.01),
        (update, "SLOW_S", 0.01),
        (blocks, "PATIENCE_S", 0.02),
        (blocks, "LEAST_WAIT_S", 0.005),
    ):
        monkeypatch.setattr(module, name, value)
    ends, given = set(), an_update(bytes(range(200)))
    for seed in range(400):
        device = Device(Liar(Random(seed)))  # type: ignore[arg-type]
        device.session.info = parse_info(cbor2.dumps(INFO))
        try:
            for step in Updater(device, 40).install(given):
                ends.add(step.stage)
        except UserError as error:
            assert len(str(error).splitlines()) == 1
            ends.add(str(error).partition("expected")[2][:20])
    assert len(ends) > 12 and {"send", "check", "try"} <= ends


def test_every_reason_of_the_link_has_its_words():
    assert set(WORDS) == set(Refusal) and set(GIVEN_UP) == set(GivenUp)
    for reason in Refusal:
        told = str(refused("port", "UPDATE_BEGIN", bytes([reason, 7, 0, 0, 0, 5, 0, 0, 0])))
        assert told.startswith("port: expected ") and ", found " in told and ";" in told and "{" not in told


@pytest.mark.parametrize("told", [b"", b"\x01", bytes(10), b"\xff" * 9, bytes(9)])
def test_a_refusal_without_a_known_reason_is_a_line(told):
    assert "expected UPDATE_BEGIN to succeed, found" in str(refused("port", "UPDATE_BEGIN", told))
