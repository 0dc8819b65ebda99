"""The fixed-point FFT: bit for bit against its statement in numpy, and within its error of the exact transform."""

import numpy as np
import pytest
from c_frontend import fft
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from integer_fft import integer_fft

from ml.native.tables import FFT_SIZES

LARGEST_ERROR = 12  # FFT_ERROR in frontend/fft.h
LARGEST_RMS = 1.5
int16 = st.integers(-32768, 32767)


def signal(size: int, kind: str, amplitude: float, frequency: float, seed: int) -> np.ndarray:
    n = np.arange(size)
    phase = 2 * np.pi * frequency * n + seed
    shape = {
        "noise": np.random.default_rng(seed).normal(0, 0.3, size),
        "signs": np.where(np.random.default_rng(seed).random(size) < 0.5, 1, -1),
        "sine": np.sin(phase),
        "square": np.sign(np.sin(phase)),
        "pulse": n == seed % size,
        "constant": np.ones(size),
        "two tones": 0.99 * np.sin(phase) + 0.01 * np.sin(2.7 * phase),
    }[kind]
    return np.clip(np.round(amplitude * shape), -32768, 32767).astype(np.int16)


signals = st.builds(
    signal,
    st.sampled_from(FFT_SIZES),
    st.sampled_from(["noise", "signs", "sine", "square", "pulse", "constant", "two tones"]),
    st.floats(0, 15).map(lambda octave: 2**octave),
    st.floats(0, 0.5),
    st.integers(0, 2**31),
)


def error(samples: np.ndarray) -> np.ndarray:
    """Of each bin, in units of the result."""
    bins, exponent = fft(samples)
    return np.abs(bins[:, 0] + 1j * bins[:, 1] - np.fft.rfft(samples.astype(float)) / 2.0**exponent)


@settings(max_examples=300)
@given(signals)
def test_bins_are_those_of_the_integer_statement(samples):
    bins, exponent = fft(samples)
    expected, expected_exponent = integer_fft(samples)
    assert exponent == expected_exponent
    assert np.array_equal(bins, expected)


@settings(max_examples=200)
@given(st.sampled_from([64, 128]).flatmap(lambda size: arrays(np.int16, size, elements=int16)))
def test_any_samples_give_the_bins_of_the_integer_statement(samples):
    bins, exponent = fft(samples)
    expected, expected_exponent = integer_fft(samples)
    assert (exponent, bins.tolist()) == (expected_exponent, expected.tolist())


@settings(max_examples=400)
@given(signals)
def test_error_is_within_its_bound(samples):
    found = error(samples)
    assert found.max() < LARGEST_ERROR
    assert np.sqrt((found**2).mean()) < LARGEST_RMS


@pytest.mark.parametrize("size", FFT_SIZES)
def test_noise_stands_out_of_the_rounding_by_56_dB(size):
    samples = signal(size, "noise", 3000, 0, 1)
    power = np.abs(np.fft.rfft(samples.astype(float))) ** 2
    _, exponent = fft(samples)
    assert 10 * np.log10(power.sum() / ((error(samples) * 2.0**exponent) ** 2).sum()) > 56


@pytest.mark.parametrize("size", FFT_SIZES)
def test_quiet_samples_keep_their_bits(size):
    """The same shape at a thousandth of the amplitude loses no accuracy beyond that of its own rounding."""
    samples = signal(size, "signs", 3, 0, 1)
    exact = np.fft.rfft(samples.astype(float))
    bins, exponent = fft(samples)
    found = (bins[:, 0] + 1j * bins[:, 1]) * 2.0**exponent
    assert np.abs(found - exact).max() < 0.005 * np.abs(exact).max()


@pytest.mark.parametrize("size", FFT_SIZES)
def test_silence_is_silent(size):
    bins, exponent = fft(np.zeros(size, np.int16))
    assert np.abs(bins * 2.0**exponent).max() < 0.1


@pytest.mark.parametrize("size", FFT_SIZES)
def test_extremes_do_not_overflow(size):
    for samples in (np.full(size, -32768), np.tile([-32768, 32767], size // 2), np.repeat([-32768, 32767], size // 2)):
        assert error(samples.astype(np.int16)).max() < LARGEST_ERROR
