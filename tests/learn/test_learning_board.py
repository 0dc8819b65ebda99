"""A virtual board is taught by `python -m ml learn`: it learns what Python learns, answers with the label, keeps it."""

import re
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from ml.cli import cli
from ml.data.recordings import GRAVITY
from ml.data.synthesis import Plan, generate
from ml.learn.playing import example
from ml.link.classes import Classes
from ml.link.device import CommandError, Device
from ml.link.messages import Command, Event
from ml.link.port import Port
from ml.link.sensor_bus import BUTTON_RATE_MHZ, Player, Track
from ml.native.gate import gates
from ml.native.imu import windows
from ml.native.learner import Learner, News, Settings
from ml.paths import ROOT
from ml.pipeline.contract import find
from ml.trial.committed import committed

APP, LABEL, RATE = "gesture_recognition", "wave", 33.3
MAIN = (ROOT / f"apps/{APP}/src/main.cpp").read_text()
LAST = list(re.findall(r"OLD_WINDOWS, (\d+), (\d+)\}", MAIN)[0])  # of its settings: windows of an example, stray


@pytest.fixture(scope="module")
def board(started):
    return str(started(f"{APP}-virtual").console)


@pytest.fixture(autouse=True)
def nothing_learnt(board):
    with Device.open(board, app=APP) as device:
        Classes(device).forget()


@pytest.fixture(scope="module")
def waves(tmp_path_factory):
    """A simulated person shakes the board up and down, three times."""
    made = generate(Plan(people=2, repetitions=3, background_s=5), 3, tmp_path_factory.mktemp("people") / "set")
    folder = tmp_path_factory.mktemp("waves")
    for file in sorted((made / "repetitions/shake_ud").glob("sim_a_*.csv")):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def ml(*args: str) -> str:
    """What the command says, on both streams."""
    result = CliRunner().invoke(cli, ["learn", APP, *map(str, args)])
    return result.output + (str(result.exception) if result.exception else "")


def learnt_by_python(folder) -> Learner:
    """The same files through the same C, window by window."""
    made: Any = committed(find(APP), ROOT / f"lib/{APP}_model")
    model = made.model.model
    labels = [model.label[i].decode() for i in range(model.classes)]
    places, old, longest, stray = (int(one) for one in re.findall(r"(?:PLACES|OLD_WINDOWS) = (\d+)", MAIN) + LAST)
    how = Settings(stray=stray, places=places, guards=old, longest=longest)
    own = Learner(labels, made.config.background, model.layer[model.layers - 3].size, model.hash.decode(), how)
    own.show(LABEL, 3)
    for path in sorted(folder.iterdir()):
        samples, rate = example(path, RATE, "imu")
        seen = windows(samples, made.app.config.front_end.imu(), rate)
        awake = gates(seen.level, made.app.config.gate.gate()) & seen.held
        layers = [made.model.layers(window) for window in seen.windows]
        features, scores = (np.array([np.frombuffer(one[k].data, np.int8) for one in layers]) for k in (-3, -1))
        own.windows(np.where(awake, seen.level + 1, 0), features, scores)
    return own


def test_a_board_is_taught_and_learns_what_python_learns_and_makes_events_of_its_own_label(board, waves):
    said = ml("--on", board, "--label", LABEL, "--play", waves)
    assert f"{LABEL}: your own, from 3 examples" in said, said
    python = learnt_by_python(waves)
    assert python.news in (News.LEARNT, News.LEARNT_LIKE)
    samples, rate = example(sorted(waves.iterdir())[1], RATE, "imu")
    with Device.open(board, app=APP) as device:
        assert Classes(device).read() == bytes(python)
        assert device.statistics().learnt == 1
        assert device.info.labels[-1] == LABEL
        device.inject(samples, rate)
        events = [one.message for one in device.arrivals(0.5) if isinstance(one.message, Event)]
        device.end_injection()
        assert LABEL in [device.info.labels[one.class_id] for one in events]


def test_what_was_learnt_outlives_a_restart_and_goes_when_it_is_forgotten(board, waves):
    own = learnt_by_python(waves)
    with Device.open(board, app=APP) as device:
        Classes(device).write(bytes(own))
        device.command(Command.RESET_BOARD)
    with Device.open(board, app=APP) as device:
        assert device.info.labels[-1] == LABEL and Classes(device).read() == bytes(own)
    assert "nothing learnt" in ml("--on", board, "--forget", "--label", LABEL)
    with Device.open(board, app=APP) as device:
        device.command(Command.RESET_BOARD)
    with Device.open(board, app=APP) as device:
        assert LABEL not in device.asked().labels


def test_classes_of_a_host_are_taken_whole_or_not_at_all(board, waves):
    own = learnt_by_python(waves)
    damaged = bytearray(bytes(own))
    damaged[60] ^= 1
    with Device.open(board, app=APP) as device:
        Classes(device).write(bytes(own))
        with pytest.raises(CommandError, match="BAD_ARGUMENT"):
            Classes(device).write(bytes(damaged))
        assert Classes(device).read() == bytes(own)
        assert device.asked().labels[-1] == LABEL


def test_a_press_of_the_button_begins_a_lesson_and_another_one_ends_it(board):
    press = np.repeat([0, 1, 0], [20, 20, 50]).astype(np.int16)[:, None]
    for wanted, news in ((3, News.WAITING), (0, News.STOPPED)):
        with Player(Port(board.replace("console", "sensors"))) as player:
            player.play({"button": Track(press, BUTTON_RATE_MHZ)})
        with Device.open(board, app=APP) as device:
            assert (Classes(device).status.wanted, Classes(device).told().news) == (wanted, news)


def test_a_dead_sensor_and_a_still_one_teach_nothing(board, tmp_path):
    for name, row in (("dead", "0,0,0,0,0,0"), ("still", f"0,0,{GRAVITY:.3f},0,0,0")):
        file = tmp_path / f"{name}.csv"
        file.write_text("ax_mps2,ay_mps2,az_mps2,gx_dps,gy_dps,gz_dps\n" + f"{row}\n" * 150)
        said = ml("--on", board, "--label", LABEL, "--examples", "1", "--play", file)
        assert "expected" in said and "found" in said, said
    with Device.open(board, app=APP) as device:
        assert Classes(device).told().classes == 0 and Classes(device).status.wanted == 0
