"""Reads a motion recording from CSV into the counts that every board speaks.

Columns `ax,ay,az` (or `lax,lay,laz` where gravity was already removed) in m/s2 and `gx,gy,gz` in degrees per second,
with or without their units (`ax_mps2`, `gx_dps`); optionally `active` (0 or 1: inside a labelled movement) and
`timestamp_us`. Counts are 2048 per g and 16 per degree per second, rounded half to even, saturated to int16.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ml.errors import UserError

GRAVITY = 9.80665  # m/s2 in 1 g, ISO 80000-3
ACCEL_PER_G = 2048  # as BOARD_ACCEL_PER_G and BOARD_GYRO_PER_DPS in lib/board
GYRO_PER_DPS = 16
ACCEL, LINEAR, GYRO = ("ax", "ay", "az"), ("lax", "lay", "laz"), ("gx", "gy", "gz")
UNITS = ("_mps2", "_dps")
RATE_TOLERANCE = 0.1  # between the stated rate and that of the time stamps: sensors' clocks are off by some per cent


@dataclass(frozen=True)
class Recording:
    """Samples of one sensor."""

    samples: np.ndarray  # int16 (n, channels) in counts; of motion ax, ay, az and, for "imu", gx, gy, gz
    rate_mhz: int  # samples per 1000 seconds
    gravity: bool  # the accelerometer still feels it
    active: np.ndarray | None = None  # bool (n,): inside a labelled movement; None: the whole recording is one
    sensor: str = "imu"  # "imu" (6 channels), "mic" (1), "accel" (3)

    @property
    def seconds(self) -> float:
        return len(self.samples) * 1000 / self.rate_mhz


def read(path: Path, rate_hz: float | None = None) -> Recording:
    """Reads one CSV file. Without `rate_hz` the rate comes from `timestamp_us`; if both are there, they must agree."""
    table = _table(path)
    accel = next((names for names in (ACCEL, LINEAR) if set(names) <= set(table)), None)
    if accel is None or 0 < len(set(GYRO) & set(table)) < len(GYRO):
        raise UserError(
            f"{path}: expected columns ax,ay,az or lax,lay,laz (m/s2) and, of a gyroscope, gx,gy,gz (deg/s), "
            f"found {','.join(map(str, table))[:120]}; rename them"
        )
    sensor = "imu" if set(GYRO) <= set(table) else "accel"
    turning = _numbers(table, GYRO, path) if sensor == "imu" else None
    samples = to_counts(_numbers(table, accel, path), turning)
    active = _numbers(table, ("active",), path)[:, 0] > 0 if "active" in table else None
    rate = _rate(table, path, rate_hz)
    return Recording(samples, round(1000 * rate), accel is ACCEL, active, sensor)


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


def _table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, skipinitialspace=True, encoding_errors="strict")
    except OSError as error:
        raise UserError(f"{path}: expected a CSV file, found: {error.strerror}; check the path") from None
    except (ValueError, pd.errors.ParserError) as error:  # UnicodeDecodeError is a ValueError
        reason = str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__
        raise UserError(
            f"{path}: expected a CSV file with a header line, cannot read it ({reason}); record again"
        ) from None
    if table.empty:
        raise UserError(f"{path}: expected at least one sample, found none")
    table.columns = [_without_unit(str(name)) for name in table.columns]
    return table


def _without_unit(name: str) -> str:
    name = name.strip().lower()
    for unit in UNITS:
        name = name.removesuffix(unit)
    return name


def _numbers(table: pd.DataFrame, names: tuple[str, ...], path: Path) -> np.ndarray:
    columns = table[list(names)]
    if columns.shape[1] != len(names):
        raise UserError(f"{path}: expected each of {','.join(names)} once, found a column twice")
    numbers = columns.apply(pd.to_numeric, errors="coerce").to_numpy(float)
    wrong = np.argwhere(~np.isfinite(numbers))
    if len(wrong):
        row, column = wrong[0]
        raise UserError(
            f"{path}: expected a number in column {names[column]} of sample {row}, "
            f"found {str(columns.iat[row, column])[:40]!r}; cut it out or record again"
        )
    return numbers


def _rate(table: pd.DataFrame, path: Path, stated: float | None) -> float:
    """In hertz; by the time stamps, of which some may be missing, that of the median step."""
    steps = np.diff(pd.to_numeric(table["timestamp_us"], errors="coerce")) if "timestamp_us" in table else np.zeros(0)
    known = steps[np.isfinite(steps)]
    step = float(np.median(known)) if len(known) else 0.0
    found = 1e6 / step if step > 0 else None
    if stated and found and abs(found - stated) > RATE_TOLERANCE * stated:
        raise UserError(f"{path}: expected {stated:g} Hz, found {found:.4g} Hz by timestamp_us; correct sample_rate_hz")
    if not (stated or found):
        raise UserError(f"{path}: expected a rate (sample_rate_hz in the manifest, or rising timestamp_us), found none")
    return stated or found
