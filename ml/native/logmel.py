"""The firmware's audio front end (lib/frontend/src/logmel.c) in Python, many recordings at a time.

features = log_mel(recordings, LogmelConfig())   # features.frames: a list of int8 (frames, bands)
"""

import ctypes
import functools
from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from ml.errors import UserError
from ml.native import mel
from ml.native.build import ROOT, load
from ml.native.imu import check_range
from ml.native.parallel import each
from ml.native.tables import FFT_SIZES

MAX_WINDOW = MAX_FFT = FFT_SIZES[-1]
MAX_BANDS = 128
MAX_OVERLAP = 8
MAX_HIGH_PASS = 12
RATES_HZ = (8000, 16000)
Q8 = 256  # log2_q8's units: an octave of power, 3.01 dB


@dataclass(frozen=True)
class LogmelConfig:
    """Settings of the front end, as `logmel_config` in lib/frontend/include/frontend/logmel.h describes them.

    The default scale gives half a decibel to a step, from a power of 1 (-128) to one of 2^42.5 (127).
    """

    rate_hz: int = 16000
    window: int = 480  # samples
    hop: int = 320
    fft: int = 512
    bands: int = 40
    low_hz: float = 20.0  # the first filter's lower edge
    high_hz: float | None = None  # the last one's upper edge; default: 95 % of half the rate
    noise_rise: int = 8
    noise_fall: int = 2
    noise_factor: int = 0  # 16: once the estimate; 0: no noise is taken off
    noise_floor: int = 13  # 5 %
    gain_strength: int = 0  # 256: divided by the estimate; 0: no gain control
    gain_offset: int = 0
    cepstra: int = 0  # 0: log-mel
    multiplier: int = 768
    shift: int = 15
    zero_point: int = -128
    high_pass: int = 0  # 0: none; 4: a constant offset and what lies below 160 Hz are taken off, 5: below 80 Hz

    def __post_init__(self) -> None:
        limits = {
            "noise_rise": (0, 15), "noise_fall": (0, 15), "noise_factor": (0, 64), "noise_floor": (0, 255),
            "gain_strength": (0, 256), "gain_offset": (-32768, 32767), "cepstra": (0, self.bands),
            "multiplier": (1, 32767), "shift": (1, 30), "zero_point": (-32768, 32767),
            "high_pass": (0, MAX_HIGH_PASS), "bands": (1, MAX_BANDS), "window": (2, MAX_WINDOW),
            "low_hz": (0, self.rate_hz / 2),
        }  # fmt: skip
        for name, (low, high) in limits.items():
            check_range(name, getattr(self, name), low, high)
        check_range("hop", self.hop, -(-self.window // MAX_OVERLAP), self.window)
        check_range("high_hz", self.upper_hz, self.low_hz, self.rate_hz / 2)
        if self.rate_hz not in RATES_HZ:
            raise UserError(f"rate_hz={self.rate_hz}: expected one of {RATES_HZ}")
        if self.window % 2 or self.hop % 2:
            raise UserError(f"window={self.window}, hop={self.hop}: expected even numbers of samples")
        if self.fft not in FFT_SIZES or self.fft < self.window:
            raise UserError(f"fft={self.fft}: expected one of {FFT_SIZES}, at least the window ({self.window})")
        self.filters  # noqa: B018  refuses filters without a bin

    @property
    def upper_hz(self) -> float:
        return 0.475 * self.rate_hz if self.high_hz is None else self.high_hz

    @property
    def outputs(self) -> int:
        """Values in a frame."""
        return self.cepstra or self.bands

    @property
    def filters(self) -> mel.Filters:
        return mel.filters(self.bands, self.low_hz, self.upper_hz, self.rate_hz, self.fft)

    def frames(self, samples: int) -> int:
        """Frames in so many samples."""
        return max(0, samples - self.window + self.hop) // self.hop


@dataclass(frozen=True)
class Features:
    """What the front end made of the recordings."""

    frames: list[np.ndarray]  # a recording: int8 (frames, outputs)
    clipped_low: np.ndarray  # int (recordings,): values below int8, which silence may have
    clipped_high: np.ndarray  # int (recordings,): values above


def log_mel(recordings: Iterable[np.ndarray], config: LogmelConfig) -> Features:
    """Runs int16 recordings (samples,) through the front end, each from a fresh start, on all processors."""
    made = _run(recordings, config, np.int8)
    counts = np.array([clipped for _, clipped in made], int).reshape(-1, 2)
    return Features([frames for frames, _ in made], counts[:, 0], counts[:, 1])


def log_mel_q8(recordings: Iterable[np.ndarray], config: LogmelConfig) -> list[np.ndarray]:
    """The same before the scaling to int8: int32 (frames, outputs) in units of 1/256."""
    return [frames for frames, _ in _run(recordings, config, np.int32)]


def c_source(config: LogmelConfig, name: str = "audio") -> str:
    """C constants: the tables and `static const logmel_config <name>_config`, for a model's header."""
    tables = _tables(config)
    notes = {
        "hann": ("uint32_t", "Hann window, Q15, two to a word"),
        "band_bins": ("uint16_t", "bins from one filter's centre to the next"),
        "rising": ("uint16_t", "weight of each bin in the filter above it, Q15"),
        "dct": ("uint32_t", "cosine transform, Q15, two to a word, a row per cepstrum"),
    }
    arrays = [
        mel.c_array(kind, f"{name}_{table}", tables[table], note)
        for table, (kind, note) in notes.items()
        if tables[table].size
    ]
    values = {key: getattr(config, key) for key, *_ in _Config._fields_ if hasattr(config, key)}
    values |= {table: f"{name}_{table}" if tables[table].size else "0" for table in notes}
    values |= {"fft": f"&fft_{config.fft}", "first_bin": config.filters.first_bin}
    members = [(key, values[key]) for key, *_ in _Config._fields_]
    return "\n".join([*arrays, mel.c_struct("logmel_config", f"{name}_config", members)])


def _tables(config: LogmelConfig) -> dict[str, np.ndarray]:
    filters = config.filters
    return {
        "hann": mel.as_words(mel.hann(config.window)),
        "band_bins": filters.band_bins,
        "rising": filters.rising,
        "dct": mel.as_words(mel.dct(config.cepstra, config.bands), row=4),
    }


def _run(recordings: Iterable[np.ndarray], config: LogmelConfig, kind: type) -> list[tuple[np.ndarray, tuple]]:
    recordings = [np.ascontiguousarray(recording) for recording in recordings]
    for recording in recordings:
        if recording.dtype != np.int16 or recording.ndim != 1:
            raise UserError(f"expected int16 recordings (samples,), found {recording.dtype} {recording.shape}")
    library, tables = _library(), _tables(config)
    settings = _settings(library, config, tables)

    def run(pcm: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
        frames = np.empty((config.frames(len(pcm)), config.outputs), kind)
        result = _Result(frames.ctypes.data if kind is np.int8 else None, frames.ctypes.data)
        if library.logmel_recording(ctypes.byref(settings), pcm.ctypes.data, len(pcm), ctypes.byref(result)) < 0:
            raise AssertionError(f"the front end refused what its Python side let through: {config}")
        return frames, (result.clipped_low, result.clipped_high)

    return each(run, recordings)


class _Config(ctypes.Structure):
    _fields_ = (
        ("rate_hz", ctypes.c_uint32),
        ("window", ctypes.c_uint16),
        ("hop", ctypes.c_uint16),
        ("fft", ctypes.c_void_p),
        ("hann", ctypes.c_void_p),
        ("bands", ctypes.c_uint8),
        ("first_bin", ctypes.c_uint16),
        ("band_bins", ctypes.c_void_p),
        ("rising", ctypes.c_void_p),
        ("noise_rise", ctypes.c_uint8),
        ("noise_fall", ctypes.c_uint8),
        ("noise_factor", ctypes.c_uint8),
        ("noise_floor", ctypes.c_uint8),
        ("gain_strength", ctypes.c_uint16),
        ("gain_offset", ctypes.c_int16),
        ("cepstra", ctypes.c_uint8),
        ("dct", ctypes.c_void_p),
        ("multiplier", ctypes.c_int16),
        ("shift", ctypes.c_uint8),
        ("zero_point", ctypes.c_int16),
        ("high_pass", ctypes.c_uint8),
    )


class _Result(ctypes.Structure):
    _fields_ = (
        ("frames", ctypes.c_void_p),
        ("frames_q8", ctypes.c_void_p),
        ("clipped_low", ctypes.c_uint32),
        ("clipped_high", ctypes.c_uint32),
    )


def _settings(library: ctypes.CDLL, config: LogmelConfig, tables: dict[str, np.ndarray]) -> _Config:
    """The C configuration; it points into `tables` and into the library."""
    known = {field.name for field in fields(config)} & {name for name, *_ in _Config._fields_}
    plan = ctypes.addressof(ctypes.c_char.in_dll(library, f"fft_{config.fft}"))
    pointers = {name: table.ctypes.data for name, table in tables.items()}
    values = {name: getattr(config, name) for name in known} | pointers
    return _Config(**values | {"fft": plan, "first_bin": config.filters.first_bin})


@functools.cache
def _library() -> ctypes.CDLL:
    names = ["logmel", "fft", "integer", *(f"fft_{size}" for size in FFT_SIZES)]
    sources = [ROOT / "lib" / "frontend" / "src" / f"{name}.c" for name in names]
    sizes = {"WINDOW": MAX_WINDOW, "FFT": MAX_FFT, "BANDS": MAX_BANDS}
    flags = [f"-DLOGMEL_MAX_{name}={size}" for name, size in sizes.items()]
    structures = {"logmel_config": _Config, "logmel_result": _Result}
    library = load("logmel", [*sources, ROOT / "ml" / "native" / "logmel.c"], flags=flags, structures=structures)
    pointer = ctypes.c_void_p
    library.logmel_recording.argtypes = [pointer, pointer, ctypes.c_size_t, pointer]
    return library
