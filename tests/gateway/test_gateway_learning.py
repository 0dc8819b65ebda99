"""Nodes of a gateway learn together: it gets the sum, makes a signed update of it, and a restart costs the round."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ml.errors import UserError
from ml.fleet.group import Sum
from ml.fleet.image import base_of
from ml.fleet.means import class_sums
from ml.fleet.settings import Settings
from ml.gateway.lessons import GIVEN_UP, SUMMED, Lessons
from ml.link.frames import Frame
from ml.link.messages import Command, Type
from ml.update import keys as store
from ml.update.keys import Keys, Pair
from ml.update.numbers import Kind
from ml.update.package import read
from tests.fleet.session_c import Board
from tests.gateway.running import Running, until
from tests.link.pretender import INFO, Pretender
from tools.gateway import gateway as tool
from tools.simulated.sink import Sink

APP, CLASSES, FEATURES = "gesture_recognition", 11, 60


class Learns(Pretender):
    """A line to lib/fleet's session."""

    def __init__(self, board: Board) -> None:
        super().__init__(INFO | {"app": APP})
        self.board = board

    def _answer(self, frame: Frame) -> None:
        if frame.payload[0] != Command.FLEET:
            return super()._answer(frame)
        status, answer = self.board.run(frame.payload[1:])
        return self.say(Frame(Type.REPLY, 0, frame.sequence, 0, bytes([Command.FLEET, status]) + answer).encode())


@pytest.fixture
def boards(tmp_path) -> list[Board]:
    """Each has five examples of every class."""
    rng, hash_ = np.random.default_rng(3), base_of(APP, None).learner().hash
    centres = rng.integers(-100, 60, (CLASSES, FEATURES))
    made = []
    for at in range(4):
        examples = (np.repeat(centres, 5, axis=0) + rng.integers(-9, 9, (5 * CLASSES, FEATURES))).astype(np.int8)
        values = class_sums(examples, np.repeat(np.arange(CLASSES), 5), CLASSES).ravel()
        made.append(Board(tmp_path, f"b{at}", values))
        made[-1].runs(hash_)
        assert made[-1].run(bytes([1]) + bytes([at + 1]) * 32)[0] == 0  # its seed
    return made


def learn(*words: object) -> None:
    """`python tools/gateway.py learn ...`."""
    done = CliRunner().invoke(tool, ["learn", *map(str, words)])
    assert done.exit_code == 0, done.output + repr(done.exception)


@contextlib.contextmanager
def gateway(folder: Path, boards: list[Board]) -> Iterator[Running]:
    sink = Sink()
    with contextlib.ExitStack() as stack:
        stack.callback(sink.close)
        lines = [stack.enter_context(Learns(board)) for board in boards]
        text = "".join(f'[[board]]\nname = "b{at}"\nport = "{line.port}"\n' for at, line in enumerate(lines))
        text += f'[http]\nurl = "{sink.url}"\n[[group]]\nname = "all"\nnodes = ["b*"]\n'
        running = stack.enter_context(Running(folder, text))
        until(lambda: all(node.seen_s for node in running.gateway.intake.nodes.values()), "all boards to be heard")
        yield running


def test_nodes_learn_and_the_sum_becomes_a_signed_update_that_nobody_alone_has_made(tmp_path, boards, monkeypatch):
    monkeypatch.setenv("THIMBLE_KEYS", str(tmp_path / "keys"))
    keys = Keys("rings", (Pair.new(),))
    store.write(keys, new=True)
    boards[3].runs(b"another.")
    with gateway(tmp_path, boards) as running:
        learn("start", "--config", running.path, "--group", "all", APP)
        lessons = Lessons(running.gateway.config.store)
        until(lambda: lessons.all()[0].state in (SUMMED, GIVEN_UP), "a round")
        lesson, sums = lessons.sums(1)
        lessons.close()
        assert "3 of 3 members" in lesson.why and "did not join" in lesson.why
        plain = np.sum([np.array(board.values[: CLASSES * (FEATURES + 1)]) for board in boards[:3]], axis=0)
        assert len(sums) == 1 and np.array_equal(sums[0].total, plain)
        out = tmp_path / "new"
        learn("finish", "--config", running.path, APP, 1, "--out", out, "--sign", "rings", "--counter", 3)
    keys.verify(update := read(out / f"{APP}.tmu"))
    assert update.manifest.kind == Kind.ARRAYS and update.sent < 1200
    learnt = base_of(APP, out).learner()
    means = plain.reshape(CLASSES, -1)[:, :-1] / 15
    assert np.array_equal(learnt.shipped().logits(means).argmax(axis=1), np.arange(CLASSES))


def test_a_round_that_ran_when_the_gateway_ended_is_given_up_and_its_number_never_comes_again(tmp_path):
    path, asked = tmp_path / "store.db", (b"8 bytes.", 4, 9, Settings(), ("b*",))
    first = Lessons(path)
    assert first.ask(*asked) == 1
    with pytest.raises(UserError, match="found number 1; wait for it"):
        first.ask(*asked)
    begun = first.begin()
    assert begun and begun.offer().number == 1 and begun.offer().settings == Settings()
    first.close()
    again = Lessons(path)
    again.give_up()
    assert again.all()[0].state == GIVEN_UP and again.begin() is None
    with pytest.raises(UserError, match="expected a round with sums"):
        again.sums(1)
    assert again.ask(*asked) == 2
    lesson = again.begin()
    again.end(2, [Sum(np.array([1, -(2**27), 3, 4]), 5)], "well")
    found, (kept,) = again.sums(2)
    assert lesson and found.why == "well" and kept.total.tolist() == [1, -(2**27), 3, 4] and kept.members == 5
    with pytest.raises(UserError, match="no round 3"):
        again.sums(3)
    again.close()


def test_too_few_nodes_give_no_sum(tmp_path, boards):
    with gateway(tmp_path, boards[:2]) as running:
        lessons = Lessons(running.gateway.config.store)
        learner = base_of(APP, None).learner()
        lessons.ask(learner.hash, learner.size, learner.logit_unit, Settings(kind="sums"), ("b*",))
        until(lambda: lessons.all()[0].state == GIVEN_UP, "the round to be given up")
        assert "wait for others to join" in lessons.all()[0].why
        lessons.close()
