"""A recording as a timeline sees it: lowest and highest sample of each pixel, a spectrogram, stretches of samples.

Ten hours at 16 kHz are a gigabyte: the file is mapped, not read, and lowest and highest of every 256 samples are
computed once, in the background, and kept in the cache. Until they are there, a pixel shows a part of its samples, and
says so.
"""

import functools
import hashlib
import io
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from ml.data.audio import samples_of_wav
from ml.data.reading import SOUND, read_file
from ml.data.recordings import ACCEL_PER_G, GYRO_PER_DPS
from ml.data.untrusted import MAX_SOUND, opened
from ml.errors import UserError
from ml.files import replace_file
from ml.paths import CACHE

BLOCK = 256  # samples of which lowest and highest are kept
AT_ONCE = BLOCK << 14  # samples of a step of the background
FEW = 1 << 20  # samples: fewer are looked at as they are
PART = 512  # samples of a pixel that are looked at while the rest is not known
FFT, LOWEST_DB, HIGHEST_DB = 512, -100.0, -20.0
SCALES = {"mic": 32768.0, "accel": ACCEL_PER_G}
NAMES = {"mic": ["sound"], "imu": ["ax", "ay", "az", "gx", "gy", "gz"], "accel": ["ax", "ay", "az"]}
FLAC_PARTS = 200


class Samples:
    """int16 (n, channels), any stretch of them, without holding them all."""

    def __init__(self, path: Path, rate_hz: float) -> None:
        self.path, self.sensor = path, "mic"
        if path.suffix.lower() not in SOUND:
            made = read_file(path, rate_hz)
            self._array, self.rate_hz, self.sensor = made.samples, made.rate_mhz / 1000, made.sensor
        else:
            self._array, self.rate_hz = _sound(path)
        self.count = len(self._array) if self._array is not None else soundfile.info(path).frames
        self.channels = 1 if self._array is None or self._array.ndim == 1 else self._array.shape[1]
        self._lock = threading.Lock()

    def __call__(self, start: int, end: int) -> np.ndarray:
        if self._array is not None:
            return np.asarray(self._array[start:end]).reshape(-1, self.channels)
        with self._lock, soundfile.SoundFile(self.path) as file:
            file.seek(start)
            return file.read(end - start, dtype="int16", always_2d=True)[:, :1]

    @property
    def mapped(self) -> bool:
        return self._array is not None


def _sound(path: Path) -> tuple[np.ndarray | None, float]:
    """A WAV of 16 bits and one channel is mapped; of others None: they are read stretch by stretch."""
    with opened(path, MAX_SOUND):
        pass  # a regular file, not too large
    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, TypeError, ValueError):
        raise UserError(f"{path}: expected a WAV or FLAC file, cannot read it; record it again") from None
    if info.channels != 1:
        raise UserError(f"{path}: expected one channel, found {info.channels}; keep one of them")
    place = samples_of_wav(path) if info.subtype == "PCM_16" else None
    if place is None:
        return None, info.samplerate
    start, size = place
    if not size // 2:
        raise UserError(f"{path}: expected at least one sample, found none; record it again")
    return np.memmap(path, "<i2", "r", start, (size // 2,)), info.samplerate


class Track:
    """One recording that is open on a timeline."""

    def __init__(self, path: Path, rate_hz: float, done: Callable[[], None]) -> None:
        """`done` is called when every pixel is exact."""
        self.samples = Samples(path, rate_hz)
        self._extremes: np.ndarray | None = None  # int16 (blocks, 2, channels)
        self._done = done
        kept = CACHE / "studio" / f"{_key(path)}.npy"
        if self.samples.count > FEW and kept.is_file():
            self._extremes = np.load(kept)
        elif self.samples.count > FEW:
            threading.Thread(target=self._look, args=(kept,), name="extremes", daemon=True).start()

    @property
    def is_exact(self) -> bool:
        return self.samples.count <= FEW or self._extremes is not None

    def described(self) -> dict:
        """JSON-able."""
        made = self.samples
        return {
            "rate_hz": made.rate_hz,
            "samples": made.count,
            "seconds": made.count / made.rate_hz,
            "sensor": made.sensor,
            "channels": NAMES[made.sensor][: made.channels],
            "exact": self.is_exact,
        }

    def peaks(self, start: int, end: int, width: int) -> np.ndarray:
        """float32 (width, 2, channels): lowest and highest in full scale, g or 1000 degrees a second, NaN beyond."""
        edges = np.linspace(start, end, width + 1)
        if end - start <= max(FEW, 2 * BLOCK * width) and (self.samples.mapped or end - start <= FEW):
            found = _extremes(self.samples(max(0, start), min(end, self.samples.count)), edges - max(0, start))
        elif self._extremes is not None:
            found = _reduced(self._extremes, edges / BLOCK)
        else:
            found = self._some(edges)
        return found / self._scale()

    def _scale(self) -> np.ndarray:
        sensor = self.samples.sensor
        if sensor == "imu":
            return np.array([ACCEL_PER_G] * 3 + [1000.0 * GYRO_PER_DPS] * 3, np.float32)
        return np.full(self.samples.channels, SCALES[sensor], np.float32)

    def _some(self, edges: np.ndarray) -> np.ndarray:
        """Of the first samples of each pixel, or of fewer pixels where each look costs more."""
        made = np.full((len(edges) - 1, 2, self.samples.channels), np.nan, np.float32)
        stride = 1 if self.samples.mapped else max(1, len(made) // FLAC_PARTS)
        for pixel in range(0, len(made), stride):
            at = int(edges[pixel])
            if 0 <= at < self.samples.count:
                values = self.samples(at, min(at + PART, self.samples.count))
                made[pixel : pixel + stride] = [values.min(0), values.max(0)]
        return made

    def _look(self, kept: Path) -> None:
        found = []
        for at in range(0, self.samples.count, AT_ONCE):
            values = self.samples(at, min(at + AT_ONCE, self.samples.count))
            starts = np.arange(0, len(values), BLOCK)
            lows, highs = (each.reduceat(values, starts, axis=0) for each in (np.minimum, np.maximum))
            found.append(np.stack([lows, highs], 1))
        self._extremes = np.concatenate(found)
        _save(kept, self._extremes)
        self._done()

    def spectrogram(self, start: int, end: int, width: int) -> np.ndarray:
        """uint8 (width, FFT / 2): of each pixel the 512 samples in its middle, -100 to -20 dB of full scale."""
        hann = np.hanning(FFT)
        made = np.zeros((width, FFT // 2), np.uint8)
        middles = np.linspace(start, end, width + 1)[:-1] + (end - start) / (2 * width)
        for pixel, middle in enumerate(middles.astype(int) - FFT // 2):
            values = self.samples(max(0, middle), max(0, middle + FFT))[:, 0]
            if len(values) == FFT:
                power = np.abs(np.fft.rfft(values * (hann / 32768))[:-1]) ** 2 / (FFT / 4) ** 2
                level = (10 * np.log10(power + 1e-12) - LOWEST_DB) / (HIGHEST_DB - LOWEST_DB)
                made[pixel] = np.clip(level * 255, 0, 255)
        return made


def _extremes(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Of the samples between two edges each, at least the nearest one; NaN where there are none."""
    made = np.full((len(edges) - 1, 2, values.shape[1]), np.nan, np.float32)
    lows, highs = np.floor(edges[:-1]).astype(int), np.ceil(edges[1:]).astype(int)
    there = (highs > 0) & (lows < len(values))
    if there.any():
        starts = np.clip(lows[there], 0, len(values) - 1)
        ends = np.clip(highs[there], starts + 1, len(values))
        pairs = np.stack([starts, np.minimum(ends, len(values) - 1)], 1).ravel()
        for index, ufunc in enumerate((np.minimum, np.maximum)):
            made[there, index] = ufunc(ufunc.reduceat(values, pairs, axis=0)[::2], values[ends - 1])
    return made


def _reduced(extremes: np.ndarray, edges: np.ndarray) -> np.ndarray:
    lows, highs = _extremes(extremes[:, 0], edges)[:, 0], _extremes(extremes[:, 1], edges)[:, 1]
    return np.stack([lows, highs], 1)


def _key(path: Path) -> str:
    stat = path.stat()
    return hashlib.sha256(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}".encode()).hexdigest()[:32]


def _save(path: Path, made: np.ndarray) -> None:
    buffer = io.BytesIO()
    np.save(buffer, made)
    replace_file(path, buffer.getvalue())


class Tracks:
    """The recordings that were looked at last."""

    def __init__(self, done: Callable[[str], None]) -> None:
        """`done` is told the path of each whose pixels are exact now."""
        self._done = done
        self._open = functools.lru_cache(maxsize=8)(self._opened)

    def open(self, path: Path, rate_hz: float) -> Track:
        """UserError where it cannot be read."""
        try:
            return self._open(path, rate_hz, _key(path))
        except OSError as error:
            raise UserError(f"{path}: expected a recording, cannot read it ({error.strerror})") from None

    def _opened(self, path: Path, rate_hz: float, key: str) -> Track:
        return Track(path, rate_hz, lambda: self._done(str(path)))
