"""Equalisation keeps the float function, corrected biases the means; a plan keeps within its limits."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.compress import correct, plan, qat, sensitivity
from ml.compress.folding import folded
from ml.compress.recipe import Step
from ml.compress.sensitivity import Row
from ml.compress.steps import Network, run
from ml.errors import UserError
from tests.compress.networks import inputs, lessons, network, real, recurring


@pytest.mark.parametrize(("seed", "end"), [(0, "mean"), (1, "flat")])
def test_equalising_keeps_the_float_function(seed, end):
    model = network(seed, end)
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":  # channels that differ by a thousand
            gamma, *rest = layer.get_weights()
            layer.set_weights([gamma * 10 ** np.random.default_rng(seed).uniform(-1.5, 1.5, len(gamma)), *rest])
    before = folded(model)
    after = correct.equalise(model)
    wanted = before(real(inputs())).numpy()
    np.testing.assert_allclose(after(real(inputs())), wanted, atol=1e-4)
    assert _spread(after) < 0.8 * _spread(before)


def _spread(model) -> float:
    """How far the channels of depthwise layers and what reads them are apart, in powers of ten."""
    kernels = [layer.get_weights()[0] for layer in model.layers if type(layer).__name__ == "DepthwiseConv2D"]
    return float(np.mean([np.ptp(np.log10(np.abs(one).max(axis=(0, 1, 3)))) for one in kernels]))


def test_corrected_biases_bring_the_means_back():
    model, given_ = network(2), real(inputs(200))
    aware = qat.wrap(model, given_, 4, weights="minmax")
    plain = folded(model)

    def apart() -> float:
        names = [layer.name for layer in plain.layers if len(layer.get_weights()) == 2]
        return sum(
            float(np.abs(correct._means(plain, name, given_) - correct._means(aware, name, given_)).mean())
            for name in names
        )

    before = apart()
    correct.biases(aware, model, given_)
    assert apart() < before / 3


@pytest.fixture(scope="module")
def judged(learnt):
    """(network, lessons, the table of what each layer costs)"""
    return *learnt, sensitivity.table(*learnt)


def test_the_table_says_what_each_layer_costs_alone(judged):
    model, _, rows = judged
    weighted = [layer for layer in folded(model).layers if layer.get_weights()]
    assert [(row.layer, row.bits) for row in rows] == [(one.name, bits) for one in weighted for bits in (4, 8)]
    four, eight = ([row for row in rows if row.bits == bits] for bits in (4, 8))
    assert all(abs(row.loss) < 0.01 for row in eight)
    assert np.mean([abs(row.loss) for row in four]) > 3 * np.mean([abs(row.loss) for row in eight])
    svg = sensitivity.plot(rows)
    assert svg.startswith("<svg") and all(row.layer in svg for row in rows)


def test_a_plan_of_a_recipe_keeps_what_it_promises(judged):
    model, some, rows = judged
    eight = sum(row.bytes for row in rows if row.bits == 8)
    made = run(Step("plan", {"bytes": eight * 3 // 4, "points": 5.0}), Network(model), some, 0)
    assert plan.size(rows, made.bits) <= eight * 3 // 4
    aware = run(Step("round", {}), made, some, 0).model
    assert {layer.name: layer.weight_bits for layer in aware.layers if hasattr(layer, "weight_bits")} == made.bits
    assert sensitivity.judge(aware, some).points > sensitivity.judge(model, some).points - 6


SIZES = st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1), st.floats(0, 3)), min_size=1, max_size=6)


@given(SIZES, st.floats(0.4, 1.1), st.floats(0, 6))
def test_a_plan_keeps_both_limits_or_says_how_near_it_comes(layers, share, most):
    rows = [
        Row(f"layer{number}", "Dense", bits, weights, points if bits == 4 else 0.0, loss if bits == 4 else 0.0)
        for number, (weights, loss, points) in enumerate(layers)
        for bits in (4, 8)
    ]
    names = [row.layer for row in rows if row.bits == 8]
    budget = round(share * sum(weights for weights, _, _ in layers))
    try:
        bits = plan.choose(rows, budget_bytes=budget, most_lost=most)
    except UserError as error:
        assert "bytes" in str(error)
        every = (dict(zip(names, map(int, one), strict=True)) for one in itertools.product((4, 8), repeat=len(names)))
        cheapest = min((plan.lost(rows, one) for one in every if plan.size(rows, one) <= budget), default=np.inf)
        assert cheapest > 0  # a greedy plan may miss one that exists, but never one that costs nothing
    else:
        assert plan.size(rows, bits) <= budget and plan.lost(rows, bits) <= most


def test_a_plan_needs_a_limit_and_whole_rows():
    with pytest.raises(UserError, match="expected a limit of bytes, of points lost, or both"):
        plan.choose([Row("a", "Dense", 4, 9, 0, 0), Row("a", "Dense", 8, 9, 0, 0)])
    with pytest.raises(UserError, match="expected a row with 4 and one with 8 bits for each layer"):
        plan.choose([Row("a", "Dense", 4, 9, 0, 0)], most_lost=1)


def test_one_number_of_bits_and_a_plan_are_one_too_many():
    some = lessons(24)
    with pytest.raises(UserError, match="expected those of the plan before, or in the step"):
        run(Step("round", {"bits": 4}), Network(recurring(), bits={"conv1": 4}), some, 0)
