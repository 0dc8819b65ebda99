"""The network in streaming form behind the gate gives the scores of whole windows, and it fits."""

import re
from dataclasses import replace

import numpy as np
import pytest

from ml.compiler.compile import compile_model
from ml.compiler.host import HostModel
from ml.compress import quantise
from ml.evaluate.tune import decision
from ml.keyword_spotting.learning import expect_evenly
from ml.native.decide import NEVER
from ml.train.keras import keras_module
from ml.train.training import FloatModel

LOGMEL = 3600  # bytes, of the front end: lib/frontend/include/frontend/logmel.h


@pytest.fixture(scope="module")
def made(app, voices, tmp_path_factory):
    """A network as it is before training, compiled."""
    labels = app.labels(voices)
    keras_module().utils.set_random_seed(1)
    network = app.network(labels)
    model = quantise.int8(network, quantise.calibration_set(app.examples(voices, labels, 0), 0))
    chosen = decision(labels, app.background(labels), *app.decision.fallback)
    compiled = compile_model(
        model, app.name, tmp_path_factory.mktemp("compiled"), labels=labels, sections=app.sections(chosen),
        stream=app.stream_form,
    )  # fmt: skip
    return network, model, compiled


def test_a_stream_gives_the_scores_of_its_whole_windows(app, voices, made):
    _, model, compiled = made
    app = replace(app, config=replace(app.config, lull=0))  # else scores of a moment ago stand here and there
    stream = app.streams(voices, 3)[0]
    scored = app.score(stream, HostModel(compiled.header))
    windows = app.inputs(stream.samples, stream.rate_mhz).windows
    assert len(scored.scores) == len(scored.sample) == len(windows)
    assert 0 < scored.awake.mean() < 1
    some = np.flatnonzero(scored.awake)[:: max(1, scored.awake.sum() // 40)]
    whole = HostModel(compiled.header).answers(windows[some])
    assert (scored.scores[some] == whole).all()
    reference = quantise.run_int8(model, windows[some]).astype(int)
    assert np.abs(reference - scored.scores[some]).max() <= 2  # its kernels round differently now and then


def test_the_float_network_is_awake_when_the_compiled_one_is(app, voices, made):
    network, _, compiled = made
    stream = app.streams(voices, 3)[0]
    floats, int8 = app.score(stream, FloatModel(network)), app.score(stream, HostModel(compiled.header))
    assert (floats.awake == int8.awake).all()
    assert (floats.sample == int8.sample).all()


def test_network_and_front_end_fit_into_80_kb_of_flash_and_16_kb_of_ram(app, shipped):
    """As shipped: by its recipe the wide layers have four bits."""
    said = shipped.header.read_text()
    constants, arena, state = (
        int(re.findall(pattern, said)[0].replace(",", ""))
        for pattern in (r"all constants ([\d,]+) B", r"arena ([\d,]+) B", r"state ([\d,]+) B")
    )
    spotter = app.config.spotter
    assert constants <= 80 * 1000
    assert arena + state + spotter.warm_up * spotter.hop * spotter.bands + LOGMEL <= 16 * 1000


def test_silence_and_unknown_never_make_an_event(app, voices):
    labels = app.labels(voices)
    made = decision(labels, app.background(labels), 2, 100, 5)
    assert made.background == labels.index("unknown")
    assert made.threshold == (100,) * 11 + (NEVER,)


def test_a_class_shown_more_often_is_expected_less(app, voices):
    keras_module().utils.set_random_seed(1)
    network = app.network(app.labels(voices))
    window = np.zeros((1, 48, 40), np.int8)
    before = FloatModel(network).answers(window)[0] + 128
    labels = np.repeat(np.arange(12), [10] * 10 + [50, 5])
    expect_evenly(network, labels, 1.0)
    after = FloatModel(network).answers(window)[0] + 128
    assert np.isclose(after[10] / after[0], before[10] / before[0] / 5, rtol=1e-3)
    assert np.isclose(after[11] / after[0], before[11] / before[0] * 2, rtol=1e-3)
    assert np.isclose(after[3] / after[0], before[3] / before[0], rtol=1e-3)
