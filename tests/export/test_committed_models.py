"""Each committed model is whole: its `.tflite` lies beside the header that was compiled from it."""

import hashlib
import re

import pytest

from ml.compiler.compile import compile_model
from ml.compiler.host import HostModel
from ml.compiler.model_file import model_path
from ml.compiler.operators import Options
from ml.paths import ROOT
from ml.pipeline.contract import find
from tests.compiler.parity import needs_tflm
from tests.export.exported import APPS


@needs_tflm
@pytest.mark.parametrize("app", APPS)
def test_the_tflite_beside_a_header_is_the_one_that_it_states_and_gives_its_crc(app, tmp_path):
    folder = ROOT / "lib" / f"{app}_model"
    tflite = (folder / f"{app}_model.tflite").read_bytes()
    header, task = HostModel(folder / f"{app}_model.h"), find(app)
    assert header.model.hash.decode() == hashlib.sha256(tflite).hexdigest()[:16]
    made = compile_model(tflite, app, tmp_path, options=Options(task.optimise), stream=task.stream_form)
    assert made.verified
    assert made.check == (header.stream.check if header.stream else header.model.check)


@needs_tflm
@pytest.mark.parametrize("app", ["gesture_recognition", "keyword_spotting"])
def test_verify_works_in_a_fresh_clone(app, ml, tmp_path, monkeypatch):
    monkeypatch.setattr("ml.pipeline.run.results", lambda app, out=None: tmp_path)
    done = ml("verify", app, "--windows", 3)
    assert re.search(r"3 windows through the front end and \d+ layers: 0 of [\d,]+ bytes differ", done.stdout)
    assert "signals that are made up" in done.stderr


def test_stream_works_in_a_fresh_clone(ml, tmp_path, monkeypatch):
    monkeypatch.setattr("ml.pipeline.run.results", lambda app, out=None: tmp_path)
    done = ml("stream", "gesture_recognition", "--limit", 1, "--hours", 0.02)
    assert "simulated people" in done.stderr and "sim_" in done.stdout


def test_profile_takes_the_name_of_an_application():
    beside = ROOT / "lib" / "fall_detection_model" / "fall_detection_model.tflite"
    assert model_path("fall_detection") == beside
    assert str(model_path("fall_detection.tflite")) == "fall_detection.tflite"
