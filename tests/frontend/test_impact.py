"""Peaks and windows around impacts against an independent statement in integers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.data.augmentation import rotate
from ml.errors import UserError
from ml.native.impact import AXES, VALUES, ImpactConfig, impacts

SMALL = ImpactConfig(20_000, before=3, after=2, rest=2, multiplier=508, shift=15, zero_point=(-32, 0, 0, -128))
int16 = st.one_of(st.integers(-32768, 32767), st.integers(-3, 3))  # the latter give equal magnitudes
samples_of = st.integers(0, 30).flatmap(lambda n: arrays(np.int16, (n, AXES), elements=int16))


def length(x) -> int:
    return math.isqrt(sum(int(v) * int(v) for v in x))


def squared(x) -> int:
    return sum(int(v) * int(v) for v in x)


def level_of(window, config: ImpactConfig) -> int:
    sizes = [squared(x) for x in window]
    peak = sizes[config.before]
    before, after = sizes[: config.before], sizes[config.before + 1 :]
    return math.isqrt(peak) if max(before) < peak >= max(after) else 0


def along(gravity, rest: int, x) -> int:
    dot = sum(int(g) * int(v) for g, v in zip(gravity, x, strict=True))
    size = max(length(gravity), 256 * rest)
    return abs(dot) // size * (1 if dot >= 0 else -1)


def values_of(window, config: ImpactConfig):
    before = [sum(int(x[axis]) for x in window[: config.rest]) for axis in range(AXES)]
    after = [sum(int(x[axis]) for x in window[-config.rest :]) for axis in range(AXES)]
    for now, last in zip(window, [window[0], *window[:-1]], strict=True):
        change = [int(a) - int(b) for a, b in zip(now, last, strict=True)]
        made = (length(now), along(before, config.rest, now), along(after, config.rest, now), length(change))
        yield [
            min(127, max(-128, ((x * config.multiplier + (1 << (config.shift - 1))) >> config.shift) + zero))
            for x, zero in zip(made, config.zero_point, strict=True)
        ]


@given(samples_of)
def test_peaks_and_windows_are_those_of_the_integer_statement(samples):
    found = impacts(samples, SMALL, least=0)
    steps = [samples[i : i + SMALL.window] for i in range(max(0, len(samples) - SMALL.window + 1))]
    assert found.sample.tolist() == [SMALL.window - 1 + i for i in range(len(steps))]
    assert found.level.tolist() == [level_of(step, SMALL) for step in steps]
    assert found.windows.tolist() == [list(values_of(step, SMALL)) for step in steps]


@given(samples_of, st.integers(1, 40000))
def test_only_windows_of_peaks_that_reach_the_level_are_made(samples, least):
    everything, some = impacts(samples, SMALL, least=0), impacts(samples, SMALL, least=least)
    assert some.level.tolist() == everything.level.tolist()
    assert some.windows.tolist() == everything.windows[everything.level >= least].tolist()


def test_a_window_is_the_same_however_the_device_is_held():
    rng = np.random.default_rng(3)
    config = ImpactConfig(20_000, 40, 60, 20, multiplier=508, shift=15, zero_point=(0, 0, 0, 0))
    movement = np.cumsum(rng.normal(0, 60, (400, 6)), 0) + np.array([0, 2048, 0, 0, 0, 0])
    turned = rotate(movement, np.array([0.7, -1.9, 0.4]))
    one, other = (impacts(np.rint(x[:, :3]).astype(np.int16), config, least=0) for x in (movement, turned))
    assert np.abs(one.windows.astype(int) - other.windows).max() <= 1


def test_a_fall_seen_by_a_fast_and_by_a_slow_sensor_is_one_impact():
    seconds = np.arange(0, 12, 1 / 200)
    size = 2048 * (1 + 3 * np.exp(-(((seconds - 6) / 0.1) ** 2)))
    samples = np.stack([0 * size, size, 0 * size], axis=1).astype(np.int16)
    config = ImpactConfig(20_000, 40, 60, 20, multiplier=508, shift=15, zero_point=(0, 0, 0, 0))
    fast, slow = impacts(samples, config, 200_000, least=4096), impacts(samples[5::10], config, least=4096)
    for found, rate in ((fast, 200), (slow, 20)):
        at = found.sample[found.level >= 4096]
        assert len(at) == 1 == len(found.windows)
        assert at[0] / rate == pytest.approx(6 + 60 / 20, abs=0.15)


@pytest.mark.parametrize("broken", [{"before": 0}, {"after": 1001}, {"rest": 7}, {"shift": 0}, {"zero_point": (0,)}])
def test_settings_out_of_range_are_refused(broken):
    with pytest.raises(UserError, match=r"expected"):
        ImpactConfig(**vars(SMALL) | broken)


def test_only_acceleration_is_taken():
    with pytest.raises(UserError, match=rf"expected int16 samples \(n, {AXES}\)"):
        impacts(np.zeros((5, 6), np.int16), SMALL)
    assert impacts(np.zeros((0, AXES), np.int16), SMALL).windows.shape == (0, SMALL.window, VALUES)
