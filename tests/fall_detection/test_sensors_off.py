"""A sensor that is a little off changes no answer: an offset of an axis, a scale."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.data.recordings import ACCEL_PER_G
from ml.data.synthesis.falls import Plan, generate
from ml.fall_detection.app import FallDetection
from ml.paths import ROOT
from ml.trial.committed import committed
from ml.trial.disturbances import Disturbance
from ml.trial.evaluate_command import evaluate
from ml.trial.judging import Material

APP = FallDetection()
HEADER = ROOT / "lib" / f"{APP.name}_model"
OFFSET = round(0.1 * ACCEL_PER_G)  # counts, of every axis: 0.17 g together
GAIN_DB = 0.5  # 6 %
UNSEEN = ("S19", "p10", "s23")  # whom the committed model was not trained with


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return generate(Plan(people=2, falls=4, activities=1), 5, tmp_path_factory.mktemp("falls") / "set")


@pytest.fixture(scope="module")
def found(folder):
    return Material.of(committed(APP, HEADER), APP.data(folder, 0), hours=0.1)


@pytest.fixture(scope="module")
def unseen(shared):
    data = APP.data(shared / "data" / "falls", 0).of(UNSEEN)
    return Material.of(committed(APP, HEADER), data, hours=0.01)


@settings(max_examples=15, deadline=None)
@given(offset=st.integers(-OFFSET, OFFSET), gain=st.floats(-GAIN_DB, GAIN_DB))
def test_neither_offset_nor_scale_changes_an_answer(found, offset, gain):
    as_it_is, off = found.recordings(), found.recordings(Disturbance(offset=offset, gain=gain))
    assert off["confusion"] == as_it_is["confusion"]


@pytest.mark.parametrize("options", [("--offset", str(OFFSET)), ("--gain", str(-GAIN_DB))])
def test_the_stream_of_a_sensor_that_is_off_has_the_same_falls(folder, options):
    def judged(*more: str) -> dict:
        done = CliRunner().invoke(evaluate, [APP.name, "--data", str(folder), "--json", *more])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)["streams"]["all"]

    as_it_is, off = judged(), judged(*options)
    assert off["hits"] == as_it_is["hits"] > 0


@pytest.mark.parametrize(
    "under",
    [Disturbance(offset=OFFSET), Disturbance(offset=-OFFSET), Disturbance(gain=GAIN_DB), Disturbance(gain=-GAIN_DB)],
)
def test_people_whom_the_model_has_not_seen_are_told_apart_by_sensors_that_are_off(unseen, under):
    counts = np.array(unseen.recordings(under)["confusion"])
    assert counts.sum() == 60
    assert np.diag(counts) / counts.sum(1) == pytest.approx(1, abs=0.06)  # one of 18 falls, two of 42 activities
