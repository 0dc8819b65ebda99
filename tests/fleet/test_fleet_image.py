"""What was learnt is a model of the same structure, and goes out as a signed update with its changed arrays."""

import numpy as np
import pytest

from ml.errors import UserError
from ml.fleet.features import features, quantised_logits
from ml.fleet.image import compiled, judged, signed
from ml.fleet.layer import last_layer, with_layer
from ml.fleet.settings import Settings
from ml.image.host import HostImage
from ml.paths import ROOT
from ml.update.arrays import applied
from ml.update.keys import Keys, Pair
from ml.update.numbers import Kind
from ml.update.package import digest, parse
from ml.update.sign import Release

CHANGE = np.random.default_rng(0).normal(0, 20_000, 11 * 61)


@pytest.fixture(scope="module")
def learnt(base):
    return base.learner().after(CHANGE, Settings())


@pytest.fixture(scope="module")
def header(base, learnt, tmp_path_factory):
    return compiled(base, learnt, 3, tmp_path_factory.mktemp("learnt"))


def test_features_and_layer_are_those_of_the_network(base, persons):
    model, layer, windows = base.made.model, base.learner().layer, persons[0].windows
    assert np.array_equal(features(model, layer, windows), persons[0].test)
    logits = np.stack([np.frombuffer(model.layers(window)[-2].data, np.int8) for window in windows])
    differ = np.abs(quantised_logits(layer, persons[0].test).astype(int) - logits)
    assert differ.max() <= 1 and np.mean(differ > 0) < 0.01


def test_the_update_carries_the_last_layer_alone(base, header, persons):
    keys = Keys("p", (Pair.new(),))
    update = parse(signed(base, header, keys, Release(2, "2", 8), host=True).encode())
    keys.verify(update)
    assert update.manifest.kind == Kind.ARRAYS and len(update.payload) < 1000
    image = applied(base.image(host=True), update.payload)
    assert digest(image) == update.manifest.digest
    windows = persons[0].windows
    before = base.made.model.answers(windows)
    made = HostImage(image).answers(windows)
    assert not np.array_equal(made, before)


def test_the_compiled_header_answers_as_the_layer_that_was_learnt(header, learnt, persons):
    share = judged(header, learnt, persons)
    labels, seen = (np.concatenate([getattr(one, name) for one in persons]) for name in ("test_labels", "test"))
    assert share == pytest.approx(np.mean(learnt.layer.logits(seen).argmax(axis=1) == labels), abs=0.02)
    other = learnt.after(CHANGE[::-1], Settings())
    with pytest.raises(UserError, match="expected the answers of the layer"):
        judged(header, other, persons)


def test_boards_learn_on_from_the_true_logits_of_a_layer_that_was_made_smaller(learnt, persons):
    grown = learnt.after(50 * CHANGE, Settings())
    assert 0 < grown.share < 0.5
    true, shipped = grown.layer.logits(persons[0].test), grown.shipped().logits(persons[0].test)
    unit = grown.logit_unit / 2**20 / grown.layer.logit_scale
    assert np.abs(shipped * unit - true).max() < 0.05 * np.abs(true).max()


def test_weights_are_rounded_to_a_128th_of_the_longest_of_their_row(base):
    learner = base.learner()
    weights = np.random.default_rng(1).normal(0, 1, learner.layer.weights.shape)
    made = last_layer(with_layer(learner.base, "m", weights, weights[:, 0]), "m")
    assert np.all(np.abs(made.weights - weights) <= np.abs(weights).max(axis=1, keepdims=True) / 250)
    assert np.abs(made.bias - weights[:, 0]).max() < 0.01


@pytest.mark.parametrize("wrong", ["shape", "nan", "infinite bias"])
def test_weights_that_are_none_are_refused(base, wrong):
    layer = base.learner().layer
    weights, bias = layer.weights.copy(), layer.bias.copy()
    if wrong == "shape":
        weights = weights[:, :-1]
    elif wrong == "nan":
        weights[0, 0] = np.nan
    else:
        bias[0] = np.inf
    with pytest.raises(UserError, match="expected"):
        with_layer(base.learner().base, "m", weights, bias)


def test_a_model_that_does_not_end_in_a_layer_and_a_softmax_is_refused():
    path = ROOT / "lib/vibration_anomaly_model/vibration_anomaly_model.tflite"
    with pytest.raises(UserError, match="expected FULLY_CONNECTED and SOFTMAX"):
        last_layer(path.read_bytes(), path.name)


def test_a_folder_whose_model_is_not_its_headers_is_refused(base, tmp_path):
    (tmp_path / "gesture_recognition_model.tflite").write_bytes(with_layer(
        base.learner().base, "m", base.learner().layer.weights * 2, base.learner().layer.bias
    ))  # fmt: skip
    with pytest.raises(UserError, match="expected the model"):
        type(base)(base.made, tmp_path).learner()
