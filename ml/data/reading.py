"""Reads one recording, whatever its sensor, from CSV, WAV, FLAC or NPZ."""

import dataclasses
from pathlib import Path

import numpy as np

from ml.data import recordings
from ml.data.arrays import read_array
from ml.data.audio import read_audio, resample_audio
from ml.data.recordings import Recording
from ml.errors import UserError

SOUND = (".wav", ".flac")
RATE_TOLERANCE = 0.01  # between the manifest's rate and the one in the file
WHAT = {
    "imu": "accelerometer and gyroscope (CSV, columns ax,ay,az,gx,gy,gz)",
    "mic": "a microphone (WAV or FLAC)",
    "accel": "an accelerometer (CSV, columns ax,ay,az, or NPZ)",
}


def read_recording(path: Path, rate_hz: float, sensor: str, wanted_hz: int | None = None) -> Recording:
    """The recording as `sensor` ("imu", "mic" or "accel") makes it. Of an imu's the accelerometer may be taken alone.

    `rate_hz` is what the manifest says. Sound at a higher rate than `wanted_hz` is resampled to it; at a lower one it
    is refused, since nobody can put back the treble that it lacks.
    """
    made = read_file(path, rate_hz)
    if (made.sensor, sensor) == ("imu", "accel"):
        made = dataclasses.replace(made, samples=np.ascontiguousarray(made.samples[:, :3]), sensor=sensor)
    if made.sensor != sensor:
        raise UserError(f"{path}: expected a recording of {WHAT[sensor]}, found one of {WHAT[made.sensor]}")
    return made if wanted_hz is None else _at(made, wanted_hz, path)


def read_file(path: Path, rate_hz: float) -> Recording:
    """The recording in a file of any kind, as the sensor that made it gave it."""
    kind = path.suffix.lower()
    if kind in SOUND:
        samples, found = read_audio(path)
        _check_rate(found, rate_hz, path)
        return Recording(samples[:, None], found * 1000, gravity=False, sensor="mic")
    if kind == ".npz":
        counts, found = read_array(path)
        _check_rate(found, rate_hz, path)
        return Recording(counts, round(found * 1000), gravity=False, sensor="accel")
    return recordings.read(path, rate_hz)


def _check_rate(found: float, expected: float, path: Path) -> None:
    if not abs(found - expected) <= RATE_TOLERANCE * expected:
        raise UserError(f"{path}: expected {expected:g} Hz, found {found:g} Hz in the file; correct sample_rate_hz")


def _at(made: Recording, wanted_hz: int, path: Path) -> Recording:
    rate = made.rate_mhz // 1000
    if rate < wanted_hz:
        raise UserError(f"{path}: expected {wanted_hz} Hz or more, found {rate} Hz; record it again")
    samples = resample_audio(made.samples[:, 0], rate, wanted_hz)
    return dataclasses.replace(made, samples=samples[:, None], rate_mhz=wanted_hz * 1000)
