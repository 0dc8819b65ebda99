"""Lines and boards that fail: what is missing is counted, what is logged is right, and the file is whole."""

import contextlib
import os
import select
import threading
import time
import tty

import cbor2
import pytest
from latency_bench import rows_in, run, wait_for

from ml.link.frames import Decoder, Frame
from ml.link.messages import Command, Type
from tools.capture.faulty import Faults, FaultyLine
from tools.latency_log import reading
from tools.latency_log.log import STAGES

PATIENCE = ("--patience", 60)  # where the log goes on, however slow the host is
IMPATIENCE = ("--patience", 3)  # where it must end


@contextlib.contextmanager
def faulty(bench, folder, faults=None, seed=1):
    """A line to the board, on which a recording can be played too."""
    (folder / "sensors").symlink_to(bench.console.with_name("sensors"))
    with FaultyLine(str(bench.console), folder / "port", faults, seed) as line:
        yield line


def started(bench, folder, *words):
    """The tool at rest, after some windows."""
    tool = bench.start("--out", folder / "log.csv", *words, port=folder / "port")
    wait_for(lambda: rows_in(folder / "log.csv") >= 3)
    return tool


@pytest.mark.parametrize(
    "faults", [Faults(drop=1e-4, flip=3e-4), Faults(repeat=0.05, swap=0.05)], ids=["bytes", "frames"]
)
def test_each_row_is_the_boards_and_each_missing_one_is_counted(bench, recording, played, tmp_path, faults):
    with faulty(bench, tmp_path, faults) as line:
        words = ("--play", recording, "--out", tmp_path / "log.csv", "--json")
        done = bench.run(*words, port=tmp_path / "port")
        assert line.done > 3
    assert done.status == 3, done.err
    found, whole = reading.read(tmp_path / "log.csv").rows, reading.read(played[0]).rows
    assert not found["start"].any()
    at = found["window"] - whole["window"][0]
    assert 0 < len(at) < len(whole) and (at[1:] > at[:-1]).all()
    for name in ("time_us", "awake", "frontend_cycles", "inference_cycles", "decide_cycles"):
        assert (found[name] == whole[name][at]).all(), name
    assert done.json["lost"] == len(whole) - len(found)
    assert found["lost"].sum() == found["window"][-1] - whole["window"][0] + 1 - len(found)
    assert "rows lost: " in done.err
    if faults.repeat:
        assert done.json["repeated"] > 0


def test_a_board_that_restarts_is_followed_and_said(bench, tmp_path):
    with faulty(bench, tmp_path) as line:
        tool = started(bench, tmp_path, "--windows", 16, *PATIENCE)
        restarted = time.monotonic()
        line.send(Frame(Type.COMMAND, sequence=9, payload=bytes([Command.RESET_BOARD])).encode())
        done = tool.done()
    since_us = 1e6 * (time.monotonic() - restarted)
    rows = reading.read(tmp_path / "log.csv").rows
    assert done.status == 3
    assert "the board restarted" in done.err and "(software)" in done.err and "restarts of the board: 1" in done.out
    assert set(rows["start"]) == {0, 1} and len(rows) == 16
    first = rows["start"].tolist().index(1)
    assert rows["lost"][first] == rows["window"][first] - 1  # from its first window on
    assert rows["time_us"][first] < since_us  # the clock of the board began anew


def test_a_port_that_goes_and_returns_costs_what_the_log_says(bench, tmp_path):
    with faulty(bench, tmp_path) as line:
        tool = started(bench, tmp_path, "--windows", 16, *PATIENCE)
        line.vanish(0.7)
        done = tool.done()
    rows = reading.read(tmp_path / "log.csv").rows
    assert done.status == 3 and "it is back" in done.err
    assert not rows["start"].any()
    assert rows["window"][-1] - rows["window"][0] + 1 == len(rows) + rows["lost"].sum() > 16


@pytest.mark.parametrize(("fault", "said"), [("vanish", "found it gone"), ("stall", "3 s of silence")])
def test_a_board_that_stays_away_ends_the_log_with_all_that_came(bench, tmp_path, fault, said):
    with faulty(bench, tmp_path) as line:
        tool = started(bench, tmp_path, "--windows", 1000, *IMPATIENCE)
        getattr(line, fault)(1000.0)
        done = tool.done()
    assert done.status == 1 and said in done.err.splitlines()[-1] and "Traceback" not in done.err
    assert f"rows logged until then: {len(reading.read(tmp_path / 'log.csv').rows)}" in done.err


STREAMS = [{"id": 0, "name": "imu", "rate_mhz": 33300, "format": "int16", "channels": [[["ax"], "g", 2048]]}]
TIMING = {"id": 1, "name": "timing", "rate_mhz": 8325, "on": 0, "lost": 0, "dropped": 0, "format": "uint32"}
CHANNELS = [[["window", "awake"], "", 1], [["frontend", "inference", "decide"], "cycles", 1], [["latency"], "us", 1]]
INFO = {"version": 1, "app": "gesture_recognition", "board": "nano33ble", "build": "", "uptime_us": 5_000_000,
        "cycles_hz": 64_000_000, "stack": 0, "max_payload": 768, "streams": STREAMS}  # fmt: skip


WHOLE = INFO | {"streams": [*STREAMS, TIMING | {"channels": [*CHANNELS[:-1], [["latency", "slept"], "us", 1]]}]}
COUNTERS = ("uptime_us", "windows", "events", "missed", "overruns", "dropped", "frames", "errors", "stack")
STATISTICS = dict.fromkeys(COUNTERS, 0) | {stage: [0, 0, 0] for stage in STAGES}
STATISTICS |= {"saturated": [], "scores": []}


@contextlib.contextmanager
def scripted(*infos, more=()):
    """A board that says who it is, now and then and when it is asked, and has only zeros else: the first of `infos`
    before it is asked for its windows, after that the last. `more`: frames that follow each of them."""
    master, slave = os.openpty()
    tty.setraw(slave)
    over = threading.Event()

    def answer():
        said, decoder = infos[0], Decoder()
        while not over.is_set():
            data = os.read(master, 4096) if select.select([master], [], [], 0.3)[0] else b""
            replies = []
            for frame in decoder.feed(data):
                command = frame.payload[0]
                said = infos[-1] if command == Command.START else said
                stats = cbor2.dumps(STATISTICS) if command == Command.GET_STATS else b""
                replies.append(Frame(Type.REPLY, 0, frame.sequence, 0, bytes([command, 0]) + stats))
            for frame in (Frame(Type.INFO, payload=cbor2.dumps(said)), *more, *replies):
                os.write(master, frame.encode())

    board = threading.Thread(target=answer)
    board.start()
    yield os.ttyname(slave)
    over.set()
    board.join()
    os.close(slave)
    os.close(master)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, "found none in gesture_recognition"),
        ({"streams": [*STREAMS, TIMING | {"channels": CHANNELS}]}, "found one without slept"),
        ({"streams": [*STREAMS, TIMING | {"channels": CHANNELS, "format": "int16"}]}, "found one without slept"),
    ],
    ids=["older", "other columns", "other numbers"],
)  # fmt: skip
def test_firmware_without_the_stream_is_told_to_be_flashed_anew(tmp_path, change, found):
    with scripted(INFO | change) as port:
        done = run("--port", port, "--windows", 5, "--out", tmp_path / "log.csv")
    assert done.status == 1 and done.out == ""
    assert "expected firmware with the stream `timing`" in done.err and found in done.err
    assert "flash anew with: pio run -e gesture_recognition-nano33ble -t upload" in done.err
    assert done.err.count("\n") == 1 and not (tmp_path / "log.csv").exists()


def test_a_board_whose_clock_stands_still_is_refused_by_what_it_says_of_itself(tmp_path):
    with scripted(WHOLE | {"cycles_hz": 0}) as port:
        done = run("--port", port, "--windows", 5, "--out", tmp_path / "log.csv", *IMPATIENCE)
    assert done.status == 1 and done.out == ""
    assert "cycles_hz" in done.err and done.err.count("\n") == 1
    assert not (tmp_path / "log.csv").exists()


def test_another_firmware_on_the_same_port_ends_the_log(tmp_path):
    with scripted(WHOLE, WHOLE | {"build": "another"}) as port:
        done = run("--port", port, "--windows", 5, "--out", tmp_path / "log.csv", *IMPATIENCE)
    assert done.status == 1
    assert "expected the board that was logged so far, found build 'another' instead of ''; log again" in done.err


def test_a_board_that_talks_and_has_no_windows_is_an_error(tmp_path):
    with scripted(WHOLE) as port:
        done = run("--port", port, "--windows", 5, "--out", tmp_path / "log.csv", "--patience", 2)
    assert done.status == 1
    assert "expected a window now and then, found none for 2" in done.err
    assert not (tmp_path / "log.csv").exists()


def test_a_board_that_does_not_believe_its_sensor_says_why_there_are_no_windows(tmp_path):
    ill = {"reasons": ["stuck"], "channels": [0], "answers": 0, "withheld": 0}
    with scripted(WHOLE, more=[Frame(Type.HEALTH, payload=cbor2.dumps(ill))]) as port:
        done = run("--port", port, "--windows", 5, "--out", tmp_path / "log.csv", "--patience", 2)
    assert done.status == 1
    last = done.err.splitlines()[-1]
    told = "sensor: stuck (ax); no answers until it is well (docs/health.md)"
    assert done.err.count(f"board: {told}") == 1
    assert "expected a window now and then, found none for 2" in last and last.endswith(told)
