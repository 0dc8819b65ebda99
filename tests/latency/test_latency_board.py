"""The real tool and a virtual board: what it logs, that two runs are the same, and that slower firmware is found."""

import os
import pty
import re
import signal

import pytest
from latency_bench import SECONDS, Bench, Tool, rows_in, wait_for, windows_of

from tools.latency_log import reading
from tools.latency_log.figures import summarise

AT_REST_US = 120_120  # from window to window


def test_every_window_of_a_recording_is_logged(played):
    path, said = played
    found = reading.read(path)
    assert list(found.rows["window"]) == windows_of(SECONDS)
    assert not found.rows["lost"].any() and not found.rows["start"].any()
    assert said["windows"] == len(windows_of(SECONDS)) and said["lost"] == said["missed"] == said["samples_lost"] == 0
    assert 0 < said["awake"] < said["windows"] and said["awake"] == found.rows["awake"].sum()
    assert found.header.app == said["app"] == "gesture_recognition" and found.header.board == "virtual"
    assert re.fullmatch(r"[0-9a-f]{16}", found.header.model_hash)
    assert found.header.recording.startswith("motion.csv ")


def test_figures_are_those_of_the_board(played):
    """One instruction is 64 ns; an inference lasts what its cycles say, and its latency no less than their sum."""
    path, said = played
    rows, header = reading.read(path).rows, reading.read(path).header
    awake = rows["awake"] == 1
    total = rows["frontend_cycles"] + rows["inference_cycles"] + rows["decide_cycles"]
    assert header.cycles_hz == 15_625_000
    assert (rows["inference_cycles"][awake] > 100 * rows["inference_cycles"][~awake].max()).all()
    assert (rows["latency_us"] >= total * 64 / 1000).all()
    assert (rows["latency_us"] < 2 * total.max() * 64 / 1000 + 5000).all()
    assert abs(rows["time_us"][1:] - rows["time_us"][:-1] - AT_REST_US).max() <= 1
    busy = total.sum() * 64e-9 / SECONDS
    assert busy < said["duty"] < busy + 0.03
    assert said["stages"]["inference"]["us"]["median"] == pytest.approx(
        said["stages"]["inference"]["cycles"]["median"] * 0.064
    )


def test_two_runs_of_a_recording_are_the_same_and_have_not_changed(bench, recording, played, tmp_path):
    again = tmp_path / "again.csv"
    done = bench.run("--play", recording, "--out", again, "--against", played[0], "--tolerance", 0, "--json")
    assert done.status == 0, done.err
    assert again.read_bytes() == played[0].read_bytes()
    assert {each["change"] for each in done.json["comparison"]["changes"]} == {0.0}
    assert not any(each["beyond_noise"] for each in done.json["comparison"]["changes"])
    assert any("window for window: none of" in note for note in done.json["comparison"]["notes"])


def test_slower_firmware_is_found_and_only_where_it_is_slower(firmware, bench, recording, played, tmp_path):
    """Built for kernels without the DSP instructions: the same results in more time."""
    out, folder = tmp_path / "slower.parquet", tmp_path / "slower"
    with firmware.running(bench.environment, folder, "-D NN_PORTABLE"):
        words = ("--play", recording, "--out", out, "--against", played[0], "--tolerance", 5)
        done = Bench(folder, bench.environment).run(*words, "--plot", tmp_path / "picture.png")
    assert done.status == 1
    assert re.search(r"expected nothing slower by more than 5 %, found inference median \+\d+", done.err)
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    old, new = (summarise(each.rows, each.header).stages for each in (reading.read(played[0]), reading.read(out)))
    assert new["inference"].cycles["median"] > 1.1 * old["inference"].cycles["median"]
    assert new["frontend"].cycles == old["frontend"].cycles


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_a_log_that_is_whole(bench, tmp_path, sign):
    out = tmp_path / "log.parquet"
    tool = bench.start("--seconds", 1000, "--out", out)
    wait_for(out.exists)
    tool.send(sign)
    done = tool.done()
    assert done.status == 3 and "ended before there was as much as was asked for" in done.err
    assert f"{len(reading.read(out).rows)} windows" in done.out
    assert len(reading.read(out).rows) > 0


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_process_that_is_killed_leaves_a_valid_file(bench, tmp_path, kind):
    out = tmp_path / f"log.{kind}"
    tool = bench.start("--seconds", 1000, "--out", out)
    wait_for(lambda: out.exists() and (kind == "parquet" or rows_in(out) > 3))
    tool.send(signal.SIGKILL)
    assert tool.done().status == -signal.SIGKILL
    assert len(reading.read(out).rows) > (3 if kind == "csv" else 0)


def test_so_many_windows_and_no_more(bench, recording, tmp_path):
    done = bench.run("--play", recording, "--windows", 100, "--out", tmp_path / "log.csv", "--json")
    assert done.status == 0 and done.json["windows"] == rows_in(tmp_path / "log.csv") == 100


def test_so_much_of_the_boards_time_and_no_more(bench, recording):
    done = bench.run("--play", recording, "--seconds", 20, "--json")
    assert done.status == 0 and 20 - 2 * AT_REST_US / 1e6 < done.json["seconds"] <= 20


def test_a_recording_of_another_sensor_is_refused(bench, tmp_path):
    sound = tmp_path / "sound.npz"
    sound.write_bytes(b"")
    done = bench.run("--play", sound, "--out", tmp_path / "log.csv")
    assert done.status == 1 and done.err.count("\n") == 1 and "Traceback" not in done.err
    assert not (tmp_path / "log.csv").exists()


def test_at_a_terminal_the_figures_are_live(bench, recording):
    master, slave = pty.openpty()
    tool = Tool("--port", bench.environment, "--windows", 16, workspace=bench.folder, stdin=slave, stdout=slave,
                stderr=slave, text=False)  # fmt: skip
    os.close(slave)
    heard = b""
    while chunk := _read(master):
        heard += chunk
    os.close(master)
    assert tool.done().status == 0
    shown = heard.decode()
    assert len(set(re.findall(r"(\d+) windows", shown))) > 1  # as they came
    # How many depends on what the board heard in the test before.
    assert re.search(r"16 windows, \d+\.\d% of them asleep", shown) and "rows lost: 0" in shown


def _read(file):
    try:
        return os.read(file, 4096)
    except OSError:  # nobody has it open any more
        return b""
