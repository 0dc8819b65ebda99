"""Sound as the power in each band of the front end, every 10 ms: in which recordings and images are alike, and in which
words, noise, voices and rooms are mixed.

A power is kept in a byte, a *step*: 0 is nothing, else the front end's int8 plus 128, half a decibel each. Independent
sounds add their powers, so a mixture is a sum, more or less by the chance with which their phases meet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from ml.data import spectrograms
from ml.errors import UserError
from ml.native.logmel import Q8, LogmelConfig, log_mel

HOP = 160  # samples between two rows
ZERO = 128  # int8 -> step
OFFSET_BITS = 30  # images are of samples in -1..1, the front end of counts: 2 * 15 octaves of power
ROOT_OF_COUNTS = 46080.0  # sum over all bands for a sound of root mean square 1: half the transform times Hann's energy


def finer(config: LogmelConfig) -> LogmelConfig:
    """The same front end with a frame every 10 ms."""
    return replace(config, hop=HOP)


def octave(config: LogmelConfig) -> float:
    """Steps in an octave of power (3.01 dB)."""
    return Q8 * config.multiplier / (1 << config.shift)


def power_table(config: LogmelConfig) -> np.ndarray:
    """float32 (256,): step -> power."""
    made = 2.0 ** (np.arange(256) / octave(config))
    made[0] = 0
    return made.astype(np.float32)


def steps(power: np.ndarray, config: LogmelConfig) -> np.ndarray:
    """Power, float32 (...) -> uint8 (...); in place of `power`."""
    np.log2(np.maximum(power, 1, out=power), out=power)
    power *= octave(config)
    np.rint(power, out=power)
    return np.clip(power, 0, 255, out=power).astype(np.uint8)


def of_sound(recordings: Iterable[np.ndarray], config: LogmelConfig) -> list[np.ndarray]:
    """The C front end over int16 recordings (n,): uint8 (rows, bands) each."""
    made = log_mel(recordings, finer(config)).frames
    return [(one.view(np.uint8) ^ np.uint8(ZERO)) for one in made]


def of_images(pixels: np.ndarray, config: LogmelConfig) -> np.ndarray:
    """Images uint8 (n, 98, 40) as what the front end gives for the sound behind them: uint8 (n, 98, 40)."""
    check(config)
    table = 1 / (spectrograms.SLOPE * np.log(2)) * (np.arange(256) - spectrograms.OFFSET) + OFFSET_BITS
    made = np.rint((table[:, None] + passed(config)) * octave(config))
    made[0] = 0  # nothing is known of it but that it is less
    table = np.clip(made, 0, 255).astype(np.uint8)
    return np.stack([table[pixels[..., band], band] for band in range(pixels.shape[-1])], axis=-1)


def alike(config: LogmelConfig) -> bool:
    """Whether images can stand for what this front end makes of sound."""
    ours = (config.rate_hz, config.window, config.fft, config.bands, config.low_hz, config.upper_hz, config.cepstra)
    return ours == (*IMAGES, 0) and not config.noise_factor and not config.gain_strength


IMAGES = (
    *(spectrograms.RATE_HZ, spectrograms.WINDOW, spectrograms.FFT),
    *(spectrograms.BANDS, 0.0, spectrograms.HIGH_HZ),
)


def check(config: LogmelConfig) -> None:
    if not alike(config):
        raise UserError("expected a front end of 40 bands from 0 to 4000 Hz for images of words, found another")


def passed(config: LogmelConfig) -> np.ndarray:
    """float (bands,): octaves that the high pass adds to a flat spectrum in each band; negative."""
    bins = config.filters.first_bin + np.arange(len(config.filters.rising))
    leaked = [_high_pass(np.abs(bins + by) / config.fft, config.high_pass) for by in (-1, 0, 1)]
    share = (leaked[0] + 4 * leaked[1] + leaked[2]) / 6  # of a bin half the amplitude leaks to both beside it
    return np.array([np.log2((weight * share).sum() / weight.sum()) for weight in _triangles(config)])


def independent(config: LogmelConfig) -> np.ndarray:
    """float (bands,): bins of a band whose phases have nothing to do with each other, 1 at least."""
    made = np.array([weight.sum() ** 2 / (weight**2).sum() for weight in _triangles(config)])
    return np.maximum(1, made / LEAKS)


LEAKS = 1.5  # bins that Hann's window makes of one


def _triangles(config: LogmelConfig) -> Iterator[np.ndarray]:
    """The weight of each bin in each band, float (bins,)."""
    filters = config.filters
    interval = np.repeat(np.arange(config.bands + 1), filters.band_bins)
    rising = filters.rising / 32768
    for band in range(config.bands):
        yield np.where(interval == band, rising, 0) + np.where(interval == band + 1, 1 - rising, 0)


def _high_pass(turns: np.ndarray, slow: int) -> np.ndarray:
    """What it leaves of the power at so many turns a sample: y = x - o, then o += (x - o) / 2^slow."""
    if not slow:
        return np.ones_like(turns)
    back, rate = np.exp(-2j * np.pi * turns), 2.0**-slow
    return np.abs(1 - rate * back / (1 - (1 - rate) * back)) ** 2


def total(power: np.ndarray) -> np.ndarray:
    """Power (..., rows, bands) -> (...): mean over the rows of the sum over the bands."""
    return power.sum(-1).mean(-1)


def level_db(power: np.ndarray | float) -> np.ndarray:
    """Of a total, in decibels below a sound whose root mean square is full scale."""
    return 10 * np.log10(np.maximum(power, 1e-9) / ROOT_OF_COUNTS) - 20 * np.log10(32768)


def of_level(db: np.ndarray | float) -> np.ndarray:
    """The total of a level: the opposite of `level_db`."""
    return ROOT_OF_COUNTS * 10 ** ((np.asarray(db) + 20 * np.log10(32768)) / 10)
