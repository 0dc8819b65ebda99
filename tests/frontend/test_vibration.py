"""The vibration front end: against its statement in integers, against exact statistics, and on telling signals."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from c_frontend import compile_everywhere
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from integer_fft import transform
from integer_logmel import level, log2_q8

from ml.errors import UserError
from ml.native import mel
from ml.native.vibration import VibrationConfig, c_source, fitted, spaced, vibration, vibration_q8

SMALL = VibrationConfig(
    rate_mhz=200_000, size=64, band_hz=(0, 20, 60, 100), envelope_hz=(3, 30, 100), axes=2, hop=24, shift=9
)
int16 = st.integers(-32768, 32767)
recordings = st.one_of(
    arrays(np.int16, (100, 2), elements=int16),
    arrays(np.int16, (100, 2), elements=st.sampled_from([-32768, 32767])),
    arrays(np.int16, (100, 2), elements=st.integers(-3, 3)),
    arrays(np.int16, (64, 2), elements=st.just(1234)),
)


def bands(signal: np.ndarray, hz: tuple[float, ...], config: VibrationConfig) -> list[int]:
    size = config.size
    x = signal - (int(signal.sum()) + size // 2) // size
    up = 14 - max(1, int(np.abs(x).max())).bit_length()
    x = x << up if up >= 0 else x >> -up
    spectrum, exponent = transform((x * mel.hann(size) + (1 << 14)) >> 15)
    power = (spectrum**2).sum(axis=1)
    edges = config.bins(hz)
    parts = [int(power[a:b].sum()) for a, b in itertools.pairwise(edges)]
    return [level(part, 2 * (exponent - up) + 8) for part in parts]


def statistics(signal: np.ndarray) -> list[int]:
    size, octaves = len(signal), int(math.log2(len(signal)))
    distance = np.abs(size * signal - signal.sum())
    down = max(0, int(distance.max()).bit_length() - 14)
    squares = [int(y) ** 2 for y in distance >> down]
    second, fourth = sum(squares), sum((square >> 2) ** 2 for square in squares)
    variance = level(second, 2 * down - 3 * octaves + 8)
    peak = level(int(distance.max()) ** 2, 8 - 2 * octaves)
    kurtosis = log2_q8(fourth) + (4 + octaves) * 256 - 2 * log2_q8(second) if second else 0
    steps = level(sum(int(step) ** 2 for step in np.diff(signal)), 8 - octaves)
    return [variance, peak - variance, kurtosis, steps - variance]


def expected_features(samples: np.ndarray, config: VibrationConfig) -> list[list[int]]:
    rows = []
    for end in range(config.size, len(samples) + 1, config.step):
        row = []
        for signal in samples[end - config.size : end].astype(np.int64).T:
            envelope = np.abs(np.diff(signal, prepend=signal[:1]))
            row += bands(signal, config.band_hz, config) + bands(envelope, config.envelope_hz, config)
            row += statistics(signal)
        rows.append(row)
    return rows


@settings(max_examples=100)
@given(recordings)
def test_features_are_those_of_the_integer_statement(samples):
    assert vibration_q8([samples], SMALL)[0].tolist() == expected_features(samples, SMALL)


three_axes = arrays(np.int16, (80, 3), elements=st.integers(-900, 900))


@settings(max_examples=40)
@given(three_axes, st.permutations(range(3)), st.tuples(*[st.sampled_from([1, -1])] * 3))
def test_ordered_features_do_not_change_when_axes_are_exchanged_or_turned_round(samples, places, signs):
    config = VibrationConfig(rate_mhz=200_000, size=64, ordered=True, statistics=("variance", "mobility"))
    samples[:, 1] += 2048  # gravity
    turned = np.ascontiguousarray((samples * np.array(signs))[:, places].astype(np.int16))
    made, again = (vibration_q8([one], config)[0][0].reshape(3, 2) for one in (samples, turned))
    assert np.array_equal(made[:, 0], again[:, 0])
    if len(set(made[1:, 0])) == 2:  # of equals either may come first
        assert np.array_equal(made, again)
    assert made[1, 0] >= made[2, 0]
    plain = vibration_q8([samples], replace(config, ordered=False))[0][0].reshape(3, 2)
    assert np.array_equal(made[0], plain[1])


@settings(max_examples=50)
@given(recordings, st.integers(-32768, 32767), st.integers(-32768, 32767), st.integers(1, 30))
def test_every_feature_has_its_own_scale_and_clipped_values_are_counted(samples, offset, multiplier, shift):
    count = SMALL.features
    config = replace(SMALL, offset=(offset,) * count, multiplier=(multiplier,) * (count - 1) + (1,), shift=shift)
    made = vibration([samples], config)
    values = vibration_q8([samples], config)[0].astype(object)
    q = (values - offset) * np.array(config.multiplier, object) + (1 << (shift - 1)) >> shift
    assert made.blocks[0].tolist() == np.clip(q, -128, 127).tolist()
    assert made.saturated[0] == ((q < -128) | (q > 127)).sum()


def one_axis(**changes) -> VibrationConfig:
    return VibrationConfig(**{"rate_mhz": 1_000_000, "size": 1024, "axes": 1, "band_hz": spaced(10, 500, 8)} | changes)


def features(signal: np.ndarray, config: VibrationConfig) -> dict[str, float]:
    """Name -> octaves, of the first block."""
    samples = np.clip(np.round(signal), -32768, 32767).astype(np.int16)[:, None]
    return dict(zip(config.names, vibration_q8([samples], config)[0][0] / 256, strict=True))


@pytest.mark.parametrize("amplitude", [300, 1000, 32767])
def test_a_sine_has_its_variance_crest_factor_and_kurtosis(amplitude):
    found = features(amplitude * np.sin(2 * np.pi * 62.5 / 1000 * np.arange(1024)) + 0.0, one_axis())
    assert found["variance"] == pytest.approx(np.log2(1 + amplitude**2 / 2), abs=0.02)
    assert found["crest"] == pytest.approx(1, abs=0.02)
    assert found["kurtosis"] == pytest.approx(np.log2(1.5), abs=0.02)


def test_the_mobility_tells_where_the_power_lies_at_any_level():
    found = [
        [features(level * np.sin(2 * np.pi * turns * np.arange(1024)), one_axis())["mobility"] for level in (300, 6000)]
        for turns in (0.05, 0.2)
    ]
    expected = [[np.log2(2 - 2 * np.cos(2 * np.pi * turns))] * 2 for turns in (0.05, 0.2)]
    assert np.array(found) == pytest.approx(np.array(expected), abs=0.03)


@pytest.mark.parametrize("deviation", [20, 300, 8000])
def test_noise_has_the_exact_statistics(deviation):
    x = np.round(np.random.default_rng(1).normal(100, deviation, 1024))
    found = features(x, one_axis())
    d = x - x.mean()
    assert found["variance"] == pytest.approx(np.log2(1 + d.var()), abs=0.02)
    assert found["crest"] == pytest.approx(np.log2(1 + (d**2).max()) - np.log2(1 + d.var()), abs=0.02)
    assert found["kurtosis"] == pytest.approx(np.log2((d**4).mean() / d.var() ** 2), abs=0.02)


def test_band_powers_are_those_of_the_exact_transform():
    config = one_axis()
    x = np.round(np.random.default_rng(2).normal(0, 500, 1024) + 2000 * np.sin(np.arange(1024) * 0.5))
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1024) / 1024)
    power = np.abs(np.fft.rfft((x - x.mean()) * hann)) ** 2
    edges = config.bins(config.band_hz)
    expected = [np.log2(1 + power[a:b].sum()) for a, b in itertools.pairwise(edges)]
    found = list(features(x, config).values())[: len(expected)]
    assert np.abs(np.array(found) - expected).max() < 0.05


def test_the_envelope_shows_how_often_blows_come():
    """A resonance at 310 Hz that is struck 25 times a second: the spectrum is at 310 Hz, the envelope at 25 Hz."""
    config = one_axis(band_hz=(15, 35, 280, 340), envelope_hz=(15, 22, 28, 35))
    n = np.arange(1024)
    blows = 3000 * np.exp(-(n % 40) / 6) * np.sin(2 * np.pi * 0.31 * (n % 40))
    found = features(blows + np.random.default_rng(3).normal(0, 30, 1024), config)
    assert found["power 280-340 Hz"] > found["power 15-35 Hz"] + 3
    assert found["envelope 22-28 Hz"] > max(found["envelope 15-22 Hz"], found["envelope 28-35 Hz"]) + 5
    assert found["kurtosis"] > np.log2(4)


def test_silence_is_zero():
    assert not vibration_q8([np.full((64, 2), 77, np.int16)], SMALL)[0].any()


def test_a_fitted_scale_spreads_every_feature():
    rng = np.random.default_rng(4)
    samples = [rng.normal(0, rng.uniform(100, 3000), (2000, 2)).astype(np.int16) for _ in range(20)]
    config = fitted(vibration_q8(samples, SMALL), SMALL)
    made = np.concatenate(vibration(samples, config).blocks)
    assert np.abs(made.mean(axis=0)).max() < 4
    assert np.abs(made.std(axis=0) - 32).max() < 6


def test_blocks_overlap_by_the_hop():
    samples = np.random.default_rng(5).normal(0, 500, (300, 2)).astype(np.int16)
    made = vibration_q8([samples], SMALL)[0]
    assert len(made) == SMALL.blocks(300) == 10
    for number, block in enumerate(made):
        start = 24 * number
        assert np.array_equal(vibration_q8([samples[start : start + 64]], SMALL)[0][0], block)


@pytest.mark.parametrize("samples", [0, 63])
def test_less_than_a_block_gives_none(samples):
    assert vibration([np.zeros((samples, 2), np.int16)], SMALL).blocks[0].shape == (0, SMALL.features)


@pytest.mark.parametrize(
    "changes",
    [{"size": 60}, {"hop": 65}, {"axes": 4}, {"shift": 0}, {"band_hz": (10, 11)}, {"band_hz": (10, 101)},
     {"envelope_hz": (20, 10)}, {"band_hz": (5,)}, {"offset": (1, 2)}, {"rate_mhz": 0},
     {"ordered": True, "statistics": ("kurtosis",)}],
)  # fmt: skip
def test_settings_out_of_range_are_refused_in_one_line(changes):
    with pytest.raises(UserError, match="expected"):
        replace(SMALL, **changes)


def test_recordings_of_another_shape_are_refused():
    with pytest.raises(UserError, match="expected int16 recordings"):
        vibration([np.zeros((100, 3), np.int16)], SMALL)


def test_the_source_of_a_configuration_compiles(tmp_path):
    source = c_source(SMALL, "fan")
    use = "int use(void) { return fan_config.hop; }"
    compile_everywhere(tmp_path, f'#include "frontend/vibration.h"\n{source}\n{use}\n')
