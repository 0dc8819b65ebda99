"""The firmware's motion front end (lib/frontend/src/imu.c) in Python.

made = windows(samples, config, sensor_rate_mhz=119_000)   # made.windows int8 (k, window, 6)
"""

import ctypes
import functools
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.native.build import ROOT, load

AXES = 6
UNIT = 16384  # IMU_UNIT: 1, of directions and cosines


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raises UserError unless low <= value <= high."""
    if not low <= value <= high:
        raise UserError(f"{name}={value}: expected {low}..{high}")


@dataclass(frozen=True)
class ImuHold:
    """How the device is held as the model learned it, as `imu_hold` in imu.h describes it."""

    settle: int = 0  # samples over which gravity is averaged; 0: no hold
    up: tuple[int, ...] = (0, 0, 0)  # the way up in the device's axes, of length UNIT
    least_cosine: int = 0  # of UNIT, of the angle between `up` and the way up as felt

    def __post_init__(self) -> None:
        check_range("settle", self.settle, 0, 65535)
        check_range("least_cosine", self.least_cosine, 1 - UNIT // 2, UNIT)
        length = sum(value * value for value in self.up) ** 0.5
        if len(self.up) != AXES // 2 or (self.settle and abs(length - UNIT) > 2):
            raise UserError(f"up={self.up}: expected 3 numbers, a vector of length {UNIT}")


@dataclass(frozen=True)
class ImuConfig:
    """Settings of the front end, as `imu_config` in lib/frontend/include/frontend/imu.h describes them."""

    rate_mhz: int  # the model's rate in millihertz
    window: int  # samples in a window, at the model's rate
    hop: int  # samples between windows
    multiplier: tuple[int, ...]  # per axis: q = saturate(((x * multiplier + 2^(shift-1)) >> shift) + zero_point)
    shift: int
    zero_point: int = 0
    remove_mean: bool = True  # of the accelerometer axes
    hold: ImuHold = ImuHold()

    def __post_init__(self) -> None:
        limits = {"rate_mhz": (1, 2**31 - 1), "window": (1, 65535), "shift": (1, 30), "zero_point": (-128, 127)}
        for name, (low, high) in limits.items():
            check_range(name, getattr(self, name), low, high)
        check_range("hop", self.hop, 1, self.window)
        if len(self.multiplier) != AXES:
            raise UserError(f"multiplier: expected {AXES} numbers, one per axis, found {len(self.multiplier)}")
        for value in self.multiplier:
            check_range("multiplier", value, -32768, 32767)


@dataclass(frozen=True)
class Windows:
    """What the front end made of a recording."""

    windows: np.ndarray  # int8 (k, window, 6)
    sample: np.ndarray  # int (k,): index of the sample that completed each window
    level: np.ndarray  # int (k,): how much moves in each, counts
    held: np.ndarray  # bool (k,): within the limit of the hold; without a hold always
    saturated: np.ndarray  # int (6,): values clipped to int8, counted in every window they fall into


def windows(samples: np.ndarray, config: ImuConfig, sensor_rate_mhz: int | None = None) -> Windows:
    """Runs int16 samples (n, 6) in counts through the front end, from a fresh start.

    `sensor_rate_mhz` is the rate of `samples`; by default the model's rate, at which they pass unchanged.
    """
    samples = np.ascontiguousarray(samples)
    if samples.dtype != np.int16 or samples.ndim != 2 or samples.shape[1] != AXES:
        raise UserError(f"expected int16 samples (n, {AXES}), found {samples.dtype} {samples.shape}")
    rate = config.rate_mhz if sensor_rate_mhz is None else sensor_rate_mhz
    check_range("sensor_rate_mhz", rate, 1, 2**31 - 1)
    settings = _settings(config)
    history = np.zeros((config.window, AXES), np.int16)
    room = min(len(samples), _most_windows(len(samples), config, rate))
    made = np.empty((room, config.window, AXES), np.int8)
    index, level, held = np.empty(room, np.uint32), np.empty(room, np.uint32), np.empty(room, bool)
    result = _Result(room, made.ctypes.data, index.ctypes.data, level.ctypes.data, held.ctypes.data)
    count = _library().imu_windows(
        ctypes.byref(settings), rate, history.ctypes, samples.ctypes, len(samples), ctypes.byref(result)
    )
    clipped = np.array(result.saturated, int)
    return Windows(made[:count], index[:count].astype(int), level[:count].astype(int), held[:count], clipped)


def window(samples: np.ndarray, config: ImuConfig) -> np.ndarray:
    """One window, int8 (window, 6), from exactly config.window samples, int16 (window, 6), at the model's rate."""
    if len(samples) != config.window:
        raise UserError(f"expected {config.window} samples, one window, found {len(samples)}")
    return windows(samples, config).windows[0]


def last_windows(pieces: np.ndarray, config: ImuConfig) -> tuple[np.ndarray, np.ndarray]:
    """The last window of each of many pieces, int16 (n, count, 6) at the model's rate, each from a fresh start; what
    lies before the window tells gravity. -> int8 (n, window, 6), and bool (n,): held within the limit."""
    pieces = np.ascontiguousarray(pieces)
    if pieces.dtype != np.int16 or pieces.ndim != 3 or pieces.shape[2] != AXES or pieces.shape[1] < config.window:
        raise UserError(
            f"expected int16 pieces (n, {config.window} or more, {AXES}), found {pieces.dtype} {pieces.shape}"
        )
    made, held = np.empty((len(pieces), config.window, AXES), np.int8), np.empty(len(pieces), bool)
    history = np.zeros((config.window, AXES), np.int16)
    _library().imu_last_windows(
        ctypes.byref(_settings(config)), history.ctypes, pieces.ctypes, len(pieces), pieces.shape[1],
        made.ctypes, held.ctypes,
    )  # fmt: skip
    return made, held


def span(window: int, rate_mhz: int, sensor_rate_mhz: int) -> int:
    """How many of a sensor's samples, from a fresh start, complete a window at the model's rate."""
    if sensor_rate_mhz >= rate_mhz:
        return -(-window * sensor_rate_mhz // rate_mhz)
    return -(-(window - 1) * sensor_rate_mhz // rate_mhz) + 1


def _most_windows(samples: int, config: ImuConfig, rate: int) -> int:
    resampled = samples * config.rate_mhz // rate + 1
    return max(0, resampled - config.window) // config.hop + 1


class _Hold(ctypes.Structure):
    _fields_ = (
        ("settle", ctypes.c_uint16),
        ("up", ctypes.c_int16 * (AXES // 2)),
        ("least_cosine", ctypes.c_int16),
    )


class _Config(ctypes.Structure):
    _fields_ = (
        ("rate_mhz", ctypes.c_uint32),
        ("window", ctypes.c_uint16),
        ("hop", ctypes.c_uint16),
        ("remove_mean", ctypes.c_bool),
        ("multiplier", ctypes.c_int16 * AXES),
        ("shift", ctypes.c_uint8),
        ("zero_point", ctypes.c_int8),
        ("hold", _Hold),
    )


class _Result(ctypes.Structure):
    _fields_ = (
        ("room", ctypes.c_size_t),
        ("windows", ctypes.c_void_p),
        ("sample", ctypes.c_void_p),
        ("level", ctypes.c_void_p),
        ("held", ctypes.c_void_p),
        ("saturated", ctypes.c_uint32 * AXES),
    )


def _settings(config: ImuConfig) -> _Config:
    values = {name: getattr(config, name) for name, *_ in _Config._fields_}
    hold = _Hold(config.hold.settle, (ctypes.c_int16 * 3)(*config.hold.up), config.hold.least_cosine)
    return _Config(**values | {"multiplier": (ctypes.c_int16 * AXES)(*config.multiplier), "hold": hold})


@functools.cache
def _library() -> ctypes.CDLL:
    structures = {"imu_hold": _Hold, "imu_config": _Config, "imu_result": _Result}
    library = load(
        "imu",
        [*(ROOT / "lib/frontend/src" / f"{name}.c" for name in ("imu", "integer")), ROOT / "ml/native/imu.c"],
        structures=structures,
    )
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    library.imu_windows.argtypes = [pointer, ctypes.c_uint32, pointer, pointer, size, pointer]
    library.imu_windows.restype = size
    library.imu_last_windows.argtypes = [pointer, pointer, pointer, size, size, pointer, pointer]
    library.imu_last_windows.restype = None
    return library
