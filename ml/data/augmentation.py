"""Varies motion as if another person, hand or device had made it: in raw units, before the C front end.

Every function takes and returns float (n, 6) in counts: ax, ay, az, gx, gy, gz.
"""

from dataclasses import dataclass

import numpy as np

from ml.data.recordings import ACCEL_PER_G, GRAVITY, GYRO_PER_DPS

# Left and right swapped: a reflection turns x of a vector round, and y and z of a rotation.
MIRROR = np.array([-1, 1, 1, 1, -1, -1])
PLACES = 4  # in a window, between which the tempo changes evenly


@dataclass(frozen=True)
class MotionVariation:
    """How far a variation may stray."""

    tilt_deg: tuple[float, float, float] = (20.0, 12.0, 12.0)  # standard deviation of the rotation about x, y, z
    speed: float = 0.25  # standard deviation of the logarithm
    bend: float = 0.5  # the same at each of the PLACES in a window: one strikes fast and comes back slowly
    strength: tuple[float, float] = (0.35, 2.0)  # range of a common gain, drawn evenly on a logarithmic scale
    axis_gain: float = 0.15  # standard deviation of the logarithm, each axis
    gyro_gain: float = 0.15  # the same, gyroscope against accelerometer
    accel_noise: float = 0.2  # m/s2, the largest standard deviation
    gyro_noise: float = 4.0  # deg/s
    shift_s: float = 0.15  # the furthest that a movement lies off the middle of its window
    mirror: bool = True  # left-handed people, where the labels say what becomes of left and right
    # Windows without gravity get it back, for a device always feels it. In this share of them it turns as the gyroscope
    # says, in the others it stays: what a gesture looks like does not hang on how exact the gyroscope is.
    gravity: float = 0.75
    hold: float = 0.15  # spread of the way up then, around that of the hold; 1 is any way
    turn_deg: float = 50.0  # the furthest that the device is held from how it was recorded, about any axis


def vary(window: np.ndarray, by: MotionVariation, rng: np.random.Generator) -> np.ndarray:
    """The same movement by another person with the device tilted differently."""
    made = rotate(window, rng.normal(0, np.radians(by.tilt_deg)))
    gain = np.exp(rng.uniform(*np.log(by.strength)) + rng.normal(0, by.axis_gain, 6))
    gain[3:] *= np.exp(rng.normal(0, by.gyro_gain))
    rest = made[:, :3].mean(0) if len(made) else 0  # gravity has no strength of a movement
    made[:, :3] -= rest
    made *= gain
    made[:, :3] += rest
    return made + noise(len(made), by, rng)


def tempo(count: int, window: int, by: MotionVariation, rng: np.random.Generator) -> np.ndarray:
    """How fast each of `count` samples passes, float (count,), 1 as recorded; it changes within the last `window`."""
    places = np.linspace(count - window, count - 1, PLACES)
    bent = np.interp(np.arange(count), places, rng.normal(0, by.bend, PLACES))
    return np.exp(rng.normal(0, by.speed) + bent)


def along(pace: np.ndarray, window: int) -> np.ndarray:
    """Where samples at that tempo lie in a recording, from the middle of the last `window` of them: float (count,)."""
    at = np.cumsum(pace)
    return at - np.interp(len(pace) - (window + 1) / 2, np.arange(len(pace)), at)


def replay(samples: np.ndarray, at: np.ndarray, pace: np.ndarray) -> np.ndarray:
    """The same path at another tempo: samples (count, 6) at these places.

    Who runs through a path k times as fast turns k times as fast and accelerates k^2 times as much (J. M. Hollerbach,
    Dynamic scaling of manipulator trajectories, 1984). What the tempo's own change adds is left out: it needs the
    velocity. The mean of the acceleration stays, with the gravity in it.
    """
    made = _at(samples, at)
    mean = made[:, :3].mean(0)
    made[:, :3] = (made[:, :3] - mean) * pace[:, None] ** 2 + mean
    made[:, 3:] *= pace[:, None]
    return made


def rotate(window: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Turns the device by a rotation vector in radians."""
    matrix = rotation(vector)
    return np.hstack([window[:, :3] @ matrix.T, window[:, 3:] @ matrix.T])


def rotation(vector: np.ndarray) -> np.ndarray:
    """Matrix (3, 3) of a rotation vector in radians (Rodrigues' formula)."""
    angle = np.linalg.norm(vector)
    x, y, z = vector / angle if angle else (0.0, 0.0, 0.0)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def feel_gravity(windows: np.ndarray, up: np.ndarray, rate_hz: float, home_s: float = np.inf) -> np.ndarray:
    """Adds gravity to windows (n, count, 6) recorded without it.

    `up` (n, 3) is the way up at each window's start in the device's axes; the gyroscope says how it turns from there.
    Over `home_s` seconds it goes back there by itself: a gyroscope that is not quite exact leads further and further
    astray, but a hand comes back to how it holds the device.
    """
    made = windows.copy()
    start = up = up / np.linalg.norm(up, axis=1, keepdims=True)
    for sample in range(windows.shape[1]):
        turned = np.radians(windows[:, sample, 3:] / GYRO_PER_DPS) / rate_hz
        angle = np.linalg.norm(turned, axis=1, keepdims=True)
        axis = turned / np.maximum(angle, 1e-12)
        along = axis * np.sum(axis * up, axis=1, keepdims=True)
        up = along + (up - along) * np.cos(angle) - np.cross(axis, up) * np.sin(angle)  # the device turns, up stays
        up = up + (start - up) / (home_s * rate_hz)
        up = up / np.linalg.norm(up, axis=1, keepdims=True)
        made[:, sample, :3] += up * ACCEL_PER_G
    return made


def turn_about(windows: np.ndarray, furthest_deg: float, rng: np.random.Generator) -> np.ndarray:
    """Each of the windows (n, count, 6) as if the device were held turned, about any axis, by up to an angle."""
    axes = rng.normal(size=(len(windows), 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    angles = np.radians(furthest_deg) * np.sqrt(rng.random(len(windows)))  # more of the far ones, which are harder
    turned = np.stack([rotation(axis * angle) for axis, angle in zip(axes, angles, strict=True)])
    made = [np.einsum("nij,ntj->nti", turned, windows[..., part]) for part in (slice(0, 3), slice(3, 6))]
    return np.concatenate(made, axis=2)


def noise(count: int, by: MotionVariation, rng: np.random.Generator) -> np.ndarray:
    """Sensor noise (count, 6) of a strength drawn for each call."""
    accel = rng.uniform(0, by.accel_noise) * ACCEL_PER_G / GRAVITY
    gyro = rng.uniform(0, by.gyro_noise) * GYRO_PER_DPS
    return rng.normal(size=(count, 6)) * np.repeat([accel, gyro], 3)


def cut(samples: np.ndarray, centre: float, step: float, count: int) -> np.ndarray:
    """`count` samples `step` apart around a position, interpolated; the ends are held beyond the recording."""
    at = centre + (np.arange(count) - (count - 1) / 2) * step
    return _at(samples, at)


def _at(samples: np.ndarray, at: np.ndarray) -> np.ndarray:
    index = np.arange(len(samples))
    return np.stack([np.interp(at, index, samples[:, axis]) for axis in range(samples.shape[1])], axis=1)


def resample(samples: np.ndarray, ratio: float) -> np.ndarray:
    """`ratio` samples become one: averaged where there are more, interpolated where there are fewer, as the C does."""
    if ratio <= 1:
        count = int((len(samples) - 1) / ratio) + 1
        return cut(samples, (count - 1) / 2 * ratio, ratio, count)
    edges = np.arange(int(len(samples) / ratio) + 1) * ratio
    total = np.vstack([np.zeros(samples.shape[1]), np.cumsum(samples, axis=0, dtype=float)])
    return np.diff(cut(total, edges[-1] / 2, ratio, len(edges)), axis=0) / ratio
