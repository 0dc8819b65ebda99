"""Whatever is wrong: one line that says what was expected and what was found, exit status 1, nothing half-written."""

import contextlib
import json
import os
import pty

import pytest

from ml.data.synthesis import Plan, generate
from ml.errors import UserError
from ml.link.port import Port
from ml.pipeline.run import last

APP = "gesture_recognition"
ROW = "ax,ay,az,gx,gy,gz\n" + "".join(f"{n % 7},0,9.8,0,{n % 5},0\n" for n in range(60))


def refused(done, out=None):
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("python -m ml: "), done.stderr
    assert "expected" in line
    assert "Traceback" not in done.stderr
    assert out is None or not list(out.iterdir())
    return line


def data_set(folder, rows, text=ROW):
    folder.mkdir()
    (folder / "one.csv").write_text(text)
    (folder / "two.csv").write_text(ROW)
    for number in range(40):  # each has samples of its own
        (folder / f"{number}.csv").write_text(ROW + f"0.{number + 10},0,0,0,0,0\n")
    (folder / "manifest.csv").write_text("file,label,subject,sample_rate_hz\n" + "\n".join(rows) + "\n")
    return folder


ROWS = ["one.csv,left,ann,33.3", "two.csv,left,bob,33.3"]
BAD = {
    "a recording that cannot be read": (ROWS, "\0\0\0", "one.csv"),
    "a recording with NaN": (ROWS, ROW + "nan,0,0,0,0,0\n", "one.csv"),
    "a missing file": ([*ROWS, "three.csv,left,cat,33.3"], ROW, "three.csv"),
    "a file outside": ([*ROWS, "../three.csv,left,cat,33.3"], ROW, "inside its folder"),
    "one subject": (ROWS[:1], ROW, "at least 2 subjects"),
    "a rate that makes a gesture of no time": (["one.csv,left,ann,9999", ROWS[1]], ROW, "is sample_rate_hz right?"),
    "more gestures than a model may have": (
        [f"{n}.csv,gesture {n},{'ann' if n % 2 else 'bob'},33.3" for n in range(40)],
        ROW,
        "1 to 31 gestures",
    ),
}


@pytest.mark.parametrize(("rows", "text", "word"), BAD.values(), ids=BAD.keys())
def test_bad_data_is_one_line(ml, tmp_path, rows, text, word):
    out = tmp_path / "out"
    out.mkdir()
    folder = data_set(tmp_path / "set", rows, text)
    assert word in refused(ml("train", APP, "--data", folder, "--out", out, "--strict", status=1), out)


def test_what_cannot_be_used_is_left_out_and_listed_unless_strict(ml, tmp_path):
    data, out = generate(Plan(people=2, repetitions=1, background_s=2), 0, tmp_path / "set"), tmp_path / "out"
    broken = next(data.glob("repetitions/left/*.csv"))
    broken.write_text("ax,ay,az\n1,2,nan\n")
    strict = ml("train", APP, "--quick", "--data", data, "--out", out, "--strict", status=1)
    assert broken.name in refused(strict)
    assert not out.exists()
    done = ml("train", APP, "--quick", "--data", data, "--out", out)
    assert "1 are left out" in done.stderr
    listed = json.loads((out / "data_quality.json").read_text())["left_out"]
    assert [one["file"] for one in listed] == [broken.relative_to(data).as_posix()]
    assert "found 'nan'" in listed[0]["reason"]


def test_an_error_that_follows_from_what_was_left_out_says_so(ml, tmp_path):
    folder = data_set(tmp_path / "set", ROWS, "\0\0\0")
    line = refused(ml("train", APP, "--data", folder, "--out", tmp_path, status=1))
    assert "at least 2 subjects" in line
    assert "1 left out, the first:" in line


OPTIONS = {
    "no such folder": (("--data", "/nowhere"), "/nowhere"),
    "split by window": (("--split-by", "window"), "by subject"),
    "split by recording": (("--split-by", "recording"), "by subject"),
    "a stranger held out": (("--quick", "--hold-out", "nobody"), "nobody"),
}


@pytest.mark.parametrize(("options", "word"), OPTIONS.values(), ids=OPTIONS.keys())
def test_a_bad_option_is_one_line(ml, tmp_path, options, word):
    assert word in refused(ml("run", APP, *options, "--out", tmp_path, status=1), tmp_path)


def test_crossval_refuses_a_split_by_window_too(ml):
    assert "by subject" in refused(ml("crossval", APP, "--split-by", "window", status=1))


@pytest.mark.parametrize("command", ["quantise", "report", "export-stream"])
def test_a_step_before_its_time_says_what_to_run_first(ml, tmp_path, command):
    assert "run that first" in refused(ml(command, APP, "--out", tmp_path, status=1), tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1, "app": 3}', '{"version": 9, "hold_out": []}', "\0"])
def test_a_damaged_memory_of_the_last_run_is_one_line(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(UserError, match="expected"):
        last(APP, str(tmp_path))


def test_a_report_without_results_names_the_missing_one(ml, tmp_path):
    data = generate(Plan(people=2, repetitions=1, background_s=2), 0, tmp_path / "set")
    run = {"version": 1, "app": APP, "data": str(data), "hold_out": [], "seed": 0, "quick": True, "out": None}
    (tmp_path / "run.json").write_text(json.dumps(run))
    assert "data.json" in refused(ml("report", APP, "--out", tmp_path, status=1))
    assert not (tmp_path / "report.html").exists()


def test_an_unknown_app_names_those_there_are(ml):
    done = ml("run", "cooking", status=1)
    assert "gesture_recognition" in done.stderr
    assert len(done.stderr.splitlines()) == 1


PORTS = {
    "unplugged": ("/dev/nothing-here", "plug the board in"),
    "no port": ("/dev/null", "something else"),
    "no board": ("nonsense", "neither"),
    "no name": ("", "pio device list"),
    "nobody listens": ("socket://localhost:1", "found nothing"),
}


@pytest.mark.parametrize(("port", "word"), PORTS.values(), ids=PORTS.keys())
def test_a_port_that_cannot_be_used_is_one_line(ml, quick, port, word):
    done = ml("verify", APP, "--on", port, "--out", quick, status=1)
    assert word in refused(done)
    assert len(done.stderr.splitlines()) == 1


def test_a_busy_port_is_one_line(ml, quick):
    _, slave = pty.openpty()
    with contextlib.closing(Port(os.ttyname(slave))) as held:
        assert "found it in use" in refused(ml("verify", APP, "--on", held.name, "--out", quick, status=1))


def test_a_board_with_other_firmware_is_one_line(ml, quick):
    board, slave = pty.openpty()
    os.write(board, b"Marlin 2.0 ready\r\n" * 20)
    line = refused(ml("verify", APP, "--on", os.ttyname(slave), "--out", quick, status=1))
    assert "expected a Thimble board" in line
    assert "-t upload" in line
