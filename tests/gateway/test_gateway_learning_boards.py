"""Boards with the real firmware, built to learn with others, take part in a round through the gateway."""

import contextlib

import numpy as np
import pytest

from ml.fleet.image import base_of
from ml.fleet.linked import Linked
from ml.fleet.settings import Settings
from ml.gateway.lessons import GIVEN_UP, SUMMED, Lessons
from ml.link.classes import Classes
from ml.link.device import Device
from ml.native.prototypes import Prototypes
from tests.gateway.running import Running, until
from tools.simulated.sink import Sink

APP, FLAGS, FEATURES, PLACES, BOARDS = "gesture_recognition", "-D FLEET_LEARNING", 60, 12, 3
LABELS = ("left", "right", "none")


@pytest.fixture(scope="module")
def lines(firmware, tmp_path_factory):
    with contextlib.ExitStack() as stack:
        places = [tmp_path_factory.mktemp("board") for _ in range(BOARDS)]
        yield [stack.enter_context(firmware.running(f"{APP}-host", place, FLAGS)).console for place in places]


def taught(number: int, model: str) -> Prototypes:
    """Classes of one board, other ones for each."""
    made, rng = Prototypes(FEATURES, model, stray=16, places=PLACES), np.random.default_rng(number)
    for label in LABELS[: number + 1]:
        place = made.name(label)
        for example in rng.integers(-128, 128, (2 + number, FEATURES)).astype(np.int8):
            made.add(place, example)
        made.seal(place)
    return made


def test_boards_give_the_sum_of_the_classes_that_they_have_learnt_and_no_board_its_own(lines, tmp_path):
    learner = base_of(APP, None).learner()
    labels = [base_of(APP, None).made.model.model.label[at].decode() for at in range(11)]
    plain = np.zeros((11, FEATURES + 1), np.int64)
    for number, line in enumerate(lines):
        with Device.open(str(line)) as device:
            member, classes = Linked(device, "n"), taught(number, learner.hash.hex())
            assert not member.status()["sums"]  # it has learnt nothing yet
            Classes.of(device).write(bytes(classes))
            member.seed(bytes([number + 1]) * 32)
            assert member.status()["sums"] == learner.size and member.status()["model"] == learner.hash
            for place, label in classes.labels.items():
                plain[labels.index(label)] += np.append(classes.sums(place), classes.examples(place))
    sink = Sink()
    text = "".join(f'[[board]]\nname = "b{at}"\nport = "{line}"\n' for at, line in enumerate(lines))
    with Running(tmp_path, text + f'[http]\nurl = "{sink.url}"\n') as running:
        until(lambda: all(node.seen_s for node in running.gateway.intake.nodes.values()), "all boards to be heard")
        lessons = Lessons(running.gateway.config.store)
        lessons.ask(learner.hash, learner.size, learner.logit_unit, Settings(kind="sums"), ("b*",))
        until(lambda: lessons.all()[0].state in (SUMMED, GIVEN_UP), "the round")
        (found,) = lessons.sums(1)[1]
        lessons.close()
    sink.close()
    assert found.members == BOARDS and np.array_equal(found.total.reshape(plain.shape), plain)
