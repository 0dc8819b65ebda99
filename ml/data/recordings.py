"""Reads a motion recording from CSV into the counts that every board speaks.

Columns `ax,ay,az` (or `lax,lay,laz` where gravity was already removed) in m/s2 and `gx,gy,gz` in degrees per second,
with or without their units (`ax_mps2`, `gx_dps`); optionally `active` (0 or 1: inside a labelled movement) and
`timestamp_us`. Counts are 2048 per g and 16 per degree per second, rounded half to even, saturated to int16.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.data.formats.clock import Clock, read_clock
from ml.data.tables import Table
from ml.errors import UserError

GRAVITY = 9.80665  # m/s2 in 1 g, ISO 80000-3
ACCEL_PER_G = 2048  # as BOARD_ACCEL_PER_G and BOARD_GYRO_PER_DPS in lib/board
GYRO_PER_DPS = 16
ACCEL, LINEAR, GYRO = ("ax", "ay", "az"), ("lax", "lay", "laz"), ("gx", "gy", "gz")
UNITS = ("_mps2", "_dps")
TIME = "timestamp_us"
OPTIONAL = ("active", TIME)
LEAST_HZ, MAX_RATE_HZ = 1.0, 1e5
RATE_TOLERANCE = 0.1  # between the stated rate and that of the time stamps: sensors' clocks are off by some per cent


@dataclass(frozen=True)
class Recording:
    """Samples of one sensor."""

    samples: np.ndarray  # int16 (n, channels) in counts; of motion ax, ay, az and, for "imu", gx, gy, gz
    rate_mhz: int  # samples per 1000 seconds
    gravity: bool  # the accelerometer still feels it
    active: np.ndarray | None = None  # bool (n,): inside a labelled movement; None: the whole recording is one
    sensor: str = "imu"  # "imu" (6 channels), "mic" (1), "accel" (3)
    clock: Clock | None = None  # what its time stamps say, where it has any

    @property
    def seconds(self) -> float:
        return len(self.samples) * 1000 / self.rate_mhz

    @property
    def movements(self) -> list[tuple[int, int]]:
        """First index and one past the last of each labelled movement, of a recording that has `active`."""
        if self.active is None:
            raise ValueError("expected a recording with labelled movements, found one without")
        return runs(self.active)

    @property
    def key(self) -> bytes:
        """Equal for the same samples of the same kind of sensor."""
        return hashlib.sha256(f"{self.sensor} {self.samples.shape} ".encode() + self.samples.tobytes()).digest()


def read(path: Path, rate_hz: float | None = None) -> Recording:
    """Reads one CSV file. Without `rate_hz` the rate comes from `timestamp_us`; if both are there, they must agree."""
    table, place = _opened(path)
    accel = next((names for names in (ACCEL, LINEAR) if set(names) <= set(place)), None)
    if accel is None or 0 < len(set(GYRO) & set(place)) < len(GYRO):
        raise UserError(
            f"{path}: expected columns ax,ay,az or lax,lay,laz (m/s2) and, of a gyroscope, gx,gy,gz (deg/s), "
            f"found {','.join(place)[:120]}; rename them"
        )
    motion = accel + (GYRO if set(GYRO) <= set(place) else ())
    wanted = [*motion, *(name for name in OPTIONAL if name in place)]
    values = dict(zip(wanted, _numbers(table, [place[name] for name in wanted], place).T, strict=True))
    made = np.stack([values[name] for name in motion], axis=1)
    active = values["active"] > 0 if "active" in values else None
    clock = read_clock(values[TIME]) if TIME in values else None
    return Recording(
        to_counts(made[:, :3], made[:, 3:] if len(motion) > len(ACCEL) else None),
        round(1000 * _rate(clock, path, rate_hz)),
        gravity=accel is ACCEL,
        active=active,
        sensor="imu" if len(motion) > len(ACCEL) else "accel",
        clock=clock,
    )


def clock_of(path: Path) -> Clock | None:
    """What the time stamps of a CSV file say, whatever else is in it; None where it has none."""
    table, place = _opened(path)
    return read_clock(_numbers(table, [place[TIME]], place)[:, 0]) if TIME in place else None


def to_counts(accel_mps2: np.ndarray, gyro_dps: np.ndarray | None = None) -> np.ndarray:
    """m/s2 (n, 3) and deg/s (n, 3) -> int16 (n, 6) in counts; without the gyroscope int16 (n, 3)."""
    accel = accel_mps2 * (ACCEL_PER_G / GRAVITY)
    return saturate(accel if gyro_dps is None else np.hstack([accel, gyro_dps * GYRO_PER_DPS]))


def saturate(counts: np.ndarray) -> np.ndarray:
    """Any numbers -> int16, rounded half to even."""
    return np.clip(np.rint(counts), -32768, 32767).astype(np.int16)


def runs(active: np.ndarray) -> list[tuple[int, int]]:
    """Stretches of true in bool (n,): first index and one past the last."""
    edges = np.diff(np.concatenate([[0], active.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(edges > 0).tolist(), np.flatnonzero(edges < 0).tolist(), strict=True))


def _opened(path: Path) -> tuple[Table, dict[str, int]]:
    """The table, and our name of each column -> its place."""
    table = Table(path)
    names = [_without_unit(name) for name in table.names]
    place = {name: at for at, name in enumerate(names)}
    if len(place) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UserError(f"{path}: expected each column once, found {twice} with and without its unit; take one out")
    return table, place


def _without_unit(name: str) -> str:
    name = name.lower()
    for unit in UNITS:
        name = name.removesuffix(unit)
    return name


def _numbers(table: Table, columns: list[int], place: dict[str, int]) -> np.ndarray:
    values = table.numbers(columns, optional=(place[TIME],) if TIME in place else ())
    if not len(values):
        raise UserError(f"{table.path}: expected at least one sample, found none")
    return values


def _rate(clock: Clock | None, path: Path, stated: float | None) -> float:
    """In hertz."""
    found = clock.rate_hz if clock else None
    if stated and found and abs(found - stated) > RATE_TOLERANCE * stated:
        raise UserError(f"{path}: expected {stated:g} Hz, found {found:.4g} Hz by timestamp_us; correct sample_rate_hz")
    rate = stated or found
    if rate is None or not LEAST_HZ <= rate <= MAX_RATE_HZ:
        raise UserError(
            f"{path}: expected a rate of {LEAST_HZ:g} to {MAX_RATE_HZ:g} Hz (sample_rate_hz in the manifest, or rising "
            f"timestamp_us), found {rate or 'none'}"
        )
    return rate
