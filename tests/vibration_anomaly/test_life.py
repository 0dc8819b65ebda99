"""What a machine in order lives through is no fault, and a fault that comes in between is told."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from ml.data.streams import Stream
from ml.data.synthesis.machines import Plan, generate
from ml.evaluate.streams import detect
from ml.native.decide import DecideConfig
from ml.trial.committed import Committed
from ml.vibration_anomaly import examples, life, model
from ml.vibration_anomaly.app import Learnt, VibrationAnomaly
from ml.vibration_anomaly.pieces import pieces

APP = VibrationAnomaly().quick()
LABELS = ["normal", "anomalous"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return APP.data(generate(Plan(speeds=3, seconds=60), 0, tmp_path_factory.mktemp("machine") / "set"), 0)


@pytest.fixture(scope="module")
def shipped(data) -> Committed:
    """A detector that knows these speeds, without a network: the mixture alone counts."""
    normal = examples.normal_examples(data, APP.config, 0)
    tables = model.mixture(normal.inputs, APP.config.mixture, 0, normal.blind)
    app = dataclasses.replace(APP, found=Learnt(tables, None, normal.rate_mhz, normal.off_level))
    return Committed(app, None, DecideConfig((100, 100), 0, 8, 16), Path())


@pytest.fixture(scope="module")
def lived(shipped, data) -> list[life.Lived]:
    span = shipped.app.front_end(shipped.app.found.rate_mhz).span
    return life.live(shipped, next(piece for piece in pieces(data, span) if piece.normal), 0)


def test_nothing_that_a_machine_in_order_lives_through_is_a_fault(lived):
    assert {one.scenario: one.events for one in lived if one.events} == {}


def test_what_happens_is_told(lived):
    by_name = {one.scenario: one for one in lived}
    assert by_name["is off"].states["off"] == 1
    assert by_name["runs on"].states["steady"] > 0.8 * by_name["runs on"].judged > 0
    assert by_name["is knocked at, 3 x"].states["disturbed"] > 0
    assert by_name["sensor frozen"].states["off"] > 0.45
    for one in lived:
        if one.scenario.startswith("starts and stops"):
            assert one.judged > 0 and one.states["off"] > 0.4 and one.states["starting"] > 0.05


def test_a_fault_that_comes_after_a_start_is_told(shipped, data):
    piece = next(one for one in pieces(data, 576) if one.normal)
    rng = np.random.default_rng(0)
    fault = piece.samples + rng.normal(0, 6 * piece.samples.std(0), piece.samples.shape)
    rest = life.silence(piece.samples.mean(0), 500, rng)
    samples = np.concatenate([rest, piece.samples, np.clip(np.rint(fault), -32768, 32767).astype(np.int16)])
    scored = shipped.app.score(Stream("fan", samples, piece.rate_mhz, (), "accel"), shipped.model)
    found = detect(scored, LABELS, shipped.config)
    assert len(found) >= 1
    assert found[0].sample > len(rest) + len(piece.samples)
