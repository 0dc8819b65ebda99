"""A board with sensor_capture, recordings to play into it, and the real tool as a process."""

import csv
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import emulator_control
import numpy as np
import soundfile

from ml.data.recordings import ACCEL_PER_G, GRAVITY, GYRO_PER_DPS
from ml.link.port import Port
from ml.link.sensor_bus import Player, Track
from ml.paths import ROOT

APP = "sensor_capture"
RATES = {"imu": 400, "mic": 16000, "accel": 1600, "analog": 100}
AXES = {"imu": 6, "mic": 1, "accel": 3, "analog": 2}
STILL = {"imu": [0, 0, 2048, 0, 0, 0], "mic": [0], "accel": [0, 0, 2048], "analog": [0, 0]}
SCALE = {
    "ax": ACCEL_PER_G / GRAVITY,
    "ay": ACCEL_PER_G / GRAVITY,
    "az": ACCEL_PER_G / GRAVITY,
    "gx": GYRO_PER_DPS,
    "gy": GYRO_PER_DPS,
    "gz": GYRO_PER_DPS,
    "a0": 1000,
    "a1": 1000,
}
WAIT_S = 60.0
HEADS = 64  # bytes; a file that is larger has more than its header


def noise(sensor: str, seconds: float, seed: int = 1) -> np.ndarray:
    """int16 (n, axes), any value, never at rest at either end: each stretch of it is found in one place only."""
    drawn = np.random.default_rng(seed).integers(-32768, 32768, (round(seconds * RATES[sensor]), AXES[sensor]))
    drawn[0] = drawn[-1] = 77
    return drawn.astype(np.int16)


@dataclass
class Done:
    """What the tool left."""

    status: int
    out: str
    err: str
    data: Path

    def rows(self, **wanted: object) -> list[dict[str, str]]:
        """Of the manifest, those with these values."""
        with (self.data / "manifest.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        return [row for row in rows if all(row[name] == str(value) for name, value in wanted.items())]

    def incidents(self, kind: str) -> list[dict[str, str]]:
        path = self.data / "incidents.csv"
        if not path.exists():
            return []
        with path.open(newline="") as file:
            return [row for row in csv.DictReader(file) if row["kind"] == kind]

    def samples(self, row: dict[str, str]) -> np.ndarray:
        """int16 (n, axes) of a file, as the sensor gave them."""
        return read_counts(self.data / row["file"])

    def times(self, row: dict[str, str]) -> np.ndarray:
        return np.loadtxt(self.data / row["file"], delimiter=",", skiprows=1, usecols=0, dtype=np.int64, ndmin=1)


def read_counts(path: Path) -> np.ndarray:
    if path.suffix == ".wav":
        return soundfile.read(path, dtype="int16", always_2d=True)[0]
    names = path.read_text().partition("\n")[0].split(",")[1:]
    values = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)[:, 1:]
    return np.rint(values * [SCALE[name] for name in names]).astype(np.int16)


@dataclass
class Tool:
    """`python tools/collect.py`, running."""

    process: subprocess.Popen
    data: Path
    heard: list[str] = field(default_factory=list)

    def wait_until_ready(self) -> None:
        """It has named the streams that it receives."""
        for line in self.process.stderr:
            self.heard.append(line)
            if " Hz" in line:
                return
        raise AssertionError("".join(self.heard))

    def wait_until_recording(self, files: int = 1) -> None:
        """So many files have samples."""
        wait_for(lambda: sum(path.stat().st_size > HEADS for path in self.data.rglob("0*_*")) >= files)

    def interrupt(self, sign: int = signal.SIGINT) -> None:
        self.process.send_signal(sign)

    def done(self, timeout: float = WAIT_S) -> Done:
        out, err = self.process.communicate(timeout=timeout)
        return Done(self.process.returncode, out, "".join(self.heard) + err, self.data)


class Desk:
    """One board; one tool at a time."""

    def __init__(self, folder: Path, environment: str) -> None:
        self.folder = folder  # PlatformIO's, with the running board
        self.environment = environment
        self.console = folder / "virtual" / environment / emulator_control.CONSOLE

    def collect(self, data: Path, *words: object, port: object = None, **popen: object) -> Tool:
        """Starts the tool; subject, session and label are given unless `words` has others."""
        given = {"--label": "wave", "--subject": "ann", "--session": "s1"}
        named = [part for pair in given.items() if pair[0] not in words for part in pair]
        port = [] if "--port" in words else ["--port", port or self.environment]
        command = [sys.executable, ROOT / "tools/collect.py", "--data", data, *port, *named, *words]
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=ROOT,
            env=os.environ | {"PLATFORMIO_WORKSPACE_DIR": str(self.folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **popen,
        )
        return Tool(process, data)

    def play(self, tracks: dict[str, np.ndarray], **options: object) -> int:
        """Samples that the board lost."""
        with Player(Port(str(self.console.with_name("sensors")))) as player:
            return player.play({name: Track(data, 1000 * RATES[name]) for name, data in tracks.items()}, **options)


def at_rest(samples: np.ndarray, sensor: str) -> np.ndarray:
    """bool (n,): rows that may be of a board that lies still, with its noise of two counts."""
    return (np.abs(samples.astype(int) - STILL[sensor]) <= 2).all(axis=1)


def place(recorded: np.ndarray, played: np.ndarray) -> int:
    """Where in the recording the first played sample lies; AssertionError when what follows is not what was played.

    Before and after it the board lies still.
    """
    moved = np.flatnonzero((recorded == played[0]).all(axis=1))
    assert len(moved), "nothing of what was played was recorded"
    first = int(moved[0])
    assert np.array_equal(recorded[first : first + len(played)], played[: len(recorded) - first])
    return first


def wait_for(condition: object, timeout: float = WAIT_S) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


@dataclass(frozen=True)
class Truth:
    """What a board gave: at rest, then what was played, then at rest again."""

    sensor: str
    played: np.ndarray

    def agrees(self, first: int, samples: np.ndarray) -> bool:
        """They are samples `first` and on, counted from the first that was played."""
        index = np.arange(first, first + len(samples))
        inside = (index >= 0) & (index < len(self.played))
        as_played = np.array_equal(samples[inside], self.played[index[inside]])
        return as_played and bool(at_rest(samples[~inside], self.sensor).all())

    def index_of(self, samples: np.ndarray) -> int | None:
        """Of the first of them, where some of them were played: four in a row are in one place only."""
        rests = at_rest(samples, self.sensor)
        if rests.all():
            return None
        for at in range(0, len(samples) - 4):
            if rests[at : at + 4].any():
                continue
            heads = np.flatnonzero((self.played == samples[at]).all(axis=1)).tolist()
            found = [head for head in heads if np.array_equal(self.played[head : head + 4], samples[at : at + 4])]
            assert len(found) == 1, f"sample {at}: played nowhere, stored all the same"
            return found[0] - at
        return None


# Samples by which a stamp may be off: a microphone gives no time, so its stamps follow from when blocks were read
# (lib/service/src/clock.c). A frame that is lost has hundreds.
WAVERS = {"imu": 1, "mic": 4}


def check_in_place(done: Done, truth: Truth, wanted: int) -> list[dict[str, str]]:
    """Every stored sample is the one that the board gave at the device time that the manifest says; and every sample
    that is missing is counted where it is missing. The rows of the stream."""
    rows = sorted(done.rows(sensor=truth.sensor), key=lambda row: int(row["piece"]))
    anchors, firsts, ends, rate = set(), [], 0, RATES[truth.sensor] / 1e6
    for row in rows:
        samples, at_us = done.samples(row), int(row["start_us"])
        by_time = at_us * rate  # counted from the board's start
        first = ends + int(row["lost_before"]) if firsts else round(by_time)
        assert abs(by_time - first) < WAVERS[truth.sensor], (row["file"], by_time, first)
        firsts.append(first)
        ends = first + len(samples)
        assert len(samples) == int(row["samples"])
        index = truth.index_of(samples)
        if index is not None:
            anchors.add(first - index)
    assert len(anchors) == 1, f"the pieces disagree on when it was played: {anchors}"
    (anchor,) = anchors
    for row, first in zip(rows, firsts, strict=True):
        assert truth.agrees(first - anchor, done.samples(row)), row["file"]
    stored = sum(int(row["samples"]) + int(row["lost_before"]) + int(row["lost_after"]) for row in rows)
    assert stored == wanted
    return rows
