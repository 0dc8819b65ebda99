"""Continuous recordings with known movements, as a device would see them."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ml.data.audio import write_audio
from ml.data.manifest import Item
from ml.data.recordings import ACCEL_PER_G, GRAVITY, GYRO_PER_DPS, saturate

BRIDGE_S = 2.0  # between two takes


@dataclass(frozen=True)
class Truth:
    """One movement in a stream."""

    label: str
    start: int  # first sample
    end: int  # one past the last


@dataclass(frozen=True)
class Stream:
    """Recordings of one person (or machine) after one another."""

    subject: str
    samples: np.ndarray  # int16 (n, channels) in counts
    rate_mhz: int
    truth: tuple[Truth, ...]  # in order
    sensor: str = "imu"

    @property
    def hours(self) -> float:
        return len(self.samples) / self.rate_mhz / 3.6


def streams(takes: list[Item]) -> list[Stream]:
    """One stream for each person (and sample rate), with a smooth passage of two seconds between takes."""
    groups: dict[tuple[str, int], list[Item]] = {}
    for take in takes:
        groups.setdefault((take.subject, take.recording.rate_mhz), []).append(take)
    return [_join(subject, rate, group) for (subject, rate), group in sorted(groups.items())]


def cut(stream: Stream, count: int) -> Stream:
    """Its first samples, with what is over by then."""
    truth = tuple(one for one in stream.truth if one.end <= count)
    return dataclasses.replace(stream, samples=stream.samples[:count], truth=truth)


def _join(subject: str, rate_mhz: int, takes: list[Item]) -> Stream:
    pieces: list[np.ndarray] = []
    truth: list[Truth] = []
    at = 0
    for take in takes:
        samples = take.recording.samples
        if pieces:
            pieces.append(_bridge(pieces[-1][-1], samples[0], round(BRIDGE_S * rate_mhz / 1000)))
            at += len(pieces[-1])
        truth += [Truth(take.label, at + start, at + end) for start, end in take.recording.movements]
        pieces.append(samples)
        at += len(samples)
    return Stream(subject, np.concatenate(pieces), rate_mhz, tuple(truth), takes[0].recording.sensor)


def _bridge(before: np.ndarray, after: np.ndarray, count: int) -> np.ndarray:
    share = np.linspace(0, 1, count + 2)[1:-1, None]
    return saturate(before + (after.astype(float) - before) * share)


def names(streams: list[Stream]) -> list[str]:
    """A name each, and no name twice: the subject, numbered from the second stream of a subject on, with a number that
    makes nobody else's name of it."""
    taken = {stream.subject for stream in streams}
    first, made = set(), []
    for stream in streams:
        name, number = stream.subject, 1
        while (name in first) if number == 1 else (name in taken):
            number += 1
            name = f"{stream.subject}_{number}"
        first.add(stream.subject)
        taken.add(name)
        made.append(name)
    return made


def export(stream: Stream, folder: Path, name: str) -> tuple[Path, Path]:
    """Writes `<name>.csv` (a recording like any other; sound `<name>.flac`) and `<name>_truth.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    recording, truth = folder / f"{name}.csv", folder / f"{name}_truth.csv"
    if stream.sensor == "mic":
        recording = recording.with_name(f"{name}.flac")
        write_audio(recording, stream.samples[:, 0], stream.rate_mhz // 1000)
    else:
        pd.DataFrame(_columns(stream)).round(5).to_csv(recording, index=False)
    pd.DataFrame(stream.truth, columns=["label", "start", "end"]).to_csv(truth, index=False)
    return recording, truth


def _columns(stream: Stream) -> dict[str, np.ndarray]:
    """Of a motion recording."""
    times = np.arange(len(stream.samples)) * (1e9 / stream.rate_mhz)
    columns = {"timestamp_us": times.round().astype(int)}
    columns |= {f"a{axis}_mps2": stream.samples[:, i] * (GRAVITY / ACCEL_PER_G) for i, axis in enumerate("xyz")}
    if stream.sensor == "imu":
        columns |= {f"g{axis}_dps": stream.samples[:, 3 + i] / GYRO_PER_DPS for i, axis in enumerate("xyz")}
    active = np.zeros(len(stream.samples), int)
    for one in stream.truth:
        active[one.start : one.end] = 1
    return columns | {"active": active}
