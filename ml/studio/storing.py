"""Samples as a new take of a data set, written by the code that writes what a board sends."""

import numpy as np

from ml.capture.events import Block, Column, Device, Stream
from ml.capture.manifest import Manifest
from ml.capture.take import Naming, Take
from ml.data.recordings import ACCEL_PER_G, GYRO_PER_DPS

AXES = {
    "mic": (Column("pcm", "FS", 32768),),
    "accel": tuple(Column(name, "g", ACCEL_PER_G) for name in ("ax", "ay", "az")),
}
AXES["imu"] = AXES["accel"] + tuple(Column(name, "dps", GYRO_PER_DPS) for name in ("gx", "gy", "gz"))
AT_ONCE = 1 << 16  # samples


def store(
    manifest: Manifest, naming: Naming, sensor: str, samples: np.ndarray, rate_hz: float, note: str, app: str = ""
) -> str:
    """int16 (n, channels) in counts -> the file's name in the manifest."""
    stream = Stream(sensor, rate_hz, AXES[sensor])
    take = Take(manifest, Device(app, "", "", "studio", (stream,), has_clock=False), naming, 0, None)
    period_us = 1e6 / rate_hz
    take.notes.append(note)
    for at in range(0, len(samples), AT_ONCE):
        take.add(Block(stream, round(at * period_us), period_us, samples[at : at + AT_ONCE], 0, 0.0))
    take.end()
    return take.streams[sensor].pieces[0].file
