"""Firmware that speaks other tools' protocols, on a pseudo-terminal, at its own pace."""

import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
import tty

import numpy as np
import pytest
from desk import Done, wait_for

from ml.capture.events import Block
from ml.capture.foreign import Foreign
from ml.paths import ROOT


class Speaker:
    """A board: `line(n)` gives the bytes of sample or packet n."""

    def __init__(self, per_second, line, hello=None):
        self.master, self.slave = os.openpty()
        tty.setraw(self.master)
        self.port = os.ttyname(self.slave)
        self.sent = 0
        self.heard = b""
        self._per_second, self._line, self._hello = per_second, line, hello
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._closing.set()
        self._thread.join()
        os.close(self.master)
        os.close(self.slave)

    def _run(self):
        os.set_blocking(self.master, False)
        while self._hello and not self._closing.wait(0.1):
            with contextlib.suppress(BlockingIOError):  # the tool is slow to start
                os.write(self.master, self._hello)
            self.heard += self._read()
            if b"connect" in self.heard:
                break
        started = time.monotonic()
        while not self._closing.wait(0.005):
            self.heard += self._read()
            while self.sent < (time.monotonic() - started) * self._per_second:
                data = self._line(self.sent)
                self.sent += 1
                try:
                    os.write(self.master, data)
                except BlockingIOError:
                    break

    def _read(self):
        try:
            return os.read(self.master, 4096)
        except BlockingIOError:
            return b""


def collect(tmp_path, port, *words):
    command = [sys.executable, ROOT / "tools/collect.py", "--data", tmp_path, "--port", port, "--label", "wave"]
    command += ["--subject", "ann", "--session", "s1", "--yes", *words]
    done = subprocess.run(
        list(map(str, command)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=60,
    )
    return Done(done.returncode, done.stdout, done.stderr, tmp_path)


def values(done, row):
    return np.loadtxt(done.data / row["file"], delimiter=",", skiprows=1, ndmin=2)


@pytest.mark.parametrize("format_", ["auto", "ei"])
def test_data_forwarder_lines_are_recorded_at_the_rate_at_which_they_come(tmp_path, format_):
    with Speaker(104, lambda n: f"{n},{-n},{n / 8}\r\n".encode()) as board:
        done = collect(tmp_path, board.port, "--seconds", 2, "--format", format_, "--columns", "ax:g,ay:g,az:g")
    assert done.status == 0, done.err + done.out
    (row,) = done.rows()
    assert (row["sensor"], row["format"], row["start_us"], row["scale"]) == ("accel", "ei", "", "ax ay az: 1/g")
    assert float(row["sample_rate_hz"]) == pytest.approx(104, rel=0.05)
    table = values(done, row)
    first = table[0, 1] / 9.80665
    assert np.allclose(table[:, 1] / 9.80665, first + np.arange(len(table)), atol=1e-3)
    assert np.allclose(table[:, 2], -table[:, 1])
    assert len(table) == round(2 * float(row["sample_rate_hz"]))


def test_a_line_that_is_damaged_splits_the_recording(tmp_path):
    def line(n):
        return b"12,x#\n" if n % 300 == 299 else f"{n},{-n}\n".encode()

    with Speaker(100, line) as board:
        done = collect(tmp_path, board.port, "--seconds", 4, "--format", "ei")
    assert done.status == 3
    rows = done.rows()
    assert len(rows) >= 2
    for row in rows:
        assert set(np.diff(values(done, row)[:, 1])) <= {1.0}
        assert row["status"] == "gap"
    assert sum(int(row["samples"]) + int(row["lost_before"]) + int(row["lost_after"]) for row in rows) == round(
        4 * float(rows[0]["sample_rate_hz"])
    )
    assert done.incidents("damaged")
    assert done.incidents("lost")


def test_csv_with_a_header_and_the_boards_time_keeps_both(tmp_path):
    def line(n):
        return (b"timestamp_us,temp [C],light\n" if n == 0 else b"") + f"{n * 10_000},{20 + n},{n * 2}\n".encode()

    with Speaker(100, line, hello=b"timestamp_us,temp [C],light\n") as board:

        def begin():
            wait_for((tmp_path / ".collect.lock").exists)
            time.sleep(1)
            board.heard = b"connect"

        threading.Thread(target=begin, daemon=True).start()
        done = collect(tmp_path, board.port, "--seconds", 1, "--format", "csv")
    assert done.status == 0, done.err
    (row,) = done.rows()
    assert row["start_us"]
    header = (done.data / row["file"]).read_text().partition("\n")[0]
    assert header == "timestamp_us,temp,light"
    table = values(done, row)
    assert (np.diff(table[:, 0]) == 10_000).all()
    assert float(row["measured_rate_hz"]) == pytest.approx(100, rel=1e-3)


def ssi_packet(n, rows, columns):
    payload = b"".join(struct.pack(f"<{columns}h", *[n * rows + i] * columns) for i in range(rows))
    body = struct.pack("<BBI", 0, 0, n + 1) + payload
    xor = 0
    for byte in body:
        xor ^= byte
    return b"\xff" + struct.pack("<H", len(payload) + 6) + body + bytes([xor])


def test_ssi_version_2_is_met_connected_and_checked(tmp_path):
    announcement = {"sample_rate": 100, "version": 2, "samples_per_packet": 6}
    announcement["column_location"] = {name: i for i, name in enumerate(("ax", "ay", "az", "gx", "gy", "gz"))}
    dropped = 60

    def packet(n):
        return b"" if n == dropped else ssi_packet(n, 6, 6)

    with Speaker(100 / 6, packet, hello=json.dumps(announcement).encode() + b"\n") as board:
        done = collect(tmp_path, board.port, "--seconds", 5, "--format", "ssi")
        assert b"connect" in board.heard
        assert b"disconnect" in board.heard or board._closing.wait(0.2) or b"disconnect" in board.heard
    assert done.status == 3, done.err
    rows = done.rows()
    assert [row["sensor"] for row in rows] == ["imu", "imu"]
    assert int(rows[1]["lost_before"]) == 6
    first, second = (values(done, row) for row in rows)
    assert second[0, 1] - first[-1, 1] == 7
    for table in (first, second):
        assert (np.diff(table[:, 1]) == 1).all()


def test_a_silent_port_is_an_error_in_one_line(tmp_path):
    with Speaker(0.001, lambda n: b"") as board:
        started = time.monotonic()
        done = collect(tmp_path, board.port, "--seconds", 1, "--patience", 4)
    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert "known protocol" in done.err
    assert time.monotonic() - started < 40


@pytest.mark.parametrize("line", ["nan,nan,nan", "inf,-inf,ovf", "1.5,nan,2", "NaN;NaN;NaN"])
def test_a_line_without_numbers_stands_for_a_sample_that_is_missing(line):
    source, events = Foreign("csv", lambda data: None), []
    for number in range(1000):
        text = line if number in (700, 701) else f"{number},{number},{number}"
        events += source.feed(f"{text}\n".encode(), number / 100)
    blocks = [event for event in events if isinstance(event, Block)]
    assert [block.lost for block in blocks if block.lost] == [2]
    recorded = np.concatenate([block.values[:, 0] for block in blocks]).tolist()
    assert recorded[-1] == 999 and not {700, 701} & set(recorded)


def test_a_word_of_the_board_is_no_sample():
    source, events = Foreign("csv", lambda data: None), []
    for number in range(1000):
        text = "sensor: nan readings today" if number == 700 else f"{number},{number},{number}"
        events += source.feed(f"{text}\n".encode(), number / 100)
    assert not any(event.lost for event in events if isinstance(event, Block))


def test_a_tool_that_was_stopped_splits_the_take_where_it_did_not_listen(tmp_path):
    with Speaker(200, lambda n: f"{n},{-n}\n".encode()) as board:
        words = ("--format", "ei", "--seconds", "4", "--repeat", "2", "--yes", "--label", "a", "--subject", "b")
        command = [
            sys.executable,
            str(ROOT / "tools/collect.py"),
            "--data",
            str(tmp_path),
            "--port",
            board.port,
            *words,
        ]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen([*command, "--session", "s"], cwd=ROOT, **pipes)
        wait_for(lambda: list(tmp_path.glob("b/s/0001*")))
        time.sleep(0.5)
        process.send_signal(signal.SIGSTOP)
        time.sleep(4.0)  # 7 kB: the pseudo-terminal holds 4
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=90)
    done = Done(process.returncode, out, err, tmp_path)
    assert done.status == 3, err
    first, second = done.rows(take=1), done.rows(take=2)
    assert [row["status"] for row in second] == ["whole"], (out, err)
    assert len(first) <= 2 and {row["status"] for row in first} == {"gap"}
    for row in first:
        assert set(np.diff(values(done, row)[:, 1])) == {1.0}
    lost = int(first[0]["lost_after"]) + (int(first[1]["lost_before"]) if len(first) > 1 else 0)
    if len(first) > 1:
        numbers = [values(done, row)[:, 1] for row in first]
        assert lost == pytest.approx(numbers[1][0] - numbers[0][-1] - 1, abs=60)
    assert {each["take"] for each in done.incidents("deaf")} == {"1"}
    assert not done.incidents("behind") or {each["take"] for each in done.incidents("behind")} == {"1"}
