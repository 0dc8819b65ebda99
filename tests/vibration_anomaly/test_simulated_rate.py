"""Before anybody has trained, machines are simulated as the committed model hears them."""

import json

import pytest


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """As after a clone: nobody has trained here."""
    monkeypatch.setattr("ml.pipeline.run.results", lambda app, out=None: tmp_path / app)


def test_a_fresh_clone_judges_the_committed_model_by_simulated_machines(ml, fresh):
    done = ml("stream", "vibration_anomaly", "--json")
    assert "nobody has trained here" in done.stderr
    said = json.loads(done.stdout)
    assert said["all"]["movements"] == 3  # unbalance, a bearing's blows, looseness
    assert said["all"]["hours"] == pytest.approx(4 / 60, rel=0.01)  # four recordings of a minute each, at 50 Hz
