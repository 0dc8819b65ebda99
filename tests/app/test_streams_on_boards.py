"""A stream makes the same events in Python, through the sensor of a virtual board, and over the link of any board."""

import pytest

from ml.data.streams import cut
from ml.evaluate.committed import committed
from ml.evaluate.on_board import inject, play
from ml.evaluate.stream_summary import counters, lost_samples
from ml.evaluate.streams import detect
from ml.link.sensor_bus import Player
from ml.paths import ROOT
from ml.pipeline.contract import find

APP = "gesture_recognition"

SECONDS = 60


@pytest.fixture(scope="module")
def heard():
    """The committed model, a minute of a simulated person, and the events that Python finds in it."""
    made = committed(find(APP, quick=True), ROOT / f"lib/{APP}_model")
    data = made.app.data(None, 0)
    stream = made.app.streams(data, 0)[0]
    scored = made.app.score(cut(stream, round(SECONDS * stream.rate_mhz / 1000)), made.model)
    return scored, detect(scored, made.labels(data), made.config)


def test_through_the_sensor(device, heard):
    scored, expected = heard
    assert expected
    with Player.open(device.port.name, APP) as player:
        played = play(scored, device, player)
    assert played.detections == expected
    assert lost_samples(counters([played])) == 0
    assert played.statistics.missed == 0
    assert played.statistics.windows >= len(scored.sample)  # the sensor runs on, at rest


def test_over_the_link(device, heard):
    scored, expected = heard
    steps = []
    played = inject(scored, device, progress=lambda done, total: steps.append((done, total)))
    assert played.detections == expected
    assert played.statistics.windows == len(scored.sample)
    assert steps[-1] == (len(scored.stream.samples),) * 2
