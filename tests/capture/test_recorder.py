"""The recorder takes everything that a line gives, however much has piled up."""

import time
from collections import deque

import numpy as np
import pytest
from desk import read_counts

from ml.capture.clock import WaitClock
from ml.capture.events import Block, Column, Device, Incident, Stream
from ml.capture.line import Bytes
from ml.capture.manifest import Manifest
from ml.capture.recorder import AT_ONCE, Recorder
from ml.capture.take import Naming

MIC = Stream("mic", 1000.0, (Column("pcm", "FS", 32768),))
DEVICE = Device("app", "board", "", "thimble", (MIC,))
ROWS = 10


class Pile:
    """A line on which all has arrived already: the number of a block in a pair of bytes."""

    name = "pile"

    def __init__(self, blocks):
        self.left = deque(blocks)
        self.closed = False

    def get(self, seconds):
        return Bytes(self.left.popleft(), time.monotonic()) if self.left else None

    def close(self):
        self.closed = True


class Numbers:
    """A source: each block holds its samples' numbers; one that is left out is a gap."""

    settle_s, refusal = 0.0, ""

    def __init__(self):
        self.next = 0

    def opened(self):
        return []

    def ask(self):
        pass

    def stop(self):
        pass

    def deaf(self, seconds):
        pass

    def feed(self, data, arrival_s):
        if data == b"hello":
            return [DEVICE]
        if data == b"reset":
            self.next = 0
            return [Incident("reset")]
        number = int(data)
        first, lost, self.next = number * ROWS, (number - self.next) * ROWS, number + 1
        values = np.arange(first, first + ROWS, dtype=np.int16)[:, None]
        return [Block(MIC, first * 1000, 1000.0, values, lost, arrival_s)]


def recorded(tmp_path, blocks, seconds):
    pile = Pile([b"hello", b"0"])
    recorder = Recorder(pile, Numbers(), Manifest(tmp_path), patience_s=1000)
    try:
        recorder.wait_until_ready()
        take = recorder.start(Naming("a", "b", "c"), seconds)
        pile.left += blocks
        while recorder.recording and pile.left:
            recorder.step(0)
        recorder.stop("" if not recorder.recording else "stopped")
    finally:
        recorder.close()
    rows = sorted(Manifest(tmp_path).rows, key=lambda row: int(row["piece"]))
    return take, rows, [read_counts(tmp_path / row["file"])[:, 0].tolist() for row in rows]


def test_a_pile_of_any_height_is_taken_without_a_hole(tmp_path):
    count = 3 * AT_ONCE + 7
    take, (row,), (samples,) = recorded(tmp_path, [str(number).encode() for number in range(1, count + 1)], count / 100)
    assert take.is_whole
    assert samples == list(range(ROWS, (count + 1) * ROWS))
    assert row["status"] == "whole"


def test_gaps_split_and_are_counted_also_at_the_ends(tmp_path):
    numbers = [*range(4, 10), *range(12, 20), 40]
    take, rows, pieces = recorded(tmp_path, [str(number).encode() for number in numbers], 0.3)
    assert not take.is_whole
    assert pieces == [list(range(40, 100)), list(range(120, 200))]
    assert [(row["lost_before"], row["lost_after"], row["status"]) for row in rows] == [
        ("30", "0", "gap"),
        ("20", "110", "gap"),
    ]


def test_a_take_ends_in_the_middle_of_a_block(tmp_path):
    _, (row,), (samples,) = recorded(tmp_path, [b"1", b"2", b"3"], 0.013)
    assert samples == list(range(10, 23))
    assert row["start_us"] == "10000"


SLOW = Stream("temperature", 1.0, (Column("t", "C", 100),))


class Slow(Numbers):
    """A row a second, by a clock that runs a little slow: `text` is its time in microseconds and what was lost."""

    def feed(self, data, arrival_s):
        if data == b"hello":
            return [Device("app", "board", "", "thimble", (SLOW,))]
        time_us, _, lost = data.partition(b" ")
        values = np.array([[int(time_us) // 10**6]], np.int16)
        return [Block(SLOW, int(time_us), 1_000_100.0, values, None if lost else 0, arrival_s)]


def slow_recorder(tmp_path, *rows, **options):
    pile = Pile([b"hello", b"0 new", *rows])
    recorder = Recorder(pile, Slow(), Manifest(tmp_path), **({"patience_s": 1000} | options))
    recorder.wait_until_ready()
    return recorder, pile


def test_a_stream_of_one_sample_a_second_is_recorded(tmp_path):
    recorder, pile = slow_recorder(tmp_path)
    take = recorder.start(Naming("a", "b", "c"), 5.0)
    pile.left += [str(second * 1_000_100).encode() for second in range(1, 8)]
    while recorder.recording:
        recorder.step(0)
    recorder.close()
    assert take.is_whole
    (row,) = recorder.manifest.rows
    assert (row["samples"], row["status"]) == ("5", "whole")


def test_a_board_whose_clock_begins_anew_between_two_takes_is_recorded_from_then_on(tmp_path):
    recorder, pile = slow_recorder(tmp_path, *(str(second * 1_000_100).encode() for second in range(1, 60)))
    recorder.step(0)
    assert recorder.now_us > 59e6
    take = recorder.start(Naming("a", "b", "c"), 3.0)  # nobody has said yet that it did
    pile.left += [b"5000000 new", *(str(5_000_000 + second * 1_000_100).encode() for second in range(1, 5))]
    while recorder.recording:
        recorder.step(0)
    recorder.close()
    assert take.is_whole
    assert recorder.manifest.rows[0]["start_us"] == "5000000"


def test_time_in_which_the_program_was_stopped_does_not_count_as_waiting(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    clock = WaitClock()
    for step, waited in ((0.05, 0.05), (0.9, 0.95), (3600.0, 1.95), (0.1, 2.05)):
        now[0] += step
        assert clock.now() == pytest.approx(waited)
