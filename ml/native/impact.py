"""The firmware's first stage of a fall detector (lib/frontend/src/impact.c) in Python.

made = impacts(samples, config, sensor_rate_mhz=200_000, least=3277)   # made.windows int8 (k, window, 4)
"""

import ctypes
import functools
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.native.build import ROOT, load
from ml.native.imu import check_range

AXES, VALUES = 3, 4
LONGEST = 1000  # samples before and after


@dataclass(frozen=True)
class ImpactConfig:
    """Settings of the front end, as `impact_config` in lib/frontend/include/frontend/impact.h describes them."""

    rate_mhz: int  # the model's rate in millihertz
    before: int  # samples
    after: int
    rest: int  # samples at either end that tell gravity
    multiplier: int  # of all values
    shift: int
    zero_point: tuple[int, ...]  # q of nothing: magnitude, along gravity before, along gravity after, jerk

    def __post_init__(self) -> None:
        limits = {"rate_mhz": (1, 2**31 - 1), "before": (1, LONGEST), "after": (1, LONGEST)}
        limits |= {"rest": (1, self.window), "multiplier": (-32768, 32767), "shift": (1, 30)}
        for name, (low, high) in limits.items():
            check_range(name, getattr(self, name), low, high)
        if len(self.zero_point) != VALUES:
            raise UserError(f"zero_point: expected {VALUES} numbers, one per value, found {len(self.zero_point)}")
        for value in self.zero_point:
            check_range("zero_point", value, -128, 127)

    @property
    def window(self) -> int:
        """Samples in a window."""
        return self.before + 1 + self.after


@dataclass(frozen=True)
class Impacts:
    """What the front end made of a recording: a step for each of the model's samples from the first whole window on."""

    sample: np.ndarray  # int (steps,): index of the sample that completed each step
    level: np.ndarray  # int (steps,): counts; magnitude of the peak in the middle of the window, 0 where there is none
    windows: np.ndarray  # int8 (k, window, 4): of the steps whose level is `least` or more


def impacts(
    samples: np.ndarray, config: ImpactConfig, sensor_rate_mhz: int | None = None, *, least: int = 1
) -> Impacts:
    """Runs int16 acceleration (n, 3) in counts through the front end, from a fresh start.

    `least` 0 asks for all windows. `sensor_rate_mhz` is the rate of `samples`; by default the model's rate, at which
    they pass unchanged.
    """
    samples = np.ascontiguousarray(samples)
    if samples.dtype != np.int16 or samples.ndim != 2 or samples.shape[1] != AXES:
        raise UserError(f"expected int16 samples (n, {AXES}), found {samples.dtype} {samples.shape}")
    rate = config.rate_mhz if sensor_rate_mhz is None else sensor_rate_mhz
    check_range("sensor_rate_mhz", rate, 1, 2**31 - 1)
    check_range("least", least, 0, 2**32 - 1)
    steps = min(len(samples), max(0, len(samples) * config.rate_mhz // rate + 2 - config.window))
    # Two peaks are more than `after` steps apart, unless everything is asked for.
    room = steps if least == 0 else steps // (config.after + 1) + 1
    sample, level = np.empty(steps, np.uint32), np.empty(steps, np.uint32)
    windows = np.empty((room, config.window, VALUES), np.int8)
    history = np.zeros((config.window, 6), np.int16)
    result = _Result(sample.ctypes.data, level.ctypes.data, room, windows.ctypes.data)
    made = _library().impact_recording(
        ctypes.byref(_settings(config)), rate, history.ctypes, samples.ctypes, len(samples), least, ctypes.byref(result)
    )
    level = level[:made].astype(int)
    return Impacts(sample[:made].astype(int), level, windows[: np.count_nonzero(level >= least)])


def c_source(config: ImpactConfig, name: str) -> str:
    """The same as a C constant for a generated header."""
    return f"""static const impact_config {name} = {{
    {config.rate_mhz}, // rate, millihertz
    {config.before}, // samples before the impact
    {config.after}, // samples after it
    {config.rest}, // samples at either end that tell gravity
    {config.multiplier}, // multiplier
    {config.shift}, // shift
    {{{", ".join(map(str, config.zero_point))}}}, // zero points
}};
"""


class _Config(ctypes.Structure):
    _fields_ = (
        ("rate_mhz", ctypes.c_uint32),
        ("before", ctypes.c_uint16),
        ("after", ctypes.c_uint16),
        ("rest", ctypes.c_uint16),
        ("multiplier", ctypes.c_int16),
        ("shift", ctypes.c_uint8),
        ("zero_point", ctypes.c_int8 * VALUES),
    )


class _Result(ctypes.Structure):
    _fields_ = (
        ("sample", ctypes.c_void_p),
        ("level", ctypes.c_void_p),
        ("room", ctypes.c_size_t),
        ("windows", ctypes.c_void_p),
    )


def _settings(config: ImpactConfig) -> _Config:
    values = {name: getattr(config, name) for name, *_ in _Config._fields_}
    return _Config(**values | {"zero_point": (ctypes.c_int8 * VALUES)(*config.zero_point)})


@functools.cache
def _library() -> ctypes.CDLL:
    sources = [ROOT / "lib" / "frontend" / "src" / f"{name}.c" for name in ("impact", "imu", "integer")]
    structures = {"impact_config": _Config, "impact_result": _Result}
    library = load("impact", [*sources, ROOT / "ml" / "native" / "impact.c"], structures=structures)
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    library.impact_recording.argtypes = [pointer, ctypes.c_uint32, pointer, pointer, size, ctypes.c_uint32, pointer]
    library.impact_recording.restype = size
    return library
