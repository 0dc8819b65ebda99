"""A design is one description: of what a network costs, of the network itself, and of a file."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.compiler.predict import predict
from ml.compiler.streaming import Request
from ml.compress import qat, quantise
from ml.design import design as designs
from ml.design import layers
from ml.design.blocks import KINDS, Block, Blocks
from ml.design.design import Design
from ml.design.network import keras_network, narrow
from ml.design.space import Space
from ml.errors import UserError
from ml.keyword_spotting.config import Config, Network
from ml.keyword_spotting.learning import expect_evenly
from ml.keyword_spotting.network import build
from ml.keyword_spotting.space import of_own
from ml.pipeline.apps import APPS
from ml.pipeline.contract import find
from ml.train.keras import keras_module

EVERY = Blocks(
    (
        Block("plain", 8, 5, 2),
        Block("separable", 12, 3, (1, 2)),
        Block("inverted", 12, 3),
        Block("temporal", 8, 3, 2),
        Block("attention", 8),
    ),
    head="average",
    picture=True,
)
OVER_TIME = Blocks(
    (
        Block("plain", 8, (4, 5), 2),
        Block("temporal", 12, 1),
        Block("residual", 12, (4, 1)),
        Block("residual", 12, (3, 1)),
        Block("plain", 16, 1),
    ),
    head="average",
    picture=True,
    padding="valid",
)
NARROW = Blocks((Block("plain", 8, 5, 2, bits=4), Block("separable", 8, 3), Block("residual", 8, 3)), bits=4)


def learned_a_little(blocks: Blocks, shape: tuple[int, ...], outputs: int):
    """So that no bias and no mean is 0, which the converter leaves out."""
    keras_module().utils.set_random_seed(0)
    network, chance = keras_network(blocks, "network", shape, outputs), np.random.default_rng(0)
    for layer in network.layers:
        layer.set_weights(
            [one + chance.uniform(0.01, 0.1, one.shape).astype(np.float32) for one in layer.get_weights()]
        )
    return network


def calibration(shape: tuple[int, ...]) -> np.ndarray:
    made = np.random.default_rng(1).integers(-128, 128, (30, *shape)).astype(np.int8)
    made.reshape(30, -1)[0, :2] = (-128, 127)
    return made


def test_a_network_of_every_block_costs_what_was_predicted():
    shape, outputs = (24, 12), 5
    sketched = predict(layers.network(EVERY, shape, outputs))
    made = predict(quantise.int8(learned_a_little(EVERY, shape, outputs), calibration(shape)))
    assert sorted(one.kernel for one in sketched.layers) == sorted(one.kernel for one in made.layers)
    assert (sketched.flash, sketched.macs) == (made.flash, made.macs)
    assert sketched.cycles == pytest.approx(made.cycles, rel=1e-6)
    assert sketched.ram == pytest.approx(made.ram, rel=0.05)


def test_weights_of_four_bits_cost_what_was_predicted():
    shape, outputs = (24, 6), 5
    network, bits = learned_a_little(NARROW, shape, outputs), narrow(NARROW, shape, outputs)
    assert sorted(bits.values()) == [4, 4]
    tflite = qat.export(qat.wrap(network, quantise.real(calibration(shape)), bits))
    sketched, made = predict(layers.compiled(layers.network(NARROW, shape, outputs))), predict(tflite)
    assert [one.kernel for one in sketched.layers] == [one.kernel for one in made.layers]
    assert any("int4" in one.kernel for one in made.layers)
    assert (sketched.flash, sketched.ram) == (made.flash, made.ram)
    assert sketched.cycles == pytest.approx(made.cycles, rel=0.01)


def test_a_network_like_that_of_the_keywords_costs_a_step_what_was_predicted():
    """Its residuals add the middle of their input, as nothing is padded."""
    shape, outputs, hop = (24, 12), 5, Request(2)
    made = quantise.int8(learned_a_little(OVER_TIME, shape, outputs), calibration(shape))
    sketched, converted = predict(layers.network(OVER_TIME, shape, outputs), stream=hop), predict(made, stream=hop)
    assert sorted(one.kernel for one in sketched.layers) == sorted(one.kernel for one in converted.layers)
    assert (sketched.flash, sketched.ram, sketched.macs) == (converted.flash, converted.ram, converted.macs)
    assert sketched.cycles == pytest.approx(converted.cycles, rel=1e-6)
    assert sketched.cycles < predict(layers.network(OVER_TIME, shape, outputs)).cycles / 2


def test_the_space_of_the_keywords_has_their_own_network():
    app = find("keyword_spotting")
    network, labels = Network(), ["a word"] * 12
    own, built = of_own(network), build(replace(Config(), network=network), 12)
    drawn = keras_network(own, "blocks", *app.shape(labels))
    assert drawn.count_params() == built.count_params()
    assert [one.output.shape for one in drawn.layers if "Conv" in type(one).__name__] == [
        one.output.shape for one in built.layers if "Conv" in type(one).__name__
    ]
    chosen = {"filters": network.filters[0], "bands": network.filters[1], "second": network.kernels[1]}
    chosen |= {"channels": network.channels, "depth": len(network.blocks), "last": network.last}
    chosen |= {f"block{number}.reach": reach for number, reach in enumerate(network.blocks, 1)}
    chosen |= {"front_end.log_mel.bands": 40}
    found = app.space().design(lambda name, choices: choices[choices.index(chosen.get(name, 8))])
    assert found.network == own


def test_blocks_expect_the_classes_as_evenly_as_the_keywords_own_network():
    network = learned_a_little(OVER_TIME, (24, 12), 5)
    before = network.get_layer("scores").get_weights()
    expect_evenly(network, np.repeat(np.arange(5), (8, 4, 4, 4, 2)), 1.0)
    after = network.get_layer("scores").get_weights()
    np.testing.assert_array_equal(after[0], before[0])
    np.testing.assert_allclose(after[1] - before[1], np.log([0.5, 1, 1, 1, 2]), atol=1e-6)


@pytest.mark.parametrize("name", APPS)
def test_every_application_has_a_space_whose_ends_compile(name):
    app = find(name)
    for design in islice(app.space().ends(), 0, None, 12):
        one = app.designed(design)
        assert design.network
        found = predict(layers.network(design.network, *one.shape(["a", "b", "c"])), stream=one.stream_form)
        assert found.flash > 0 and found.cycles > 0


def test_a_prediction_does_not_depend_on_those_before_it():
    """Nothing that is kept from one to the next changes a byte or a cycle of another."""
    app, chance = find("keyword_spotting"), np.random.default_rng(4)
    drawn = []
    for _ in range(12):
        design = app.space().design(lambda _, choices: choices[chance.integers(len(choices))])
        whole = layers.compiled(layers.network(design.network or Blocks(()), *app.designed(design).shape(["a", "b"])))
        drawn += [(whole, None), (whole, app.stream_form)]
    found = [predict(network, stream=stream) for network, stream in drawn]
    again = [predict(network, stream=stream) for network, stream in reversed(drawn)]
    assert found == again[::-1]


@pytest.mark.parametrize("name", APPS)
def test_any_design_of_a_space_fits_what_the_front_end_gives(name):
    app, chance = find(name), np.random.default_rng(2)
    for _ in range(30):
        design = app.space().design(lambda _, choices: choices[chance.integers(len(choices))])
        assert design.network and layers.network(design.network, *app.designed(design).shape(["a", "b", "c"])).layers


numbers = st.integers(1, 9)
sizes = numbers | st.tuples(numbers, numbers)
blocks = st.builds(
    Block, st.sampled_from(KINDS), numbers, sizes, sizes, expand=numbers, bits=st.sampled_from([4, 8])
)  # fmt: skip
values = st.dictionaries(st.from_regex(r"[a-z_.]{1,12}", fullmatch=True), st.integers() | st.floats(-1e6, 1e6))
heads = st.builds(
    Blocks,
    st.lists(blocks, min_size=1, max_size=4).map(tuple),
    head=st.sampled_from(["flatten", "average"]),
    bits=st.sampled_from([4, 8]),
    dropout=st.floats(0, 0.5),
    picture=st.booleans(),
)


@given(values, heads)
def test_a_design_that_was_written_reads_as_it_was(tmp_path_factory, front_end, network):
    made = Design(front_end, network)
    path = tmp_path_factory.mktemp("design") / "design.toml"
    path.write_text(designs.text(made, "a title"))
    assert designs.read(path) == made


@pytest.mark.parametrize(
    "text",
    ["block = 3", "[[block]]\nwidth = 3", '[[block]]\nkind = "round"\nwidth = 3', "[[", "colour = 1",
     '[[block]]\nkind = "plain"\nwidth = 0', '[[block]]\nkind = "plain"\nwidth = 3\nbits = 2'],
)  # fmt: skip
def test_what_is_no_design_is_refused(tmp_path, text):
    (tmp_path / "design.toml").write_text(text)
    with pytest.raises(UserError, match="expected"):
        designs.read(tmp_path / "design.toml")


def test_a_front_end_without_such_a_field_is_refused():
    with pytest.raises(UserError, match="expected a field of FrontEnd, found 'colour'"):
        find("gesture_recognition").designed(Design({"colour": 3}))


def test_a_space_of_lists_is_refused():
    with pytest.raises(UserError, match="expected a tuple of choices for widths"):
        Space(widths=[4, 8])  # type: ignore[arg-type]
