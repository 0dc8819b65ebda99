"""Sensors that work, simulated, and ways to break their recordings on purpose."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

G, DPS = 2048, 16  # counts
RATES = {
    "microphone": 16_000_000,
    "imu": 100_000,
    "imu_either": 33_300,
    "accelerometer": 50_000,
    "vibration": 1_600_000,
}
ONSET_S, LENGTH_S = 2.0, 6.0


def sensor(name: str, seed: int = 0, seconds: float = LENGTH_S, noise: float = 2.0) -> np.ndarray:
    """A quiet room, a hand held still, a machine at rest: int16 (n, channels) with nothing but gravity and noise."""
    channels = {"microphone": 1, "imu": 6, "imu_either": 6}.get(name, 3)
    made = np.random.default_rng(seed).normal(0, noise, (int(seconds * RATES[name] / 1000), channels))
    if name != "microphone":
        made[:, 2] += G
    return np.round(made).astype(np.int16)


def moved(name: str, seed: int = 0) -> np.ndarray:
    """The same with life in it: a voice, a gesture, a running machine."""
    still = sensor(name, seed).astype(float)
    time = np.arange(len(still))[:, None] / (RATES[name] / 1000)
    pace = np.array([2.3, 1.7, 3.1, 1.3, 2.9, 0.7])[: still.shape[1]] * (
        100 if name in ("microphone", "vibration") else 1
    )
    strength = 4000 if name == "microphone" else G / 2
    return np.round(still + strength * np.sin(2 * np.pi * pace * time)).astype(np.int16)


@dataclass(frozen=True)
class Broken:
    """A way to break a recording from its onset on, and what the watch shall say."""

    sensor: str
    reason: str
    change: Callable[[np.ndarray], np.ndarray]  # of the rows from the onset on
    channels: tuple[int, ...]


def _held(rows: np.ndarray, *channels: int, value: int | None = None) -> np.ndarray:
    rows = rows.copy()
    for channel in channels or range(rows.shape[1]):
        rows[:, channel] = rows[0, channel] if value is None else value
    return rows


def _plus(rows: np.ndarray, *counts: int) -> np.ndarray:
    return np.clip(rows + np.array(counts), -32768, 32767).astype(np.int16)


def _scaled(rows: np.ndarray, factor: float) -> np.ndarray:
    return np.clip(np.round(rows.astype(float) * factor), -32768, 32767).astype(np.int16)


def _again(rows: np.ndarray, count: int) -> np.ndarray:
    return np.resize(rows[:count], rows.shape)


def _shaken(rows: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, 6 * G, rows.shape) * (np.arange(rows.shape[1]) < 3)
    return np.clip(rows + np.round(noise), -32768, 32767).astype(np.int16)


def _without_gravity(rows: np.ndarray) -> np.ndarray:
    return _plus(rows, 0, 0, -G, *[0] * (rows.shape[1] - 3))


MIC, ACCEL, GYRO = (0,), (0, 1, 2), (3, 4, 5)
BROKEN = {
    "microphone all zeros": Broken("microphone", "stuck", lambda rows: _held(rows, value=0), MIC),
    "microphone at its end": Broken("microphone", "stuck", lambda rows: _held(rows, value=32767), MIC),
    "microphone 60 dB too weak": Broken("microphone", "quiet", lambda rows: _scaled(rows, 3e-4), MIC),
    "microphone clips": Broken("microphone", "saturated", lambda rows: _scaled(rows, 100), MIC),
    "microphone clips below its end": Broken("microphone", "saturated", lambda rows: np.clip(rows, -1500, 1500), MIC),
    "microphone hums at full scale": Broken("microphone", "loud", lambda rows: _scaled(rows, 8), MIC),
    "microphone offset": Broken("microphone", "offset", lambda rows: _plus(rows, 8000), MIC),
    "buffer of the microphone comes again": Broken("microphone", "repeating", lambda rows: _again(rows, 1024), MIC),
    "odd buffer comes again": Broken("microphone", "repeating", lambda rows: _again(rows, 777), MIC),
    "imu frozen": Broken("imu", "stuck", _held, (*ACCEL, *GYRO)),
    "imu axis dead": Broken("imu", "dead", lambda rows: _held(rows, 1), (1,)),
    "gyroscope axis at 0": Broken("imu", "dead", lambda rows: _held(rows, 5, value=0), (5,)),
    "gyroscope all zeros": Broken("imu", "dead", lambda rows: _held(rows, *GYRO, value=0), GYRO),
    "accelerometer frozen, gyroscope not": Broken("imu", "dead", lambda rows: _held(rows, *ACCEL), ACCEL),
    "fifo of the imu comes again": Broken("imu", "repeating", lambda rows: _again(rows, 32), (*ACCEL, *GYRO)),
    "imu too loud": Broken("imu", "loud", _shaken, ACCEL),
    "gesture sensor frozen": Broken("imu_either", "stuck", _held, (*ACCEL, *GYRO)),
    "fall sensor axis dead": Broken("accelerometer", "dead", lambda rows: _held(rows, 0), (0,)),
    "vibration sensor frozen": Broken("vibration", "stuck", _held, ACCEL),
    "vibration axis dead": Broken("vibration", "dead", lambda rows: _held(rows, 2), (2,)),
    "buffer of the vibration sensor comes again": Broken(
        "vibration", "repeating", lambda rows: _again(rows, 100), ACCEL
    ),
}
AT_REST = {  # these show while nothing moves
    "no gravity": Broken("imu", "gravity", _without_gravity, ACCEL),
    "weightless": Broken("accelerometer", "gravity", _without_gravity, ACCEL),
    "always 3 g": Broken("accelerometer", "gravity", lambda rows: _scaled(rows, 3), ACCEL),
    "range twice too wide": Broken("imu", "gravity", lambda rows: _scaled(rows, 0.5), ACCEL),
    "gyroscope turns at rest": Broken("imu", "offset", lambda rows: _plus(rows, 0, 0, 0, 60 * DPS, 0, 0), GYRO),
    "too quiet to be an accelerometer": Broken(
        "vibration", "quiet", lambda rows: _scaled(rows - [0, 0, G], 0.15), ACCEL
    ),
}
