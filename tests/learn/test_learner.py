"""What a device that is shown examples learns, and what it refuses; the device's C, called from Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.errors import UserError
from ml.native.learner import Learner, News, Settings

LABELS, BACKGROUND, FEATURES = ["yes", "no", "none"], 2, 24
HOW = Settings(stray=8, places=3, guards=6)
rng = np.random.default_rng(5)
CENTRES = {label: rng.integers(-100, 100, FEATURES) for label in ("yes", "no", "clap", "snap", "tap", "rest")}


def example(label: str, chance: np.random.Generator) -> np.ndarray:
    return np.clip(CENTRES[label] + chance.normal(0, 6, FEATURES), -128, 127).astype(np.int8)


def network(label: str) -> np.ndarray:
    """The network knows two of them; what else there is, is nothing to it."""
    scores = np.full(3, -128, np.int8)
    scores[LABELS.index(label) if label in LABELS else BACKGROUND] = 120
    return scores


def see(own: Learner, label: str, chance: np.random.Generator, level: int = 100) -> np.ndarray:
    """Something happens, then nothing; the scores of the window with the most of it."""
    x, scores = example(label, chance), network(label)
    made = own.windows(np.array([level // 9, level, level // 9, 0]), np.array([x] * 4), np.array([scores] * 4))
    return made[1]


def teach(own: Learner, label: str, *shown: str, seed: int = 0) -> News:
    chance = np.random.default_rng(seed)
    own.show(label, len(shown))
    for one in shown:
        see(own, one, chance)
    return own.news


def answer(own: Learner, label: str, seed: int = 9) -> str:
    return own.labels[int(see(own, label, np.random.default_rng(seed)).argmax())]


@pytest.fixture
def own() -> Learner:
    return Learner(LABELS, BACKGROUND, FEATURES, "d0ba5e", HOW)


def test_a_class_of_ones_own_is_answered_from_the_first_window_on(own):
    assert answer(own, "clap") == "none"
    assert teach(own, "clap", "clap", "clap", "clap") is News.LEARNT
    assert own.labels == [*LABELS, "clap"]
    assert [answer(own, one) for one in ("clap", "yes", "no", "snap")] == ["clap", "yes", "no", "none"]


def test_where_nothing_that_was_learnt_is_near_the_networks_bytes_stand(own):
    teach(own, "clap", "clap", "clap")
    made = see(own, "yes", np.random.default_rng(3))
    assert made.tolist() == [*network("yes").tolist(), -128]


def test_a_wrong_example_of_three_is_left_out(own):
    assert teach(own, "clap", "clap", "snap", "clap") is News.LEARNT
    assert own.left_out == 1 and own.prototypes().examples(0) == 2
    assert answer(own, "snap") == "none"


def test_examples_that_are_not_alike_are_refused_and_nothing_changes(own):
    before = bytes(own)
    assert teach(own, "clap", "clap", "snap", "tap") is News.UNLIKE
    assert bytes(own) == before and own.labels == LABELS


def test_a_class_that_lies_on_another_is_refused_and_named(own):
    teach(own, "clap", "clap", "clap", "clap")
    before = bytes(own)
    assert teach(own, "snap", "clap", "clap", "clap", seed=1) is News.CLOSE
    assert own.other == "clap" and bytes(own) == before


def test_a_class_that_the_network_takes_for_another_is_learnt_and_told(own):
    assert teach(own, "clap", "yes", "yes", "yes") is News.LEARNT_LIKE
    assert own.other == "yes"


def test_a_lesson_that_changes_old_answers_is_taken_back_to_the_last_byte(own):
    """The device saw `yes` and answered it; now somebody shows it as something else."""
    chance = np.random.default_rng(2)
    see(own, "yes", chance)
    own.windows(np.array([100]), example("yes", chance)[None], network("yes")[None])
    own.event(0)
    before = bytes(own)
    assert own.old_windows == 1
    assert teach(own, "clap", "yes", "yes", "yes") is News.WORSE
    assert bytes(own) == before and answer(own, "yes") == "yes"


def test_what_the_device_saw_last_when_nothing_was_meant_is_no_example(own):
    x = example("rest", np.random.default_rng(0))
    seen = (np.array([50, 0]), np.array([x, x]), np.array([network("rest")] * 2))
    own.windows(*seen)
    own.show("clap", 1)
    own.windows(*seen)
    assert own.news is News.BACKGROUND and own.shown == 0 and own.wanted == 1


def test_the_background_is_nearer_than_a_class_that_lies_beside_it(own):
    """Many networks see little difference between things that they were not trained for."""
    CENTRES["beside"] = CENTRES["rest"] + 9
    teach(own, "clap", "beside", "beside", "beside")
    chance = np.random.default_rng(1)
    assert answer(own, "rest") == "clap"
    for _ in range(40):
        x = example("rest", chance)
        own.windows(np.array([50]), x[None], network("rest")[None])
    own.forget()
    for _ in range(40):
        own.windows(np.array([50]), example("rest", chance)[None], network("rest")[None])
    teach(own, "clap", "beside", "beside", "beside")
    assert [answer(own, one) for one in ("rest", "beside")] == ["none", "clap"]


def test_a_class_of_the_network_is_learnt_anew_and_keeps_its_place(own):
    assert teach(own, "yes", "clap", "clap", "clap") is News.LEARNT
    assert own.labels == LABELS and answer(own, "clap") == "yes"


def test_places_end_and_forgetting_makes_room(own):
    for label in ("clap", "snap", "tap"):
        assert teach(own, label, label, label, label) in (News.LEARNT, News.WORSE), label
    with pytest.raises(UserError, match="forget one"):
        own.show("more", 1)
    assert own.forget("snap") and not own.forget("snap")
    assert own.labels == [*LABELS, "clap", "tap"]
    assert [answer(own, one) for one in ("clap", "snap", "tap")] == ["clap", "none", "tap"]
    assert own.forget() and own.labels == LABELS


def test_a_small_movement_between_two_examples_is_none(own):
    chance = np.random.default_rng(4)
    own.show("clap", 2)
    see(own, "clap", chance)
    see(own, "snap", chance, level=20)
    assert own.shown == 1
    see(own, "clap", chance)
    assert own.news is News.LEARNT and own.left_out == 0


def test_a_lesson_can_be_ended_early_or_given_up(own):
    own.show("clap", 3)
    assert own.stop() and own.news is News.STOPPED and not own.stop()
    own.show("clap", 3)
    see(own, "clap", np.random.default_rng(0))
    own.show("clap", 0)
    assert own.wanted == 0 and own.labels == LABELS
    own.show("clap", 3)
    see(own, "clap", np.random.default_rng(0))
    assert own.stop() and own.labels == [*LABELS, "clap"]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whatever_is_shown_what_is_learnt_is_valid_and_all_is_answered(seed):
    """Lessons of anything under any label, with forgetting between; levels and scores of any size."""
    chance, own = np.random.default_rng(seed), Learner(LABELS, BACKGROUND, FEATURES, "d0ba5e", HOW)
    for _ in range(12):
        if chance.random() < 0.2:
            own.forget(str(chance.choice(own.labels)))
        try:
            own.show(str(chance.choice(["yes", "clap", "a", "b", "c"])), int(chance.integers(0, 6)))
        except UserError:
            own.forget()
        count = int(chance.integers(1, 40))
        level = chance.choice([0, 0, 1, 5, 100, 2**32 - 1], count)
        x = chance.integers(-128, 128, (count, FEATURES)).astype(np.int8)
        made = own.windows(level, x, chance.integers(-128, 128, (count, 3)).astype(np.int8))
        assert made.shape == (count, len(own.labels))
        if chance.random() < 0.5:
            own.event(int(chance.integers(0, 8)))
    assert all(own.prototypes().valid(place) for place in own.prototypes().labels)
