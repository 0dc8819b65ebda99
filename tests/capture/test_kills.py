"""kill -9 at any moment: finished takes are whole, the next start closes the rest, and no file is without a row."""

import os
import signal
from itertools import count, product
from random import Random

import numpy as np
import soundfile

from ml.capture import files, manifest
from ml.capture.events import Block, Column, Device, Stream
from ml.capture.manifest import Manifest
from ml.capture.take import Naming, Take

MIC = Stream("mic", 16000.0, (Column("pcm", "FS", 32768),))
IMU = Stream("imu", 400.0, tuple(Column(name, "g", 2048) for name in ("ax", "ay", "az")))
DEVICE = Device("app", "board", "", "thimble", (MIC, IMU))
KILLS = 60
SECONDS, FRAMES = 0.1, 4  # of a take
MOST_STEPS = 120  # two takes and more


def record(root):
    """Takes without an end, as fast as they can be written, a gap in every third; each value is its sample's number."""
    opened = Manifest(root)
    opened.recover()
    for number in count():
        take = Take(opened, DEVICE, Naming("wave", "ann", "s1"), 0, SECONDS)
        for frame, stream in product(range(FRAMES), DEVICE.streams):
            rows, period_us = round(SECONDS * stream.rate_hz / FRAMES), 1e6 / stream.rate_hz
            gap, lost = number % 3 == 1 and frame == 1, rows if number % 3 == 1 and frame == 2 else 0
            values = np.repeat(np.arange(frame * rows, (frame + 1) * rows)[:, None], len(stream.columns), axis=1)
            if not gap:
                time_us = round(frame * rows * period_us)
                take.add(Block(stream, time_us, period_us, values.astype(np.int16), lost, 0.0))
        take.end()


STEPS = (
    (files.Growing, "_add"),
    (files.Growing, "close"),
    (files, "create"),
    (manifest, "replace_file"),
    (os, "fsync"),
)


def record_and_die(root, left):
    """Before or after the step of that number: a step is whatever reaches the disk."""

    def step():
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def stepping(done):
        def between(*args):
            step()
            made = done(*args) if done is not os.fsync else None  # what is written outlives its writer without it
            step()
            return made

        return between

    for owner, name in STEPS:
        setattr(owner, name, stepping(getattr(owner, name)))
    try:
        record(root)
    finally:
        os._exit(1)


def samples(path):
    if path.suffix == ".wav":
        return soundfile.read(path, dtype="int16")[0]
    return np.rint(np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)[:, 1] * 2048 / 9.80665)


def test_sixty_kills_leave_all_finished_takes_whole_and_no_file_without_a_row(tmp_path):
    random = Random(5)
    for _ in range(KILLS):
        child = os.fork()
        if child == 0:
            record_and_die(tmp_path, random.randint(1, MOST_STEPS))
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    after = Manifest(tmp_path)
    after.recover()
    rows = after.rows
    assert {row["file"] for row in rows} == {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("0*_*")}
    assert len({row["take"] for row in rows if row["status"] == "whole"}) > KILLS / 2
    assert len({row["take"] for row in rows if row["status"] == "cut"}) > KILLS / 10
    for row in rows:
        stored, wanted = samples(tmp_path / row["file"]), round(SECONDS * float(row["sample_rate_hz"]))
        assert len(stored) == int(row["samples"]) > 0
        assert (np.diff(stored) == 1).all(), row["file"]
        if row["status"] == "whole":
            assert (stored[0], len(stored)) == (0, wanted)
