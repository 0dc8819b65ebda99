"""The firmware's distances from the normal state (lib/anomaly) in Python.

tables = gaussians(means, covariances, weights)        # a mixture as integers
scores(distances(windows, tables))                     # int8 (windows, 2): normal, anomalous
learnt = Baseline.of(windows, model="d0ba5e").gaussians(ridge=512)   # what a device learns from the same windows
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
MAGIC = 0x31534142
MEAN, INVERSE, DISTANCE = 128, 16384, 65536  # one, in the integers of lib/anomaly/include/anomaly/distance.h
PAIRS = MAX_FEATURES * (MAX_FEATURES + 1) // 2


@dataclass(frozen=True)
class Gaussians:
    """A mixture, as `anomaly_gaussians` describes it. W is the inverse of a covariance's Cholesky factor."""

    mean: np.ndarray  # int16 (components, features), 1/128
    inverse: np.ndarray  # int16 (components, features * (features + 1) / 2): W row after row, 1/16384
    offset: np.ndarray  # uint32 (components,), 1/65536

    @property
    def features(self) -> int:
        return self.mean.shape[1]


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
    windows, made = _checked(windows, tables.features), np.empty(len(windows), np.uint64)
    mean, inverse, offset = (np.ascontiguousarray(one) for one in (tables.mean, tables.inverse, tables.offset))
    settings = _Gaussians(tables.features, len(mean), mean.ctypes.data, inverse.ctypes.data, offset.ctypes.data)
    _library().anomaly_distances(ctypes.byref(settings), windows.ctypes, len(windows), made.ctypes)
    return made


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

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean (n,) and covariance (n, n), in steps of int8, exactly as the sums say."""
        n, count = self.features, max(self.windows, 2)
        total, triangle = np.array(self.raw.sum[:n], float), np.zeros((n, n))
        triangle[np.tril_indices(n)] = self.raw.product[: n * (n + 1) // 2]
        product = triangle + triangle.T - np.diag(np.diag(triangle))
        return total / count, (product - np.outer(total, total) / count) / (count - 1)

    def gaussians(self, ridge: int) -> Gaussians | None:
        """The single Gaussian that the device makes of it; None where it refuses. `ridge` in 1/256."""
        made, n = _Learnt(), self.features
        if not _library().anomaly_baseline_gaussian(ctypes.byref(self.raw), ridge, ctypes.byref(made)):
            return None
        inverse = np.array(made.inverse[: n * (n + 1) // 2], np.int16)
        return Gaussians(np.array([made.mean[:n]], np.int16), inverse[None], np.zeros(1, np.uint32))


def c_source(tables: Gaussians, compared: Reconstruction, method: str, ridge: int, name: str) -> str:
    """C constants: `static const anomaly_config <name>` and its tables."""
    n, components = tables.features, len(tables.mean)
    return "\n".join(
        [
            c_array("int16_t", f"{name}_mean", tables.mean, f"means of {components} Gaussians, 1/128 of a step"),
            c_array("int16_t", f"{name}_inverse", tables.inverse, "inverse Cholesky factors, row after row, 1/16384"),
            c_array("uint32_t", f"{name}_offset", tables.offset, "-2 log of weight over volume, 1/65536"),
            f"static const anomaly_gaussians {name}_gaussians = {{\n    {n}, {components}, {name}_mean,"
            f" {name}_inverse, {name}_offset}};\n",
            c_array("int16_t", f"{name}_deviation", compared.inverse, "1 over the autoencoder's deviations, 1/16384"),
            f"static const anomaly_reconstruction {name}_reconstruction = {{\n    {n}, {compared.zero_point},"
            f" {compared.scale}, {name}_deviation}};\n",
            f"static const anomaly_config {name} = {{\n    ANOMALY_{method.upper()}, &{name}_gaussians,"
            f" &{name}_reconstruction, {ridge}}};\n",
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
        *((name, ctypes.c_uint32) for name in ("magic", "model", "features", "windows", "saturated")),
        ("sum", ctypes.c_int32 * MAX_FEATURES),
        ("product", ctypes.c_int32 * PAIRS),
        ("crc", ctypes.c_uint32),
    )


class _Learnt(ctypes.Structure):
    _fields_ = (
        ("mean", ctypes.c_int16 * MAX_FEATURES),
        ("inverse", ctypes.c_int16 * PAIRS),
        ("offset", ctypes.c_uint32),
        ("gaussian", _Gaussians),
    )


@functools.cache
def _library() -> ctypes.CDLL:
    parts = ("anomaly/src/distance", "anomaly/src/baseline", "frontend/src/integer", "nn/src/model")
    sources = [*(ROOT / "lib" / f"{part}.c" for part in parts), ROOT / "ml/native/anomaly.c"]
    structures = {
        "anomaly_gaussians": _Gaussians,
        "anomaly_reconstruction": _Reconstruction,
        "anomaly_baseline": _Baseline,
        "anomaly_learnt": _Learnt,
    }
    library = load("anomaly", sources, structures=structures)
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    library.anomaly_distances.argtypes = [pointer, pointer, size, pointer]
    library.anomaly_reconstructions.argtypes = [pointer, pointer, pointer, size, pointer]
    library.anomaly_all_scores.argtypes = [pointer, size, pointer]
    library.anomaly_learn_all.argtypes = [pointer, pointer, size]
    library.anomaly_baseline_clear.argtypes = [pointer, ctypes.c_uint8, ctypes.c_uint32]
    library.anomaly_baseline_valid.argtypes = [pointer, ctypes.c_uint8, ctypes.c_uint32]
    library.anomaly_baseline_gaussian.argtypes = [pointer, ctypes.c_uint32, pointer]
    library.anomaly_baseline_learn.argtypes = [pointer, pointer]
    for name in ("anomaly_baseline_valid", "anomaly_baseline_gaussian", "anomaly_baseline_learn"):
        getattr(library, name).restype = ctypes.c_bool
    return library
