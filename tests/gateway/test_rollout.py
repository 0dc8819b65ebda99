"""An image goes to nodes in stages: real firmware takes it, harm stops it, and a restart goes on."""

import time
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.errors import UserError
from ml.gateway.plans import (
    DONE,
    FAILED,
    RUNNING,
    STOPPED,
    STUCK,
    UPDATED,
    Counts,
    Limits,
    NodeState,
    Plan,
    Plans,
    percents,
)
from ml.gateway.rollout import judge, risen
from tests import command
from tests.gateway.running import Running, until
from tests.update import signing
from tests.update.line import Line
from tools.simulated.sink import Sink

APP = "gesture_recognition"
COUNTERS = count(1)


def plan(counts: Counts | None = None, stage: int = 1) -> Plan:
    return Plan(1, "x", b"image", ("n*",), Limits(), stage, RUNNING, "", counts or Counts())


def states(**of: int) -> list[NodeState]:
    return [NodeState(f"{state}-{at}", state, "why", 0) for state, times in of.items() for at in range(times)]


def test_too_many_failures_stop_it_and_few_do_not():
    assert judge(plan(), states(failed=1)) == "1 of 1 nodes have failed, the last: why"
    assert judge(plan(), states(failed=1, done=20)) == ""
    assert "3 of 23" in judge(plan(), states(failed=3, done=20))


def test_more_events_stop_it_where_chance_does_not_explain_them():
    assert risen(Counts(100, 36_000, 300, 36_000), 1.5)
    assert not risen(Counts(100, 36_000, 110, 36_000), 1.5)
    assert not risen(Counts(0, 3600, 2, 3600), 1.5)  # two events are chance
    assert risen(Counts(0, 3600, 20, 3600), 1.5)
    assert not risen(Counts(0, 0, 20, 3600), 1.5)
    assert "events rose from 10.0 to 30.0 an hour" in judge(plan(counts=Counts(100, 36_000, 300, 36_000)), [])


@given(st.sets(st.integers(0, 10**6), min_size=1, max_size=400), st.integers(0, 2))
def test_a_stage_has_its_share_of_the_nodes_and_those_of_the_stages_before(numbers, stage):
    names = [f"n{number}" for number in numbers]
    now, following = plan(stage=stage).due([*names, "other"]), plan(stage=stage + 1).due(names)
    assert following[: len(now)] == now and set(following) <= set(names)
    assert len(plan(stage=3).due(names)) == len(names)
    assert len(following) == max(1, round(len(names) * (1, 10, 100)[stage] / 100))


@pytest.mark.parametrize("text", ["", "1,10", "10,1,100", "0,100", "1,1,100", "x", "nan,100", "-1,100"])
def test_stages_that_do_not_rise_to_all_are_one_line(text):
    with pytest.raises(UserError, match="expected stages in percent"):
        percents(text)


@pytest.fixture(scope="module")
def board(firmware, tmp_path_factory):
    with firmware.running(f"{APP}-host", tmp_path_factory.mktemp("board"), signing.flags()) as running:
        yield running


@pytest.fixture(scope="module")
def sink():
    made = Sink()
    yield made
    made.close()


def tool(*words: object, folder: Path, status: int = 0) -> str:
    done = command.script("tools/gateway.py", "rollout", *words, "--config", folder / "gateway.toml", status=status)
    return done.stdout + done.stderr


def image(folder: Path, **told) -> Path:
    path = folder / f"{next(COUNTERS)}.tmu"
    signing.update(APP, counter=int(path.stem), host=True, **told).write(path)
    return path


def settings(sink: Sink, *ports: object) -> str:
    boards = "".join(f'[[board]]\nname = "b{at}"\nport = "{port}"\n' for at, port in enumerate(ports))
    return f'{boards}[http]\nurl = "{sink.url}"\n[[group]]\nname = "all"\nnodes = ["b*"]\n'


def state(running: Running) -> Plan:
    return running.gateway.rollouts.plans.all()[0]


def test_a_board_gets_the_image_and_a_restart_in_the_middle_goes_on(board, tmp_path, sink):
    path = image(tmp_path)
    with Line(board.console, baud=57_600) as line:
        with Running(tmp_path, settings(sink, line.port)) as running:
            until(lambda: running.gateway.intake.nodes["b0"].boot is not None)
            told = tool("start", path, "--group", "all", "--watch", 0, folder=tmp_path)
            assert f"{APP} v{path.stem} to all" in told
            until(lambda: "send" in running.gateway.intake.nodes["b0"].about.get("update", ""))
        assert "sending" in tool("show", folder=tmp_path)
        with Running(tmp_path, settings(sink, line.port)) as running:
            until(lambda: state(running).state == DONE)
            until(lambda: running.gateway.intake.nodes["b0"].about.get("version") == f"v{path.stem}")
    assert "done, 100 %: 1 done" in tool("show", folder=tmp_path)


def test_an_image_that_boards_refuse_stops_at_the_first_and_a_node_that_is_away_is_shown(board, tmp_path, sink):
    path = image(tmp_path, keys=signing.STRANGERS)
    with Running(tmp_path, settings(sink, board.console, tmp_path / "gone")) as running:
        until(lambda: running.gateway.intake.nodes["b0"].boot is not None)
        tool("start", path, "--group", "all", "--watch", 0, "--stages", "100", folder=tmp_path)
        assert "expected no rollout that runs" in tool("start", path, "--group", "all", folder=tmp_path, status=1)
        until(lambda: state(running).state == STOPPED)
    told = tool("show", folder=tmp_path)
    assert "1 of 1 nodes have failed" in told and "expected a key that the firmware knows" in told
    assert "b0: failed" in told and "b1: " in told
    assert "goes on" in tool("resume", 1, folder=tmp_path) and "is stopped" in tool("stop", 1, folder=tmp_path)


def test_a_node_that_does_not_get_on_is_stuck_and_the_stage_goes_on_without_it(tmp_path):
    from ml.gateway.outbox import Outbox  # noqa: PLC0415

    Outbox(tmp_path / "g.db", 1, ["http"]).close()
    plans = Plans(tmp_path / "g.db")
    number = plans.add("x", b"image", ("n*",), Limits())
    for name, now in (("n1", UPDATED), ("n2", STUCK), ("n3", FAILED)):
        plans.mark(number, name, now, "note")
    assert {one.node: one.state for one in plans.states(number).values()} == {"n1": UPDATED, "n2": STUCK, "n3": FAILED}
    plans.switch(number, STOPPED)
    plans.switch(number, RUNNING)
    assert set(plans.states(number)) == {"n1", "n2"} and time.time() - plans.states(number)["n1"].at < 60
