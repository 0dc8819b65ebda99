"""Boards that say what is not so, and boards that stop to speak: the real tool ends, says why, keeps what it has."""

import shutil
import signal
import subprocess
import sys
from random import Random

import cbor2
import pytest
from desk import Done, wait_for

from ml.capture.events import Block, Device
from ml.capture.meter import Meter
from ml.capture.thimble import Thimble
from ml.errors import UserError
from ml.link.frames import MAX_PAYLOAD, Frame
from ml.link.messages import Type
from ml.paths import ROOT
from tests.link.hostile import hostile
from tests.link.pretender import INFO, Pretender, Samples, imu
from tools.capture.textplot import picture

TELLS = INFO | {"streams": [imu()]}
TIMEOUT_S = 90
SPEECH = ("\x1b", "\x9b", "\u202e", "\x07")


def start(data, port, *words):
    """`python tools/collect.py`, running."""
    given = ("--label", "wave", "--subject", "ann", "--session", "s1", "--yes", "--format", "thimble")
    command = [sys.executable, ROOT / "tools/collect.py", "--data", data, "--port", port, *given, *words]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(list(map(str, command)), cwd=ROOT, text=True, **pipes)


def done(process, data):
    out, err = process.communicate(timeout=TIMEOUT_S)
    assert "Traceback" not in err
    assert not any(mark in out + err for mark in SPEECH)
    return Done(process.returncode, out, err, data)


def recording(data, rows=1):
    """A take has begun, and its first file is there."""
    wait_for(lambda: list((data / "ann").glob("*/0*")) if data.exists() else [])


@pytest.mark.parametrize(
    ("changes", "found"),
    [({"streams": [imu(name="/../../../../evil")]}, "name"), ({"cycles_hz": 10**400}, "cycles_hz")],
)
def test_what_a_board_must_not_say_of_itself_is_an_error_that_names_it(tmp_path, changes, found):
    with Pretender(INFO | changes) as board:
        ended = done(start(tmp_path / "data", board.port, "--seconds", 1, "--patience", 1), tmp_path / "data")
    assert ended.status == 1
    assert f"found one whose words are refused (INFO: {found}: expected" in ended.err.splitlines()[-1]
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]


def test_a_board_that_goes_on_talking_and_sends_no_samples_is_given_up(tmp_path):
    with Pretender(TELLS, Samples(100, until=120)) as board:
        words = ("--seconds", 20, "--repeat", 5, "--patience", 1)
        ended = done(start(tmp_path, board.port, *words), tmp_path)
    assert ended.status == 3
    (row,) = ended.rows()
    assert (row["status"], row["note"]) == ("cut", "no sample arrived for 1 s")
    assert 0 < int(row["samples"]) < 120
    assert int(row["samples"]) + int(row["lost_after"]) == 2000


def test_a_board_whose_time_runs_backwards_is_given_up(tmp_path):
    def clock(row):
        return 1e4 * row if row <= 100 else 2e6 - 1e4 * row

    with Pretender(TELLS, Samples(100, clock=clock)) as board:
        ended = done(start(tmp_path, board.port, "--seconds", 20, "--patience", 1), tmp_path)
    assert ended.status == 3
    assert {row["status"] for row in ended.rows()} <= {"cut", "gap"}
    assert "no sample arrived" in ended.out
    assert ended.incidents("unreadable")


def test_a_trigger_is_not_waited_for_when_no_samples_come(tmp_path):
    with Pretender(TELLS, Samples(100, until=50)) as board:
        words = ("--seconds", 1, "--trigger", "motion=150", "--patience", 1)
        ended = done(start(tmp_path, board.port, *words), tmp_path)
    assert ended.status == 1
    assert "expected samples of imu, found none" in ended.err


@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_is_removed_while_it_is_recorded_is_an_error_and_stays_removed(tmp_path, what):
    data = tmp_path / "data"
    with Pretender(TELLS, Samples(100)) as board:
        process = start(data, board.port, "--seconds", 60)
        recording(data)
        if what == "folder":
            shutil.rmtree(data)
        else:
            next((data / "ann").glob("*/0*")).unlink()
        ended = done(process, data)
    assert ended.status == 1
    assert "INCOMPLETE" in ended.out and "removed while it was recorded" in ended.err
    assert data.exists() == (what == "file")
    if what == "file":
        assert ended.rows() == []


def test_an_edit_of_the_manifest_while_it_is_recorded_stays_and_is_told(tmp_path):
    with Pretender(TELLS, Samples(100)) as board:
        process = start(tmp_path, board.port, "--seconds", 1, "--repeat", 2)
        recording(tmp_path)
        wait_for(lambda: "whole" in (tmp_path / "manifest.csv").read_text())
        path = tmp_path / "manifest.csv"
        path.write_text(path.read_text().replace("wave,ann", "tap,ann", 1) + "other.csv,knock,bob\n")
        ended = done(process, tmp_path)
    assert ended.status == 0, ended.err
    assert [row["label"] for row in ended.rows(take=1)] == ["tap"]
    assert [row["status"] for row in ended.rows(take=2)] == ["whole"]
    assert [row["label"] for row in ended.rows(subject="bob")] == ["knock"]
    assert "changes of the manifest by another program" in ended.err and ended.incidents("edited")


def test_losses_of_a_program_that_was_stopped_are_booked_on_the_take_in_which_it_was(tmp_path):
    told = INFO | {"streams": [imu()]}
    with Pretender(told, Samples(100)) as board:
        process = start(tmp_path, board.port, "--seconds", 2, "--repeat", 3, "--patience", 2)
        recording(tmp_path)
        process.send_signal(signal.SIGSTOP)
        board.hold(3.0)
        process.send_signal(signal.SIGCONT)
        board.info = told | {"streams": [imu(dropped=60)]}
        ended = done(process, tmp_path)
    assert ended.status == 3, ended.err + ended.out
    first, *others = (ended.rows(take=number) for number in (1, 2, 3))
    assert {row["status"] for row in first} == {"gap"}
    assert [row["status"] for rows in others for row in rows] == ["whole", "whole"]
    assert max(int(row["dropped"]) for row in first) == 60
    assert [row["dropped"] for rows in others for row in rows] == ["0", "0"]
    lost = [(each["take"], int(each["count"])) for each in ended.incidents("lost")]
    booked = sum(int(row["lost_before"]) + int(row["lost_after"]) for row in first)
    assert sum(count for take, count in lost if take == "1") == booked > 0
    assert {take for take, _ in lost} <= {"1", ""}
    assert ended.incidents("deaf")[0]["take"] == "1"


def test_whatever_a_board_says_of_itself_what_is_shown_of_it_is_text():
    random, met = Random(2), 0
    for number in range(800):
        source, meters = Thimble(lambda data: None), {}
        info = Frame(Type.INFO, payload=cbor2.dumps(hostile(random, TELLS))[:MAX_PAYLOAD]).encode()
        data = b"".join(Frame(Type.DATA, 0, i, 10_000 * i, random.randbytes(24)).encode() for i in range(3))
        try:
            events = list(source.feed(info + data, float(number)))
        except UserError as error:
            assert str(error).isprintable()
            continue
        for event in events:
            if isinstance(event, Device):
                met += bool(event.streams)
                meters = {stream.name: Meter(stream) for stream in event.streams}
                assert f"{event.app} {event.board} {[s.scale for s in event.streams]}".isprintable()
            elif isinstance(event, Block):
                meters[event.stream.name].add(event)
        for meter in meters.values():
            for line in [meter.level(), *picture(meter.stream, meter.recent())]:
                assert line.isprintable()
    assert met > 20
