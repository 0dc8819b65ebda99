"""The network sleeps while the hand rests, wakes for a gesture, and sees much that is none."""

import numpy as np
import pytest

from ml.data.recordings import ACCEL_PER_G
from ml.data.streams import Stream
from ml.gesture_recognition.app import GestureRecognition
from ml.gesture_recognition.config import NONE
from ml.gesture_recognition.others import Others, other_windows

APP = GestureRecognition()
RATE_MHZ = 33_300


class Sure:
    """A model that is certain of the first class, and counts its windows."""

    asked = 0

    def answers(self, inputs: np.ndarray) -> np.ndarray:
        self.asked += len(inputs)
        return np.tile(np.int8([127, -128]), (len(inputs), 1))


def still(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """A device held flat by a quiet hand: int16 (n, 6)."""
    rest = np.array([0, 0, ACCEL_PER_G, 80, -60, 30])  # the gyroscope has a bias
    return np.rint(rest + rng.normal(0, 15, (round(seconds * RATE_MHZ / 1000), 6))).astype(np.int16)


def scored(samples: np.ndarray, model: Sure):
    return APP.score(Stream("someone", samples, RATE_MHZ, ()), model)


def test_the_network_sleeps_while_the_hand_rests():
    model = Sure()
    made = scored(still(20, np.random.default_rng(1)), model)
    assert model.asked == 0
    assert not made.awake.any()


def test_a_movement_wakes_it_and_it_sleeps_again():
    samples = still(20, np.random.default_rng(1))
    samples[300:330, 0] += (4000 * np.sin(np.linspace(0, 2 * np.pi, 30))).astype(np.int16)
    model = Sure()
    made = scored(samples, model)
    window, hold = APP.config.front_end.window, APP.config.gate.hold * APP.config.front_end.hop
    awake = made.sample[made.awake]
    assert model.asked == len(awake) > 0
    assert 300 < awake.min() < 330
    assert 330 <= awake.max() <= 330 + window + hold
    assert (made.scores[made.awake] == [127, -128]).all()


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_there_are_as_many_windows_of_other_movement_as_asked_for(share):
    by = Others(rhythms=share, handling=share)
    made = other_windows(100, by, 40, 33.3, np.random.default_rng(2))
    assert made.shape == (round(100 * share) * 2, 40, 6)
    assert np.isfinite(made).all()


def test_other_movement_is_learned_as_none_and_keeps_gravity():
    made = other_windows(50, Others(), 40, 33.3, np.random.default_rng(3))
    size = np.linalg.norm(made[:, :, :3].mean(1), axis=1) / ACCEL_PER_G
    assert np.median(size) == pytest.approx(1, abs=0.25)


def test_more_windows_of_none_than_of_all_gestures_are_learned():
    app = APP.quick()
    data = app.data(None, 0)
    labels = app.labels(data)
    learned = app.examples(data.of(data.subjects[:2]), labels, 0).labels
    assert (learned == labels.index(NONE)).mean() == pytest.approx(0.62, abs=0.05)
