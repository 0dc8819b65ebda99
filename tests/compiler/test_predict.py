"""What a network costs is known from its shapes: kernels have a price, and totals come near what is measured."""

import shutil

import numpy as np
import pytest

from ml.compiler.compile import prepare
from ml.compiler.cycles import COSTS
from ml.compiler.operators.base import KERNELS
from ml.compiler.predict import Layer, Network, predict
from ml.compiler.predict.sketch import graph_of, is_unknown
from ml.errors import UserError
from ml.profile.image import COMPILER
from tests.compiler.test_header import kitchen_sink, second_sink
from tools.studies.predict_bench import measured_together, random_network, trained

OF_THE_STREAMING_FORM = {"nn_move", "nn_ring_read", "nn_ring_write"}  # priced by their bytes
KEYWORDS = Network(
    (49, 10, 1),
    (
        Layer("conv", 64, kernel=(10, 4), stride=(2, 2)),
        *(Layer("depthwise", kernel=(3, 3)), Layer("conv", 64)) * 4,
        Layer("global_average"),
        Layer("dense", 12, activation="none"),
        Layer("softmax"),
    ),
)


def test_every_kernel_has_a_price():
    kernels = {function for offers in KERNELS.values() for function, _ in offers}
    assert kernels - OF_THE_STREAMING_FORM - set(COSTS) == set()


@pytest.mark.parametrize("model", [kitchen_sink, second_sink])
def test_no_layer_costs_nothing_or_too_much_to_say(model):
    layers = prepare(model(), "sink").layers
    assert all(0 < layer.lowered.cycles < 1e6 for layer in layers)


def test_a_sketch_costs_what_the_trained_network_costs():
    chance = np.random.default_rng(5)
    sketched, program = predict(KEYWORDS), trained(KEYWORDS, chance)
    assert [layer.kernel for layer in sketched.layers] == [layer.lowered.kernel for layer in program.layers]
    assert sketched.ram == program.ram
    assert sketched.flash == sum(layer.lowered.flash for layer in program.layers)
    assert sketched.macs == program.macs


def test_a_sketch_has_no_weights_in_memory():
    constants = [t.data for op in graph_of(KEYWORDS).ops for t in op.inputs if t.data is not None and t.elements > 4]
    assert constants and all(is_unknown(data) for data in constants)


def test_a_kernel_without_a_measured_cost_is_named(monkeypatch):
    monkeypatch.delitem(COSTS, "nn_softmax")
    with pytest.raises(UserError, match="cycles have been measured, found nn_softmax; measure them"):
        predict(kitchen_sink())


def test_a_tflite_is_predicted_too():
    assert predict(kitchen_sink()).cycles > 10_000


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((Layer("convolution", 4),), "layer 1: expected one of conv, .*, found 'convolution'"),
        ((Layer("conv", 4, kernel=(60, 3), padding="valid"),), r"layer 1 \(conv\) does not fit .*\[\[49, 10, 1\]\]"),
        ((Layer("add", inputs=(0, 3)),), r"layer 1 \(add\): expected inputs of 0..0, found \[0, 3\]"),
    ],
)
def test_a_layer_that_does_not_fit_is_named(layers, message):
    with pytest.raises(UserError, match=message):
        predict(Network((49, 10, 1), layers))


def test_random_networks_cost_what_was_predicted():
    """Fifty: `python tools/studies/predict_bench.py`."""
    if shutil.which(COMPILER) is None:
        pytest.skip(f"{COMPILER} is not installed")
    chance = np.random.default_rng(7)
    networks = [random_network(chance) for _ in range(6)]
    counted = measured_together([trained(network, chance) for network in networks])
    for network, cycles in zip(networks, counted, strict=True):
        assert predict(network).cycles == pytest.approx(cycles, rel=0.05), network
