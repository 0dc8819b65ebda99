"""The firmware's distances from the normal state (lib/anomaly) in Python.

tables = gaussians(means, covariances, weights)        # a mixture as integers
scores(distances(windows, tables))                     # int8 (windows, 2): normal, anomalous
learnt = Baseline.of(windows, model="d0ba5e").modes(Learning())   # what a device learns from the same windows
learnt.scores(windows, threshold=100)                  # likewise; each mode's own threshold lies at 100
"""

import ctypes
import functools
import zlib
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.native.build import ROOT, load
from ml.native.imu import check_range
from ml.native.mel import c_array

MAX_FEATURES = 16
MAX_WINDOWS = 65535
MODES = 6
KEPT = 960  # bytes of windows in a baseline
MEAN, INVERSE, DISTANCE = 128, 16384, 65536  # one, in the integers of lib/anomaly/include/anomaly/distance.h
PER_OCTAVE = 13  # by which a score rises when a squared distance doubles
PAIRS = MAX_FEATURES * (MAX_FEATURES + 1) // 2


@dataclass(frozen=True)
class Gaussians:
    """A mixture, as `anomaly_gaussians` describes it. W is the inverse of a covariance's Cholesky factor."""

    mean: np.ndarray  # int16 (components, features), 1/128
    inverse: np.ndarray  # int16 (components, features * (features + 1) / 2): W row after row, 1/16384
    offset: np.ndarray  # uint32 (components,), 1/65536
    blind: int = 0  # the last so many components are of speeds at which faults do not show

    @property
    def features(self) -> int:
        return self.mean.shape[1]


@dataclass(frozen=True)
class Learning:
    """How a device learns, as `anomaly_learning` describes it."""

    ridge: int = 1024  # 1/256 of a squared step
    level_every: int = 3
    apart: int = 24  # steps
    overlap: int = 8  # windows


@dataclass(frozen=True)
class Reconstruction:
    """How an autoencoder's output is compared with its input, as `anomaly_reconstruction` describes it."""

    inverse: np.ndarray  # int16 (features,), 1/16384
    scale: int = DISTANCE  # a step of the output in steps of the input, 1/65536
    zero_point: int = 0

    @property
    def features(self) -> int:
        return len(self.inverse)


def gaussians(mean: np.ndarray, covariance: np.ndarray, weight: np.ndarray) -> Gaussians:
    """A mixture as integers: means (k, n) and covariances (k, n, n) in steps of int8, variances 1 and up; weights (k,)
    that add up to 1. The likeliest component has offset 0."""
    check_range("features", mean.shape[1], 1, MAX_FEATURES)
    factor = np.linalg.cholesky(covariance)
    inverse = np.stack([np.linalg.inv(one)[np.tril_indices(mean.shape[1])] for one in factor])
    if np.abs(inverse).max() > 1 + 1e-6:
        raise UserError("expected covariances with no direction of variance below 1; add more to their diagonals")
    density = 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(1) - 2 * np.log(weight)
    offset = np.rint((density - density.min()) * DISTANCE).astype(np.uint32)
    rounded = np.rint(np.clip(inverse, -1, 1) * INVERSE).astype(np.int16)
    return Gaussians(np.rint(mean * MEAN).astype(np.int16), rounded, offset)


def reconstruction(deviation: np.ndarray) -> Reconstruction:
    """From the standard deviations, 1 and up, of the difference between input and output in steps of int8."""
    return Reconstruction(np.rint(INVERSE / np.maximum(deviation, 1)).astype(np.int16))


def distances(windows: np.ndarray, tables: Gaussians) -> np.ndarray:
    """uint64 (windows,) in 1/65536 for int8 windows (windows, features)."""
    return nearest(windows, tables)[0]


def nearest(windows: np.ndarray, tables: Gaussians) -> tuple[np.ndarray, np.ndarray]:
    """The same, and the component that each window is nearest to, uint32 (windows,)."""
    windows, made = _checked(windows, tables.features), np.empty(len(windows), np.uint64)
    component = np.empty(len(windows), np.uint32)
    mean, inverse, offset = (np.ascontiguousarray(one) for one in (tables.mean, tables.inverse, tables.offset))
    places = (mean.ctypes.data, inverse.ctypes.data, offset.ctypes.data)
    settings = _Gaussians(tables.features, len(mean), tables.blind, *places)
    _library().anomaly_distances(ctypes.byref(settings), windows.ctypes, len(windows), made.ctypes, component.ctypes)
    return made, component


def reconstruction_distances(windows: np.ndarray, outputs: np.ndarray, settings: Reconstruction) -> np.ndarray:
    """The same for an autoencoder's int8 inputs and outputs (windows, features)."""
    windows, outputs = _checked(windows, settings.features), _checked(outputs, settings.features)
    made, inverse = np.empty(len(windows), np.uint64), np.ascontiguousarray(settings.inverse)
    config = _Reconstruction(settings.features, settings.zero_point, settings.scale, inverse.ctypes.data)
    call = _library().anomaly_reconstructions
    call(ctypes.byref(config), windows.ctypes, outputs.ctypes, len(windows), made.ctypes)
    return made


def scores(distance: np.ndarray) -> np.ndarray:
    """Distances uint64 (windows,) as the firmware's scores of normal and anomalous, int8 (windows, 2)."""
    distance = np.ascontiguousarray(distance, np.uint64)
    made = np.empty((len(distance), 2), np.int8)
    _library().anomaly_all_scores(distance.ctypes, len(distance), made.ctypes)
    return made


@dataclass(frozen=True)
class Learnt:
    """What a device makes of a baseline: for each mode, a way of running, a Gaussian and a threshold."""

    raw: "_Learnt"
    features: int

    @property
    def windows(self) -> list[int]:
        """Kept ones of each mode."""
        return list(self.raw.windows[: self.raw.modes])

    @property
    def left_out(self) -> int:
        """Kept windows that belong to no mode."""
        return self.raw.left_out

    @property
    def thresholds(self) -> list[int]:
        return list(self.raw.threshold[: self.raw.modes])

    @property
    def gaussians(self) -> list[Gaussians]:
        """One of each mode."""
        pairs, zero = self.features * (self.features + 1) // 2, np.zeros(1, np.uint32)
        each = ((self.raw.mean[k][: self.features], self.raw.inverse[k][:pairs]) for k in range(self.raw.modes))
        return [Gaussians(np.array([mean], np.int16), np.array([inverse], np.int16), zero) for mean, inverse in each]

    def above(self, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far int8 windows (n, features) lie above the threshold of the mode for which that is least, int32 (n,),
        and which mode that is, uint32 (n,)."""
        windows, made = _checked(windows, self.features), np.empty(len(windows), np.int32)
        mode = np.empty(len(windows), np.uint32)
        call = _library().anomaly_all_above
        call(ctypes.byref(self.raw), self.features, windows.ctypes, len(windows), made.ctypes, mode.ctypes)
        return made, mode

    def scores(self, windows: np.ndarray, threshold: int) -> np.ndarray:
        """The device's scores, int8 (n, 2): a mode's own threshold lies at the decision's."""
        level = np.clip(self.above(windows)[0] + threshold, 0, 255)
        return np.stack([np.maximum(-1 - level, -128), level - 128], 1).astype(np.int8)


class Baseline:
    """What a device has learnt, as `anomaly_baseline` lays it out; `bytes(baseline)` is what LINK_LEARN reads."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) != ctypes.sizeof(_Baseline):
            raise UserError(f"expected a baseline of {ctypes.sizeof(_Baseline)} bytes, found {len(raw)}")
        self.raw = _Baseline.from_buffer_copy(raw)

    @classmethod
    def of(cls, windows: np.ndarray, model: str) -> "Baseline":
        """Learns from int8 windows (windows, features), for the model of that hash."""
        check_range("features", windows.shape[1], 1, MAX_FEATURES)
        windows, made = _checked(windows, windows.shape[1]), _Baseline()
        library = _library()
        library.anomaly_baseline_clear(ctypes.byref(made), windows.shape[1], zlib.crc32(model.encode()))
        library.anomaly_learn_all(ctypes.byref(made), windows.ctypes, len(windows))
        return cls(bytes(made))

    def __bytes__(self) -> bytes:
        return bytes(self.raw)

    @property
    def windows(self) -> int:
        return self.raw.windows

    @property
    def saturated(self) -> int:
        """Values at the ends of int8 among them."""
        return self.raw.saturated

    @property
    def features(self) -> int:
        return min(self.raw.features, MAX_FEATURES)

    def valid(self, features: int, model: str) -> bool:
        """Whether a device with that model takes it."""
        return _library().anomaly_baseline_valid(ctypes.byref(self.raw), features, zlib.crc32(model.encode()))

    @property
    def stride(self) -> int:
        """Of so many windows one was kept."""
        return self.raw.stride

    @property
    def kept(self) -> np.ndarray:
        """The windows that were kept, int8 (n, features), the oldest first."""
        count = min(-(-self.windows // max(self.stride, 1)), KEPT // max(self.features, 1))
        return np.array(self.raw.kept[: count * self.features], np.int8).reshape(count, -1)

    def modes(self, how: Learning) -> Learnt | None:
        """What the device makes of it; None where it refuses."""
        made, settings = _Learnt(), _Learning(how.ridge, how.level_every, how.apart, how.overlap)
        if not _library().anomaly_baseline_modes(ctypes.byref(self.raw), ctypes.byref(settings), ctypes.byref(made)):
            return None
        return Learnt(made, self.features)


def c_source(
    tables: Gaussians, compared: Reconstruction, method: str, learning: Learning, threshold: int, name: str
) -> str:
    """C constants: `static const anomaly_config <name>` and its tables."""
    n, components = tables.features, len(tables.mean)
    how = ", ".join(str(value) for value in (learning.ridge, learning.level_every, learning.apart, learning.overlap))
    return "\n".join(
        [
            c_array("int16_t", f"{name}_mean", tables.mean, f"means of {components} Gaussians, 1/128 of a step"),
            c_array("int16_t", f"{name}_inverse", tables.inverse, "inverse Cholesky factors, row after row, 1/16384"),
            c_array("uint32_t", f"{name}_offset", tables.offset, "-2 log of weight over volume, 1/65536"),
            f"// The last {tables.blind} of the Gaussians are of speeds at which faults do not show.\n"
            f"static const anomaly_gaussians {name}_gaussians = {{\n    {n}, {components}, {tables.blind}, {name}_mean,"
            f" {name}_inverse, {name}_offset}};\n",
            c_array("int16_t", f"{name}_deviation", compared.inverse, "1 over the autoencoder's deviations, 1/16384"),
            f"static const anomaly_reconstruction {name}_reconstruction = {{\n    {n}, {compared.zero_point},"
            f" {compared.scale}, {name}_deviation}};\n",
            f"static const anomaly_config {name} = {{\n    ANOMALY_{method.upper()}, &{name}_gaussians,"
            f" &{name}_reconstruction,\n    {{{how}}}, // learning: ridge, levels, levels apart, windows that overlap\n"
            f"    {threshold}}}; // of the decision\n",
        ]
    )


def _checked(windows: np.ndarray, features: int) -> np.ndarray:
    windows = np.ascontiguousarray(windows)
    if windows.dtype != np.int8 or windows.ndim != 2 or windows.shape[1] != features:
        raise UserError(f"expected int8 windows (windows, {features}), found {windows.dtype} {windows.shape}")
    return windows


class _Gaussians(ctypes.Structure):
    _fields_ = (
        ("features", ctypes.c_uint8),
        ("components", ctypes.c_uint8),
        ("blind", ctypes.c_uint8),
        ("mean", ctypes.c_void_p),
        ("inverse", ctypes.c_void_p),
        ("offset", ctypes.c_void_p),
    )


class _Reconstruction(ctypes.Structure):
    _fields_ = (
        ("features", ctypes.c_uint8),
        ("zero_point", ctypes.c_int8),
        ("scale", ctypes.c_int32),
        ("inverse", ctypes.c_void_p),
    )


class _Baseline(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("magic", "model", "features", "windows", "saturated", "stride")),
        ("kept", ctypes.c_int8 * KEPT),
        ("crc", ctypes.c_uint32),
    )


class _Learning(ctypes.Structure):
    _fields_ = (
        ("ridge", ctypes.c_uint32),
        ("level_every", ctypes.c_uint8),
        ("apart", ctypes.c_uint8),
        ("overlap", ctypes.c_uint8),
    )


class _Learnt(ctypes.Structure):
    _fields_ = (
        ("modes", ctypes.c_uint8),
        ("windows", ctypes.c_uint8 * MODES),
        ("threshold", ctypes.c_uint8 * MODES),
        ("left_out", ctypes.c_uint8),
        ("mean", ctypes.c_int16 * MAX_FEATURES * MODES),
        ("inverse", ctypes.c_int16 * PAIRS * MODES),
    )


@functools.cache
def _library() -> ctypes.CDLL:
    parts = ("anomaly/src/distance", "anomaly/src/baseline", "frontend/src/integer", "nn/src/model")
    sources = [*(ROOT / "lib" / f"{part}.c" for part in parts), ROOT / "ml/native/anomaly.c"]
    structures = {
        "anomaly_gaussians": _Gaussians,
        "anomaly_reconstruction": _Reconstruction,
        "anomaly_baseline": _Baseline,
        "anomaly_learning": _Learning,
        "anomaly_learnt": _Learnt,
    }
    library = load("anomaly", sources, structures=structures)
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    library.anomaly_distances.argtypes = [pointer, pointer, size, pointer, pointer]
    library.anomaly_all_above.argtypes = [pointer, ctypes.c_uint32, pointer, size, pointer, pointer]
    library.anomaly_reconstructions.argtypes = [pointer, pointer, pointer, size, pointer]
    library.anomaly_all_scores.argtypes = [pointer, size, pointer]
    library.anomaly_learn_all.argtypes = [pointer, pointer, size]
    library.anomaly_baseline_clear.argtypes = [pointer, ctypes.c_uint8, ctypes.c_uint32]
    library.anomaly_baseline_valid.argtypes = [pointer, ctypes.c_uint8, ctypes.c_uint32]
    library.anomaly_baseline_modes.argtypes = [pointer, pointer, pointer]
    library.anomaly_baseline_learn.argtypes = [pointer, pointer]
    for name in ("anomaly_baseline_valid", "anomaly_baseline_modes", "anomaly_baseline_learn"):
        getattr(library, name).restype = ctypes.c_bool
    return library
