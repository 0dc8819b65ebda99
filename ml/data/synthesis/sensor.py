"""Simulates an accelerometer and a gyroscope in the hand: gravity, bias, noise, clipping.

The device's axes and the world's are the same while nothing is turned. The accelerometer reports specific force: at
rest one g upwards.
"""

from dataclasses import dataclass

import numpy as np

from ml.data.recordings import GRAVITY
from ml.data.synthesis.strokes import Motion


@dataclass(frozen=True)
class Sensor:
    """A device's imperfections."""

    accel_bias: tuple[float, float, float] = (0.0, 0.0, 0.0)  # m/s2
    gyro_bias: tuple[float, float, float] = (0.0, 0.0, 0.0)  # deg/s
    accel_noise: float = 0.05  # m/s2, standard deviation of a sample
    gyro_noise: float = 0.3  # deg/s
    accel_range: float = 4 * GRAVITY  # m/s2
    gyro_range: float = 2000.0  # deg/s


def rotations(angles: np.ndarray) -> np.ndarray:
    """Angles (n, 3) about x, y, z -> matrices (n, 3, 3) Rz Ry Rx, from device to world."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles).T, np.sin(angles).T
    rows = [
        [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
        [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
        [-sy, cy * sx, cy * cx],
    ]
    return np.array(rows).transpose(2, 0, 1)


def angular_velocity(angles: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Angles and their rates (n, 3) -> angular velocity in the device's axes (n, 3), in the unit of the rates."""
    (sx, sy, _), (cx, cy, _) = np.sin(angles).T, np.cos(angles).T
    dx, dy, dz = rates.T
    return np.stack([dx - dz * sy, dy * cx + dz * cy * sx, dz * cy * cx - dy * sx], axis=1)


def measure(
    made: Motion, sensor: Sensor, rng: np.random.Generator, up: tuple[float, float, float] = (0.0, 1.0, 0.0)
) -> tuple[np.ndarray, np.ndarray]:
    """A motion -> specific force in m/s2 (n, 3) and angular velocity in deg/s (n, 3) as the sensor reports them. `up`
    is the way up in the world's axes."""
    force = made.acceleration + GRAVITY * np.array(up)
    accel = np.einsum("nij,ni->nj", rotations(made.angles), force)  # the transpose: from world to device
    gyro = np.degrees(angular_velocity(made.angles, made.angle_rates))
    accel = accel + sensor.accel_bias + rng.normal(0, sensor.accel_noise, accel.shape)
    gyro = gyro + sensor.gyro_bias + rng.normal(0, sensor.gyro_noise, gyro.shape)
    return np.clip(accel, -sensor.accel_range, sensor.accel_range), np.clip(gyro, -sensor.gyro_range, sensor.gyro_range)
