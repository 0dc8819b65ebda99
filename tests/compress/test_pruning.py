"""A pruned network is smaller, and computes what the whole one does where nothing reads the channels that went."""

import keras
import numpy as np
import pytest

from ml.compiler.predict import predict
from ml.compress import prune, qat
from ml.compress.coupling import Coupling
from ml.compress.recipe import Step
from ml.compress.sensitivity import judge
from ml.compress.steps import Network, run
from ml.errors import UserError
from ml.keyword_spotting import network as keywords
from ml.keyword_spotting.config import Config
from ml.paths import ROOT
from tests.compress.networks import inputs, lessons, network, real, recurring


@pytest.mark.parametrize(("seed", "end"), [(0, "mean"), (1, "flat")])
def test_a_pruned_network_equals_the_masked_one(seed, end):
    model = network(seed, end)
    coupled, chance = Coupling(model), np.random.default_rng(seed)
    gone: set[int] = set()
    for classes in coupled.groups.values():
        gone.update(chance.permutation(classes)[: chance.integers(0, len(classes))].tolist())
    small = prune.without(model, coupled, gone)
    assert small.count_params() < model.count_params()
    assert small.output_shape == model.output_shape
    wanted = prune.masked(model, coupled, gone)(real(inputs()))
    np.testing.assert_allclose(small(real(inputs())), wanted, atol=1e-5)


def test_what_a_residual_adds_goes_together_and_the_ends_stay():
    model = network(0)
    groups = Coupling(model).groups
    first, behind = (
        layer.name
        for layer in model.layers
        if type(layer).__name__ == "Conv2D" and layer.output.shape[-1] == model.get_layer("conv1").filters
    )
    assert (first, behind) in groups
    assert not any("scores" in group for group in groups)
    half = prune.channels(model, keep=0.5, multiple=1)
    assert half.get_layer(first).filters == half.get_layer(behind).filters == round(model.get_layer(first).filters / 2)


@pytest.mark.parametrize("criterion", prune.CRITERIA)
def test_a_dead_channel_goes_first(criterion):
    model, some = network(5, "flat"), lessons()
    norm = model.get_layer("norm2")
    gamma, beta, *rest = norm.get_weights()
    gamma[1], beta[1] = 0, 0
    norm.set_weights([gamma, beta, *rest])
    last = model.get_layer("norm8")
    gamma, beta, *rest = last.get_weights()
    gamma[1], beta[1] = 0, 0
    last.set_weights([gamma, beta, *rest])
    coupled = Coupling(model)
    worth = prune.importance(model, coupled, criterion, some)
    dead = int(coupled.classes["conv1"][1])
    group = next(classes for classes in coupled.groups.values() if dead in classes)
    assert min(group, key=lambda one: worth[one]) == dead


def test_in_one_go_and_gradually_by_the_names_of_a_recipe(learnt):
    model, some = learnt
    for steps in (
        [Step("prune.channels", {"keep": 0.5, "criterion": "taylor"}), Step("tune", {"epochs": 3, "rate": 0.003})],
        [Step("prune.gradual", {"keep": 0.5, "epochs": 4, "rounds": 2, "rate": 0.003, "criterion": "magnitude"})],
    ):
        made = Network(model)
        for step in steps:
            made = run(step, made, some, 0)
        assert made.model.count_params() < 0.6 * model.count_params()
        assert judge(made.model, some).points > 80


def test_the_keyword_network_with_half_of_its_channels_costs_at_most_what_was_promised():
    """A third of the cycles and half of the RAM of the committed one, which is known before anything is trained."""
    small = prune.channels(keywords.build(Config(), 12), keep=0.5)
    given = real(inputs(8, shape=small.input_shape[1:]))
    costs = predict(qat.export(qat.wrap(small, given, activations="minmax", weights="minmax")))
    whole = predict((ROOT / "lib/keyword_spotting_model/keyword_spotting_model.tflite").read_bytes())
    assert costs.cycles <= 0.40 * whole.cycles
    assert costs.ram <= 0.60 * whole.ram


def test_a_block_goes_and_what_went_into_it_goes_on():
    model = network(0)
    names = [layer.name for layer in model.layers]
    block = tuple(name for name in names[names.index("depthwise4") : names.index("sum10") + 1])
    small = prune.layers(model, block)
    assert not set(block) & {layer.name for layer in small.layers}
    direct = keras.Model(model.inputs[0], model.get_layer("relu3").output)
    rest = keras.Model(small.inputs[0], small.get_layer("relu3").output)
    np.testing.assert_array_equal(direct(real(inputs())), rest(real(inputs())))
    assert small(real(inputs())).shape == (32, 4)


@pytest.mark.parametrize(
    ("do", "message"),
    [
        (lambda: prune.channels(recurring(), keep=0.0), "expected a share above 0 and up to 1"),
        (lambda: prune.channels(recurring(), keep={"nobody": 0.5}), "expected layers of conv1, conv4, found nobody"),
        (lambda: prune.channels(recurring(), criterion="best"), "expected the criterion magnitude or taylor"),
        (lambda: prune.channels(recurring(), criterion="taylor"), "expected lessons for the criterion taylor"),
        (
            lambda: prune.layers(recurring(), ("conv1",)),
            r"layer conv1: expected an input of its output's shape \[8, 6\]",
        ),
        (lambda: prune.layers(recurring(), ("block",)), "expected a layer whose name begins with 'block'"),
        (lambda: prune.gradual(recurring(), lessons(9), epochs=2, rounds=3), "expected 1 to 2 rounds in 2 epochs"),
    ],
)
def test_what_cannot_go_is_said_in_a_line(do, message):
    with pytest.raises(UserError, match=message):
        do()
