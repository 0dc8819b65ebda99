"""What vibration anomaly detection promises on a board: the events that Python finds, and a baseline that it learns,
keeps over a reset and gives up again, the same bytes as Python's."""

import re

import numpy as np
import pandas as pd
import pytest

from ml.data.recordings import ACCEL_PER_G, GRAVITY, saturate
from ml.data.streams import Stream
from ml.data.synthesis.machines import Plan, generate
from ml.evaluate.streams import detect
from ml.link.baseline import Baseline
from ml.link.device import CommandError, Device
from ml.link.messages import Command
from ml.native.anomaly import Baseline as Learnt
from ml.native.machine import State, watch
from ml.paths import ROOT
from ml.trial.committed import committed
from ml.trial.on_board import inject
from ml.vibration_anomaly import life
from ml.vibration_anomaly.app import VibrationAnomaly

APP = "vibration_anomaly"
LABELS = ["normal", "anomalous"]
FEATURES = 9


@pytest.fixture(scope="module")
def shipped():
    """What is compiled into the firmware."""
    return committed(VibrationAnomaly().quick(), ROOT / f"lib/{APP}_model")


@pytest.fixture(scope="module")
def board(started):
    """tests/hil has the virtual board."""
    started(f"{APP}-host")
    return "host"


@pytest.fixture
def device(board):
    with Device.open(board, app=APP) as opened:
        yield opened
        Baseline(opened).forget()


@pytest.fixture(scope="module")
def scored(shipped, tmp_path_factory):
    """A simulated machine with a fault that is found, at the rate of the firmware, as Python has it."""
    plan = Plan(speeds=2, seconds=90, rate_hz=shipped.app.found.rate_mhz / 1000)
    data = shipped.app.data(generate(plan, 1, tmp_path_factory.mktemp("machine") / "set"), 0)
    all_scored = (shipped.app.score(one, shipped.model) for one in shipped.app.streams(data, 0))
    return next(one for one in all_scored if detect(one, LABELS, shipped.config))


def test_the_board_has_the_events_that_python_has(device, shipped, scored):
    expected = detect(scored, LABELS, shipped.config)
    assert expected
    played = inject(scored, device)
    assert played.detections == expected
    assert played.statistics.windows == len(scored.sample)


@pytest.fixture
def windows(shipped, scored):
    """Those of a steady machine."""
    made = shipped.app.inputs(scored.stream.samples, scored.stream.rate_mhz)
    return made.windows[scored.awake]


def test_a_board_learns_what_python_learns_and_judges_by_it(device, shipped, scored, windows):
    learning, count = Baseline(device), 2 * FEATURES
    learning.begin(count)
    inject(scored, device)
    expected = Learnt.of(windows[:count], shipped.model.model.hash.decode())
    assert learning.read() == bytes(expected)
    assert learning.status.wanted == 0
    front_end = shipped.app.front_end(scored.stream.rate_mhz)
    learnt = expected.modes(shipped.app.config.mixture.learning(front_end))
    scores = learnt.scores(windows, shipped.config.threshold[1])
    played = inject(scored, device)
    again = scored.gated(scored.stream, scores, scored.sample, scored.awake)
    assert played.detections == detect(again, LABELS, shipped.config)
    if scored.awake[-1]:
        assert list(played.statistics.scores) == (scores[-1].astype(int) + 128).tolist()


def test_the_board_tells_what_the_machine_does_and_judges_only_what_is_steady(device, shipped, scored):
    start = scored.stream.truth[0].start
    run, rate = scored.stream.samples[:start].astype(float), scored.stream.rate_mhz / 1000
    run = saturate(run.mean(0) + (run - run.mean(0)) * 200 / run.std(0).max())  # well above what is off
    rng = np.random.default_rng(0)
    rest = life.silence(run.mean(0), 300, rng)
    samples = np.concatenate([rest, life.at_least(run, 1500)[:1500], life.ramped(run, rate, 2.0, -1), rest])
    day = shipped.app.score(Stream("fan", samples, scored.stream.rate_mhz, (), "accel"), shipped.model)
    seen = watch(samples, shipped.app.machine(day.stream.rate_mhz))
    assert {State.OFF, State.STARTING, State.STEADY} <= set(seen.state.tolist())
    assert day.awake.any() and not day.awake.all()
    played = inject(day, device)
    assert played.detections == detect(day, LABELS, shipped.config)
    assert played.statistics.asleep == int((~day.awake).sum())
    assert played.statistics.machine == State(seen.state[-1]).name.lower()


def test_what_is_kept_outlives_a_reset_until_it_is_forgotten(device, scored):
    learning = Baseline(device)
    learning.begin(2 * FEATURES)
    inject(scored, device)
    learnt = learning.read()
    reset(device)
    assert learning.status.learnt == 0  # it was not kept
    learning.write(learnt)
    learning.keep()
    reset(device)
    assert learning.read() == learnt
    learning.forget()
    reset(device)
    assert learning.status.learnt == 0


def reset(device: Device) -> None:
    before = device.info.uptime_us
    device.command(Command.RESET_BOARD)
    for _ in device.arrivals(1.5):
        pass
    device.ping()
    device.command(Command.GET_INFO)
    for _ in device.arrivals(0.3):
        pass
    assert device.info.uptime_us < before + 1_500_000


@pytest.mark.parametrize("place", [0, 4, 8, 12, 16, 40, -1])
def test_a_damaged_or_foreign_baseline_is_refused(device, windows, shipped, place):
    raw = bytearray(bytes(Learnt.of(windows, shipped.model.model.hash.decode())))
    raw[place] ^= 0x10
    learning = Baseline(device)
    with pytest.raises(CommandError):
        learning.write(bytes(raw))
    with pytest.raises(CommandError):
        learning.keep()


def test_another_models_baseline_is_refused(device, windows):
    with pytest.raises(CommandError):
        Baseline(device).write(bytes(Learnt.of(windows, "0123456789abcdef")))


@pytest.mark.parametrize("count", [1, 2 * FEATURES - 1, 65536])
def test_too_few_or_too_many_windows_are_refused(device, count):
    with pytest.raises(CommandError):
        Baseline(device).begin(count)


def test_nothing_is_learnt_from_too_little(device, scored):
    learning = Baseline(device)
    learning.begin(600)
    device.inject(scored.stream.samples[:1000], scored.stream.rate_mhz)
    with pytest.raises(CommandError):
        learning.stop()
    assert learning.status.learnt < 2 * FEATURES


def test_the_command_lets_a_board_learn_from_a_recording(ml, board, scored, tmp_path):
    def command(*words: object, **keywords) -> list[str]:
        done = ml("baseline", APP, *words, "--on", f"{APP}-{board}", **keywords)
        return (done.stdout or done.stderr).splitlines()

    write(scored.stream.samples, tmp_path / "a.csv")
    assert command("show")[0].startswith("nothing learnt")
    assert command("learn", "--windows", 20, "--recording", tmp_path / "a.csv")[0].startswith("learnt from 20 windows")
    command("save", "--file", tmp_path / "kept")
    command("clear")
    assert len(command("load", "--file", tmp_path / "kept")) == 1 + 1  # one way of running
    (tmp_path / "kept").write_bytes(b"x" * 10)
    assert "expected a baseline of" in command("load", "--file", tmp_path / "kept", status=1)[0]


def write(samples: np.ndarray, path) -> None:
    """As a recording in m/s2."""
    pd.DataFrame(samples * (GRAVITY / ACCEL_PER_G), columns=["ax", "ay", "az"]).to_csv(path, index=False)


def test_a_board_that_learnt_from_a_faulty_machine_is_told_to_be_suspected(ml, board, scored, tmp_path):
    fault = scored.stream.samples[scored.stream.truth[0].start :]
    write(life.at_least(fault, 3000)[:3000], tmp_path / "fault.csv")
    words = ("learn", "--on", f"{APP}-{board}", "--windows", 20, "--recording", tmp_path / "fault.csv")
    said = ml("baseline", APP, *words).stderr
    assert re.search(r"warning: (\d+) of 20 kept windows are faults by the firmware's own model", said)
    assert "have the machine checked" in said
    ml("baseline", APP, "clear", "--on", f"{APP}-{board}")


def test_a_machine_that_is_off_teaches_nothing_and_the_command_says_so(ml, board, tmp_path):
    rest = life.silence(np.array([0, 0, ACCEL_PER_G]), 3000, np.random.default_rng(0))
    write(rest, tmp_path / "off.csv")
    words = ("learn", "--on", f"{APP}-{board}", "--windows", 20, "--recording", tmp_path / "off.csv")
    said = ml("baseline", APP, *words, status=1).stderr
    assert "expected at least 18 steady windows in the recording, found 0, the machine being off at its end" in said
    assert "switch it on" in said
    assert len(said.strip().splitlines()) == 1
    shown = ml("baseline", APP, "show", "--on", f"{APP}-{board}").stdout
    assert shown.startswith("nothing learnt")
