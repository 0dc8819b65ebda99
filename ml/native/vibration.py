"""The firmware's vibration front end (lib/frontend/src/vibration.c) in Python, many recordings at a time.

config = VibrationConfig(rate_mhz=50_000, size=64, band_hz=spaced(1, 25, 8))
config = fitted(vibration_q8(recordings, config), config)      # every feature to mean 0, 32 steps a standard deviation
features = vibration(recordings, config)                       # features.blocks: a list of int8 (blocks, features)
"""

import ctypes
import functools
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ml.errors import UserError
from ml.native import mel
from ml.native.build import ROOT, load
from ml.native.imu import check_range
from ml.native.parallel import each
from ml.native.tables import FFT_SIZES

STATISTICS = ("variance", "crest", "kurtosis", "mobility")
MAX_AVERAGE = 8
MAX_AXES = 3
MAX_FEATURES = 1024
STEPS_PER_DEVIATION = 32


@dataclass(frozen=True)
class VibrationConfig:
    """Settings of the front end, as `vibration_config` in lib/frontend/include/frontend/vibration.h describes them.

    The default scale gives an eighth of an octave of power to a step, from 0 (-128) to 31.9 (127).
    """

    rate_mhz: int
    size: int  # samples in a block
    band_hz: tuple[float, ...] = ()  # edges of the spectrum's bands, rising
    envelope_hz: tuple[float, ...] = ()  # edges of the envelope spectrum's bands, rising
    axes: int = 3
    hop: int | None = None  # samples between blocks; default: the size
    statistics: tuple[str, ...] = STATISTICS  # those that are wanted
    average: int = 1  # blocks of which the mean is popped
    ordered: bool = False  # axes by gravity and level, not as the sensor names them
    offset: tuple[int, ...] = ()  # per feature of all axes, in 1/256; default: 16 octaves
    multiplier: tuple[int, ...] = ()  # likewise; default: 2^-5 of 1/256
    shift: int = 10

    def __post_init__(self) -> None:
        if self.size not in FFT_SIZES:
            raise UserError(f"size={self.size}: expected one of {FFT_SIZES}")
        check_range("rate_mhz", self.rate_mhz, 1, 2**31 - 1)
        check_range("axes", self.axes, 1, MAX_AXES)
        check_range("hop", self.step, 1, self.size)
        check_range("shift", self.shift, 1, 30)
        check_range("average", self.average, 1, MAX_AVERAGE)
        if not set(self.statistics) <= set(STATISTICS):
            raise UserError(f"statistics: expected some of {', '.join(STATISTICS)}, found {', '.join(self.statistics)}")
        check_range("features", self.features, 1, MAX_FEATURES)
        if self.ordered and "variance" not in self.statistics:
            raise UserError(f"ordered: expected the variance in the statistics, found {', '.join(self.statistics)}")
        for name, edges in (("band_hz", self.band_hz), ("envelope_hz", self.envelope_hz)):
            self._check_edges(name, edges)
        for name, values in (("offset", self.offset), ("multiplier", self.multiplier)):
            if len(values) not in (0, self.features):
                raise UserError(f"{name}: expected {self.features} numbers, one per feature, found {len(values)}")
            for value in values:
                check_range(name, value, -32768, 32767)

    def _check_edges(self, name: str, edges: tuple[float, ...]) -> None:
        if not edges:
            return
        bins, half_hz = self.bins(edges), self.rate_mhz / 2000
        if len(edges) == 1 or np.diff(bins).min() < 1 or edges[0] < 0 or edges[-1] > half_hz:
            width = self.rate_mhz / 1000 / self.size
            raise UserError(
                f"{name}: expected rising edges from 0 to {half_hz:g} Hz, with a bin ({width:g} Hz apart)"
                f" in every band, found {[round(edge, 2) for edge in edges]}"
            )

    def bins(self, edges: tuple[float, ...]) -> np.ndarray:
        """The first bin at or above each edge; half the rate itself belongs to the last band."""
        exact = np.array(edges, float) * self.size * 1000 / self.rate_mhz
        bins = np.ceil(exact - 1e-9).astype(int)
        return np.where(bins == self.size // 2, bins + 1, bins)

    @property
    def step(self) -> int:
        return self.hop or self.size

    @property
    def names(self) -> tuple[str, ...]:
        """What the features of an axis are, in order."""
        ranges = [
            f"{kind} {low:g}-{high:g} Hz"
            for kind, edges in (("power", self.band_hz), ("envelope", self.envelope_hz))
            for low, high in itertools.pairwise(edges)
        ]
        return (*ranges, *(name for name in STATISTICS if name in self.statistics))

    @property
    def features(self) -> int:
        """Values in a block, of all axes."""
        bands = max(0, len(self.band_hz) - 1) + max(0, len(self.envelope_hz) - 1)
        return self.axes * (bands + len(set(self.statistics)))

    @property
    def span(self) -> int:
        """Samples that the mean of `average` blocks is made of."""
        return self.size + (self.average - 1) * self.step

    def blocks(self, samples: int) -> int:
        """Means of blocks in so many samples."""
        return max(0, samples - self.span + self.step) // self.step


@dataclass(frozen=True)
class Features:
    """What the front end made of the recordings."""

    blocks: list[np.ndarray]  # a recording: int8 (blocks, features)
    saturated: np.ndarray  # int (recordings,): values clipped to int8


def spaced(low_hz: float, high_hz: float, bands: int) -> tuple[float, ...]:
    """Edges of bands of equal width on a logarithmic scale."""
    return tuple(float(hz) for hz in np.geomspace(low_hz, high_hz, bands + 1))


def vibration(recordings: Iterable[np.ndarray], config: VibrationConfig) -> Features:
    """Runs int16 recordings (samples, axes) through the front end, each from a fresh start, on all processors."""
    made = _run(recordings, config, np.int8)
    return Features([blocks for blocks, _ in made], np.array([count for _, count in made], int))


def vibration_q8(recordings: Iterable[np.ndarray], config: VibrationConfig) -> list[np.ndarray]:
    """The same before the scaling to int8: int32 (blocks, features), log2 in units of 1/256."""
    return [blocks for blocks, _ in _run(recordings, config, np.int32)]


def fitted(blocks: Iterable[np.ndarray], config: VibrationConfig) -> VibrationConfig:
    """The configuration that brings each feature of these blocks to mean 0 and a standard deviation of 32 steps."""
    values = np.concatenate(list(blocks))
    if len(values) < 2:
        raise UserError(f"expected at least two blocks to fit the scale to, found {len(values)}")
    deviation = np.maximum(values.std(axis=0), 2.0)  # a feature that hardly moves is not blown up
    multiplier = np.clip(np.round(STEPS_PER_DEVIATION / deviation * 2**config.shift), 1, 32767)
    offset = np.clip(np.round(values.mean(axis=0)), -32768, 32767)
    return replace(config, offset=tuple(map(int, offset)), multiplier=tuple(map(int, multiplier)))


def c_source(config: VibrationConfig, name: str = "vibration") -> str:
    """C constants: the tables and `static const vibration_config <name>_config`, for a model's header."""
    tables = _tables(config)
    notes = {
        "hann": ("uint32_t", "Hann window, Q15, two to a word"),
        "band_edges": ("uint16_t", "bins"),
        "envelope_edges": ("uint16_t", "bins"),
        "offset": ("int16_t", "per feature, 1/256 of an octave"),
        "multiplier": ("int16_t", "per feature"),
    }
    arrays = [
        mel.c_array(kind, f"{name}_{table}", tables[table], note)
        for table, (kind, note) in notes.items()
        if tables[table].size
    ]
    values = {table: f"{name}_{table}" if tables[table].size else "0" for table in notes}
    values |= _numbers(config) | {"fft": f"&fft_{config.size}"}
    members = [(key, values[key]) for key, *_ in _Config._fields_]
    return "\n".join([*arrays, mel.c_struct("vibration_config", f"{name}_config", members)])


def _tables(config: VibrationConfig) -> dict[str, np.ndarray]:
    return {
        "hann": mel.as_words(mel.hann(config.size)),
        "band_edges": config.bins(config.band_hz).astype(np.uint16),
        "envelope_edges": config.bins(config.envelope_hz).astype(np.uint16),
        "offset": np.array(config.offset or [16 * 256] * config.features, np.int16),
        "multiplier": np.array(config.multiplier or [2**config.shift // 32] * config.features, np.int16),
    }


def _numbers(config: VibrationConfig) -> dict[str, int]:
    return {
        "rate_mhz": config.rate_mhz,
        "axes": config.axes,
        "hop": config.step,
        "bands": max(0, len(config.band_hz) - 1),
        "envelope_bands": max(0, len(config.envelope_hz) - 1),
        "statistics": sum(1 << bit for bit, name in enumerate(STATISTICS) if name in config.statistics),
        "average": config.average,
        "ordered": int(config.ordered),
        "shift": config.shift,
    }


def _run(recordings: Iterable[np.ndarray], config: VibrationConfig, kind: type) -> list[tuple[np.ndarray, int]]:
    recordings = [np.ascontiguousarray(recording) for recording in recordings]
    for recording in recordings:
        if recording.dtype != np.int16 or recording.ndim != 2 or recording.shape[1] != config.axes:
            raise UserError(
                f"expected int16 recordings (samples, {config.axes}), found {recording.dtype} {recording.shape}"
            )
    library, tables = _library(), _tables(config)
    plan = ctypes.addressof(ctypes.c_char.in_dll(library, f"fft_{config.size}"))
    settings = _Config(**_numbers(config), fft=plan, **{name: table.ctypes.data for name, table in tables.items()})

    def run(samples: np.ndarray) -> tuple[np.ndarray, int]:
        blocks = np.empty((config.blocks(len(samples)), config.features), kind)
        result = _Result(blocks.ctypes.data if kind is np.int8 else None, blocks.ctypes.data)
        status = library.vibration_recording(
            ctypes.byref(settings), samples.ctypes.data, len(samples), ctypes.byref(result)
        )
        if status < 0:
            raise AssertionError(f"the front end refused what its Python side let through: {config}")
        return blocks, result.saturated

    return each(run, recordings)


class _Config(ctypes.Structure):
    _fields_ = (
        ("rate_mhz", ctypes.c_uint32),
        ("axes", ctypes.c_uint8),
        ("fft", ctypes.c_void_p),
        ("hop", ctypes.c_uint16),
        ("hann", ctypes.c_void_p),
        ("bands", ctypes.c_uint8),
        ("envelope_bands", ctypes.c_uint8),
        ("band_edges", ctypes.c_void_p),
        ("envelope_edges", ctypes.c_void_p),
        ("statistics", ctypes.c_uint8),
        ("average", ctypes.c_uint8),
        ("ordered", ctypes.c_uint8),
        ("offset", ctypes.c_void_p),
        ("multiplier", ctypes.c_void_p),
        ("shift", ctypes.c_uint8),
    )


class _Result(ctypes.Structure):
    _fields_ = (("features", ctypes.c_void_p), ("features_q8", ctypes.c_void_p), ("saturated", ctypes.c_uint32))


@functools.cache
def _library() -> ctypes.CDLL:
    names = ["vibration", "fft", "integer", *(f"fft_{size}" for size in FFT_SIZES)]
    sources = [ROOT / "lib" / "frontend" / "src" / f"{name}.c" for name in names]
    flags = [f"-DVIBRATION_MAX_FFT={FFT_SIZES[-1]}", f"-DVIBRATION_MAX_FEATURES={MAX_FEATURES}"]
    structures = {"vibration_config": _Config, "vibration_result": _Result}
    library = load("vibration", [*sources, ROOT / "ml" / "native" / "vibration.c"], flags=flags, structures=structures)
    pointer = ctypes.c_void_p
    library.vibration_recording.argtypes = [pointer, pointer, ctypes.c_size_t, pointer]
    return library
