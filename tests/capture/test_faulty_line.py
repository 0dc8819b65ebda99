"""A line that fails: nothing wrong is stored as right, nothing that is missing goes unsaid, and the tool goes on."""

import threading
import time

import pytest
from desk import RATES, Truth, check_in_place, noise, wait_for

from ml.link.frames import Frame
from ml.link.messages import Command, Type
from tools.capture.faulty import Faults, FaultyLine

SECONDS = 8
KINDS = {
    "drop": Faults(drop=4e-5),
    "flip": Faults(flip=4e-5),
    "insert": Faults(insert=4e-5),
    "repeat": Faults(repeat=0.02),
    "swap": Faults(swap=0.02),
    "all": Faults(drop=2e-5, flip=2e-5, insert=2e-5, repeat=0.01, swap=0.01),
}


@pytest.fixture
def line(host, tmp_path):
    """A line to the board, on which the test makes things go wrong."""
    with FaultyLine(str(host.console), tmp_path / "port") as line:
        yield line


def record(host, tmp_path, seconds, **options):
    tool = host.collect(
        tmp_path / "data", "--seconds", seconds, "--yes", "--streams", "mic,imu", port=tmp_path / "port"
    )
    tool.wait_until_recording(2)
    return tool


@pytest.mark.parametrize(("kind", "seed"), [*((kind, 1) for kind in KINDS), ("all", 2), ("all", 3)])
def test_a_disturbed_line_costs_what_the_manifest_says_and_nothing_is_shifted(host, tmp_path, kind, seed):
    played = {name: noise(name, SECONDS) for name in ("mic", "imu")}
    with FaultyLine(str(host.console), tmp_path / "port", seed=seed) as line:
        tool = record(host, tmp_path, SECONDS + 2)
        line.faults = KINDS[kind]
        assert host.play(played) == 0
        done = tool.done()
        assert line.done > 3
    rows = [
        row
        for name, samples in played.items()
        for row in check_in_place(done, Truth(name, samples), (SECONDS + 2) * RATES[name])
    ]
    lost = sum(int(row["lost_before"]) + int(row["lost_after"]) for row in rows)
    assert done.status == (3 if lost else 0), done.err
    assert {row["status"] for row in rows} <= {"whole", "gap"}
    if kind in ("repeat", "swap"):
        assert done.incidents("repeated")
    else:
        assert done.incidents("damaged")
    assert bool(lost) == bool(done.incidents("lost")) == (kind != "repeat")


def test_a_line_that_stalls_costs_what_the_board_had_no_room_for(host, tmp_path, line):
    played = {name: noise(name, 6) for name in ("mic", "imu")}
    tool = record(host, tmp_path, 8)
    player = threading.Thread(target=host.play, args=(played,), kwargs={"realtime": True})
    player.start()
    time.sleep(1.5)
    line.stall(2.0)
    done = tool.done()
    player.join()
    for name, samples in played.items():
        check_in_place(done, Truth(name, samples), 8 * RATES[name])
    assert len(done.incidents("stall")) == 1
    assert "stalled" in done.rows()[0]["note"]
    dropped, lost = done.incidents("dropped"), done.incidents("lost")
    assert bool(dropped) == bool(lost)
    assert done.status == (3 if lost else 0)


def test_a_port_that_vanishes_and_returns_leaves_a_gap_of_known_length(host, tmp_path, line):
    played = {name: noise(name, 6) for name in ("mic", "imu")}
    tool = record(host, tmp_path, 8)
    player = threading.Thread(target=host.play, args=(played,), kwargs={"realtime": True})
    player.start()
    time.sleep(1.5)
    line.vanish(1.5)
    done = tool.done()
    player.join()
    assert done.status == 3
    for name, samples in played.items():
        rows = check_in_place(done, Truth(name, samples), 8 * RATES[name])
        assert len(rows) == 2
        assert 1.3 < int(rows[1]["lost_before"]) / RATES[name] < 5
        assert {row["status"] for row in rows} == {"gap"}
        assert "port vanished" in rows[1]["note"]
    assert (len(done.incidents("vanished")), len(done.incidents("reset"))) == (1, 0)


def test_a_board_that_restarts_is_started_again_and_the_gap_is_reckoned_from_the_hosts_clock(host, tmp_path, line):
    tool = record(host, tmp_path, 5)
    time.sleep(1.5)
    restarted = time.monotonic()
    line.send(Frame(Type.COMMAND, sequence=1, payload=bytes([Command.RESET_BOARD])).encode())
    done = tool.done()
    since = time.monotonic() - restarted
    assert done.status == 3
    assert len(done.incidents("reset")) == 1
    for name in ("mic", "imu"):
        first, second = done.rows(sensor=name)
        # By the clock of the host, which may be slow: the board may have run for less before it was restarted than it
        # takes the tool to find it again.
        assert int(second["start_us"]) < 1e6 * since
        assert 0 < int(second["lost_before"]) < since * RATES[name]
        stored = sum(int(row["samples"]) + int(row["lost_before"]) for row in (first, second))
        assert stored == 5 * RATES[name]
        assert "board reset" in second["note"]


def test_a_port_that_never_returns_ends_the_take_and_says_so(host, tmp_path, line):
    tool = host.collect(
        tmp_path / "data", "--seconds", 20, "--yes", "--streams", "imu", "--patience", 2, port=tmp_path / "port"
    )
    tool.wait_until_recording(1)
    time.sleep(1)
    line.vanish(1000)
    done = tool.done()
    assert done.status == 3
    (row,) = done.rows()
    assert row["status"] == "cut"
    assert int(row["samples"]) + int(row["lost_after"]) == 20 * RATES["imu"]
    assert len(done.samples(row)) == int(row["samples"]) > 100
    assert "port vanished" in row["note"]


def test_noise_before_the_first_frame_does_not_keep_the_tool_from_meeting_the_board(host, tmp_path):
    with FaultyLine(str(host.console), tmp_path / "port", Faults(flip=2e-3), seed=3) as line:
        tool = host.collect(tmp_path / "data", "--seconds", 1, "--yes", "--streams", "imu", port=tmp_path / "port")
        wait_for((tmp_path / "data" / "manifest.csv").exists)
        line.faults = Faults()
        assert tool.done().status in (0, 3)
