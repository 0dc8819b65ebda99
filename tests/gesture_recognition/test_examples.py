"""What the network sees and is judged by comes from the C front end, for any rate and any labels."""

import dataclasses

import numpy as np
import pytest

from ml.data import manifest
from ml.data.augmentation import MotionVariation
from ml.data.manifest import Dataset, Item
from ml.data.recordings import Recording
from ml.data.synthesis import Plan, generate
from ml.errors import UserError
from ml.gesture_recognition.app import GestureRecognition
from ml.gesture_recognition.config import NONE, FrontEnd
from ml.gesture_recognition.examples import training_examples
from ml.gesture_recognition.others import Others
from ml.gesture_recognition.presentation import present
from ml.native.imu import windows
from ml.train.networks import Convolutions

APP = GestureRecognition().quick()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    plan = Plan(people=2, repetitions=2, background_s=10)
    return manifest.load(generate(plan, 0, tmp_path_factory.mktemp("gestures") / "set"))


def test_the_labels_are_those_of_the_data_and_none_is_last(data):
    labels = APP.labels(data)
    assert labels[-1] == NONE
    assert labels[:-1] == sorted(labels[:-1])
    assert len(labels) == 11


def test_there_are_windows_of_every_class_and_the_same_seed_gives_the_same(data):
    labels = APP.labels(data)
    one, other, again = (APP.examples(data, labels, seed) for seed in (3, 4, 3))  # only the last are kept
    assert one.inputs.dtype == np.int8
    assert one.inputs.shape[1:] == (APP.config.front_end.window, 6)
    assert set(one.labels) == set(range(11))
    assert (one.inputs == again.inputs).all()
    assert (one.labels == again.labels).all()
    assert (one.inputs != other.inputs).any()


def test_what_is_judged_is_what_the_front_end_makes_of_the_kept_samples(data):
    held_out = APP.held_out(data, APP.labels(data))
    assert len(held_out) == 2 * 2 * 10
    for samples, count, rate, made in zip(
        held_out.samples, held_out.count, held_out.rate_mhz, held_out.inputs, strict=True
    ):
        assert (APP.inputs(samples[:count], int(rate)).windows[0] == made).all()


@pytest.mark.parametrize("rate_hz", [20.0, 33.3, 50.0, 104.0, 119.0, 400.0])
@pytest.mark.parametrize("seconds", [0.3, 1.2, 3.0])
def test_exactly_one_window_is_due_at_the_last_sample_whatever_the_rate(rate_hz, seconds):
    samples = np.ones((max(1, int(rate_hz * seconds)), 6), np.int16)
    shown = present(Recording(samples, round(rate_hz * 1000), gravity=True), FrontEnd())
    made = windows(shown, FrontEnd().imu(), round(rate_hz * 1000))
    assert made.sample.tolist() == [len(shown) - 1]


def test_a_short_repetition_lies_in_the_middle_with_rest_around():
    samples = np.full((10, 6), 500, np.int16)
    still = present(Recording(samples, 33_300, gravity=False), FrontEnd())
    held = present(Recording(samples, 33_300, gravity=True), FrontEnd())
    assert (still[:15] == [0, 0, 2048, 0, 0, 0]).all()  # the hold's gravity
    assert (still[15:25, 3:] == 500).all()
    assert (still[25:, 3:] == 0).all()
    assert np.linalg.norm(still[25:, :3].astype(float), axis=1) == pytest.approx(2048, abs=2)
    assert (held[:, :3] == 500).all()
    assert (held[:15, 3:] == 0).all()


def only(label, subject, recording):
    return Item(f"{subject}_{label}.csv", label, subject, "", "", "", recording)


def test_other_labels_and_single_repetitions_at_another_rate_are_learned_from_too():
    rng = np.random.default_rng(0)
    items = tuple(
        only(label, subject, Recording(rng.integers(-999, 999, (119, 6)).astype(np.int16), 119_000, True))
        for label in ("circle", "punch")
        for subject in ("ann", "bob")
    )
    data = Dataset(items, "")
    labels = APP.labels(data)
    assert labels == ["circle", "punch", NONE]
    made = APP.examples(data, labels, 0)
    assert set(made.labels) == {0, 1, 2}
    assert len(APP.held_out(data, labels)) == 4


def test_takes_without_repetitions_are_judged_by_the_movements_in_them(data):
    takes = Dataset(tuple(data.takes()), data.hash)
    assert len(APP.held_out(takes, APP.labels(takes))) == 2 * 2 * 10


def test_no_window_of_nothing_holds_more_of_a_movement_than_allowed_at_any_tempo():
    samples, active = np.zeros((900, 6), np.int16), np.zeros(900, bool)
    for start in (150, 400, 650):  # so far apart that no window reaches two
        active[start : start + 25] = True
        samples[start : start + 25, 3] = 1600  # says the tempo
        samples[start : start + 25, 4] = np.linspace(0, 1600, 25)  # and this how far the movement is
    data = Dataset((only("left", "ann", Recording(samples, 33_300, False, active)),), "")
    vary = MotionVariation((0, 0, 0), 0.4, 0.3, (1, 1), 0, 0, 0, 0, 0, False, gravity=0, hold=0, turn_deg=0)
    how = dataclasses.replace(APP.config.training, variation=vary, others=Others(rhythms=0, handling=0), background=100)
    made = training_examples(data, ["left", NONE], APP.config.front_end, how, 0)
    nothing = made.inputs[made.labels == 1].astype(float)
    shown = [np.ptp(one[one[:, 3] > 8, 4] / one[one[:, 3] > 8, 3]) for one in nothing if (one[:, 3] > 8).any()]
    assert len(shown) > 100
    assert max(shown) < how.rest_overlap + 0.1  # at the edges of the movement values are between two samples


def test_a_take_without_any_rest_is_refused():
    busy = Recording(np.zeros((100, 6), np.int16), 33_300, False, np.ones(100, bool))
    data = Dataset((only("left", "ann", busy),), "")
    with pytest.raises(UserError, match="rest"):
        APP.examples(data, ["left", NONE], 0)


def test_a_network_whose_settings_do_not_fit_together_is_refused():
    with pytest.raises(UserError, match="as many kernels"):
        Convolutions(filters=(8, 8))


def test_the_front_end_reaches_the_end_of_int8_at_its_range():
    config = FrontEnd(accel_range_mps2=16.0, gyro_range_dps=400.0).imu()
    full = np.zeros((40, 6), np.int16)
    full[::2] = [round(16 / 9.80665 * 2048)] * 3 + [400 * 16] * 3
    full[1::2] = -full[::2]
    made = windows(full, config).windows[0]
    assert made.max() == 127
    assert made.min() == -127
    assert dataclasses.asdict(config)["remove_mean"]
