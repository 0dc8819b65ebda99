"""What keyword spotting promises on the boards that tests/hil leaves out: the same scores, and misses are counted."""

import numpy as np
import pytest

from ml.compiler.host import HostModel
from ml.data.streams import Stream
from ml.evaluate.parity import Case, OnDevice, layers
from ml.keyword_spotting.app import KeywordSpotting
from ml.link.device import Device
from ml.link.messages import Command
from ml.link.sensor_bus import Player, Track

APP, RATE_HZ = "keyword_spotting", 16_000


@pytest.fixture(scope="module")
def virtual_m3(started):
    started(f"{APP}-virtual-m3")
    return "virtual-m3"


@pytest.fixture(scope="module")
def host(started):
    started(f"{APP}-host")
    return "host"


@pytest.fixture(scope="session")
def scored(spoken, shipped):
    """What Python makes of it."""
    made = shipped.app.score(Stream("people", spoken, RATE_HZ * 1000, (), "mic"), shipped.model)
    assert 0.05 < made.awake.mean() < 0.7
    return made


def test_a_board_that_is_too_slow_counts_what_it_misses(virtual_m3, scored):
    """15.6 million instructions a second are not enough without those for signal processing."""
    with Device.open(virtual_m3, app=APP) as device, Player.open(virtual_m3, APP) as player:
        lost = player.play({"mic": Track(scored.stream.samples[: 6 * RATE_HZ], RATE_HZ * 1000)}, restart=True)
        counted = device.statistics()
    assert counted.missed > 0
    assert counted.overruns >= lost > 0


def test_scores_of_every_window_are_pythons_also_where_it_sleeps(host, scored, shipped):
    quiet = np.zeros(scored.scores.shape[1], int)
    quiet[shipped.config.background] = 255
    expected = np.where(scored.awake[:, None], scored.scores.astype(int) + 128, quiet)
    found = set()
    with Device.open(host, app=APP) as device:
        device.command(Command.RESET_STATS)
        for _ in device.injecting(scored.stream.samples, RATE_HZ * 1000):
            found.add(device.statistics().scores)
        device.end_injection()
    found.discard((0,) * len(quiet))  # before the first window
    assert found <= set(map(tuple, expected.tolist()))
    assert len(found) > 20


def test_front_end_and_every_layer_equal_the_hosts(host, virtual_m3, spoken, shipped):
    for board in (host, virtual_m3):
        with Device.open(board, app=APP) as device:
            compare(OnDevice(device, lambda case: 1), shipped.model, spoken, shipped.app)
            device.end_injection()


def compare(board: OnDevice, model: HostModel, spoken: np.ndarray, app: KeywordSpotting) -> None:
    size = app.config.front_end.samples
    for start in (RATE_HZ // 2, 4 * RATE_HZ):
        samples = spoken[start : start + size]
        step = model.all_but_last(app.inputs(samples, RATE_HZ * 1000).windows[0])
        expected = model.layers(step)
        case = Case(f"from {start}", samples, RATE_HZ * 1000, step)
        assert board.front_end(case, step.tobytes()) == step.tobytes()
        for layer, made in zip(layers(model), expected, strict=True):
            assert board.layer(layer, made.data) == made.data, layer
