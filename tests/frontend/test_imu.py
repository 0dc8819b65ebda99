"""The motion front end against an independent statement of its arithmetic in exact fractions."""

from fractions import Fraction
from math import ceil, floor, isqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.data.augmentation import rotation
from ml.errors import UserError
from ml.native.imu import AXES, UNIT, ImuConfig, ImuHold, last_windows, window, windows

MODEL_RATE = 33_300
HALF = Fraction(1, 2)


def half_up(x: Fraction) -> int:
    return floor(x + HALF)


def covered(first: Fraction, last: Fraction) -> list[tuple[int, Fraction]]:
    """(i, weight) of the samples i, each lasting from i to i + 1, between two times."""
    return [(i, min(last, i + 1) - max(first, i)) for i in range(floor(first), ceil(last))]


def resampled(samples: list, ratio: Fraction, k: int) -> list[int]:
    """Model sample k; `ratio` sensor samples make one."""
    if ratio >= 1:  # the mean over the time it covers
        weights = [(i, w / ratio) for i, w in covered(k * ratio, (k + 1) * ratio)]
    else:  # on the line between the sensor's samples beside it
        i = floor(k * ratio)
        part = k * ratio - i
        weights = [(i, 1 - part)] + ([(i + 1, part)] if part else [])
    return [half_up(sum(samples[i][axis] * w for i, w in weights)) for axis in range(AXES)]


def known(pushed: int, ratio: Fraction) -> int:
    """How many model samples are complete after so many pushes."""
    return floor(pushed / ratio) if ratio >= 1 else floor((pushed - 1) / ratio) + 1


def towards_zero(x: Fraction) -> int:
    return floor(x) if x >= 0 else ceil(x)


def way_up(rows: list, hold: ImuHold) -> list[int] | None:
    """Of length UNIT, after all model samples so far; None without gravity."""
    gravity = [0, 0, 0]
    for count, row in enumerate(rows, 1):
        weight = min(count, hold.settle)
        gravity = [g + towards_zero(Fraction(256 * a - g, weight)) for g, a in zip(gravity, row[:3], strict=True)]
    up = [towards_zero(Fraction(g, 256)) for g in gravity]
    length = isqrt(sum(u * u for u in up))
    return [towards_zero(Fraction(u * UNIT, length)) for u in up] if length >= 256 else None


def held_and_turn(rows: list, hold: ImuHold) -> tuple[bool, np.ndarray]:
    """Whether it is held so, and the rotation matrix, of UNIT, that is applied to the window."""
    still = UNIT * np.eye(3, dtype=int).astype(object)
    if not hold.settle:
        return True, still
    up = way_up(rows, hold)
    if up is None:
        return False, still
    cosine = towards_zero(Fraction(sum(a * b for a, b in zip(up, hold.up, strict=True)), UNIT))
    if cosine < hold.least_cosine:
        return False, still
    x, y, z = (towards_zero(Fraction(int(one), UNIT)) for one in np.cross(np.array(up), np.array(hold.up)))
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]], dtype=object)
    squared = [[towards_zero(Fraction(a * b, UNIT + cosine)) for b in (x, y, z)] for a in (x, y, z)]
    return True, cosine * np.eye(3, dtype=int).astype(object) + np.array(squared, dtype=object) + cross


def scaled(rows, config: ImuConfig, turn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 (window, 6) and how many values were clipped per axis."""
    x = np.array(rows, dtype=object)
    if config.remove_mean:
        for axis in range(3):
            x[:, axis] -= half_up(Fraction(sum(x[:, axis]), len(x)))
    x = np.hstack([x[:, :3] @ turn.T, x[:, 3:] @ turn.T])
    x = np.array([[half_up(Fraction(int(v), UNIT)) for v in row] for row in x], dtype=object)
    gain = [Fraction(m, 2**config.shift) for m in config.multiplier]
    q = np.array([[half_up(v * g) + config.zero_point for v, g in zip(row, gain, strict=True)] for row in x])
    clipped = (q < -128) | (q > 127)
    return np.clip(q, -128, 127).astype(np.int8), clipped.sum(axis=0)


int16 = st.integers(-32768, 32767)
recordings = st.integers(0, 60).flatmap(lambda n: arrays(np.int16, (n, AXES), elements=int16))
tilts = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1)
holds = st.one_of(
    st.just(ImuHold()),
    st.builds(
        lambda settle, up, least: ImuHold(
            settle, tuple(round(UNIT * v / float(np.linalg.norm(up))) for v in up), least
        ),
        settle=st.integers(2, 40),
        up=tilts,
        least=st.integers(1 - UNIT // 2, UNIT),
    ),
)
configs = st.integers(1, 12).flatmap(
    lambda size: st.builds(
        ImuConfig,
        rate_mhz=st.just(MODEL_RATE),
        window=st.just(size),
        hop=st.integers(1, size),
        multiplier=st.tuples(*[int16] * AXES),
        shift=st.integers(1, 30),
        zero_point=st.integers(-128, 127),
        remove_mean=st.booleans(),
        hold=holds,
    )
)
rates = st.sampled_from([20_000, 33_299, 33_300, 33_301, 66_600, 99_900, 100_000, 104_000, 119_000, 952_000])


def level_of(rows: list) -> int:
    """The root of the variances of all axes."""
    variances = [len(rows) * sum(x * x for x in axis) - sum(axis) ** 2 for axis in zip(*rows, strict=True)]
    return isqrt(sum(one // len(rows) ** 2 for one in variances))


def expected_windows(samples: list, config: ImuConfig, rate: int) -> tuple[list, list, list, list, np.ndarray]:
    """Windows, the index of the sample that completed each, how much moves in each, whether it is held as the model
    knows it, values clipped per axis."""
    ratio = Fraction(rate, config.rate_mhz)
    rows, made, index, levels, held, clipped = [], [], [], [], [], np.zeros(AXES, int)
    for i in range(len(samples)):
        before = len(rows)
        rows += [resampled(samples, ratio, k) for k in range(before, known(i + 1, ratio))]
        ends = range(config.window, len(rows) + 1, config.hop)
        if len(ends) > len(range(config.window, before + 1, config.hop)):
            so, turn = held_and_turn(rows, config.hold)
            values, count = scaled(rows[-config.window :], config, turn)
            held.append(so)
            made.append(values)
            index.append(i)
            levels.append(level_of(rows[-config.window :]))
            clipped += count
    return made, index, levels, held, clipped


@settings(max_examples=200)
@given(recordings, configs, rates)
def test_windows_are_those_of_exact_arithmetic(samples, config, rate):
    made = windows(samples, config, rate)
    expected, index, levels, held, clipped = expected_windows(samples.tolist(), config, rate)
    assert made.sample.tolist() == index
    assert made.level.tolist() == levels
    assert made.held.tolist() == held
    assert made.windows.tolist() == [w.tolist() for w in expected]
    assert made.saturated.tolist() == clipped.tolist()


def plain(size: int, hop: int, **changes) -> ImuConfig:
    """Half the counts, rounded, and nothing else."""
    settings = {"rate_mhz": MODEL_RATE, "multiplier": (1,) * AXES, "shift": 1, "remove_mean": False}
    return ImuConfig(window=size, hop=hop, **settings | changes)


@pytest.mark.parametrize("size", [1, 2, 50])
@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_first_window_is_due_with_its_last_sample(size, extra):
    made = windows(np.zeros((size + extra, AXES), np.int16), plain(size, size))
    expected = {-1: [], 0: [size - 1], 1: [size - 1]}[extra] if size > 1 else list(range(size + extra))
    assert made.sample.tolist() == expected


@pytest.mark.parametrize("hop", [1, 7, 49, 50])
def test_ring_wraps_and_keeps_the_oldest_first(hop):
    samples = np.repeat(np.arange(400, dtype=np.int16)[:, None] % 120 * 2, AXES, axis=1)
    made = windows(samples, plain(50, hop))
    for end, found in zip(made.sample, made.windows, strict=True):
        assert np.array_equal(found, samples[end - 49 : end + 1] // 2)


def test_equal_rates_pass_samples_unchanged():
    samples = np.arange(-60, 60, dtype=np.int16).reshape(20, AXES)
    assert np.array_equal(windows(samples * 2, plain(20, 20)).windows[0], samples)


@pytest.mark.parametrize("rate", [20_000, 100_000, 104_000, 119_000])
def test_resampling_does_not_drift(rate):
    seconds = 300
    made = windows(np.zeros((rate * seconds // 1000, AXES), np.int16), plain(1, 1, rate_mhz=20_000), rate)
    assert abs(len(made.windows) - 20 * seconds) <= 1


@pytest.mark.parametrize("rate", [20_000, 119_000])
def test_a_constant_stays_the_same_constant_at_any_rate(rate):
    samples = np.full((200, AXES), -77, np.int16)
    assert set(windows(samples, plain(5, 5, shift=1), rate).windows.ravel()) == {-38}


def test_removing_the_mean_takes_a_constant_out_of_the_accelerometer_only():
    made = window(np.full((50, AXES), 2048, np.int16), plain(50, 50, shift=8, remove_mean=True))
    assert np.array_equal(np.unique(made, axis=0), [[0, 0, 0, 8, 8, 8]])


def test_saturation_is_counted_to_the_value():
    samples = np.zeros((10, AXES), np.int16)
    samples[:, 0] = [-258, -257, -256, 254, 255, 256, 0, 0, 0, 0]  # halves, half up: -129 -128 -128 127 128 128
    made = windows(samples, plain(10, 10))
    assert made.windows[0, :6, 0].tolist() == [-128, -128, -128, 127, 127, 127]
    assert made.saturated.tolist() == [3, 0, 0, 0, 0, 0]


def test_extremes_do_not_overflow():
    samples = np.tile(np.array([[-32768], [32767]], np.int16), (30, AXES))
    made = windows(samples, plain(60, 60, multiplier=(-32768,) * AXES, shift=1, remove_mean=True))
    assert np.array_equal(made.windows[0], np.tile([[127], [-128]], (30, AXES)))


@pytest.mark.parametrize("changes", [{"hop": 0}, {"hop": 6}, {"shift": 0}, {"shift": 31}, {"multiplier": (1,)}])
def test_settings_out_of_range_are_refused_in_one_line(changes):
    with pytest.raises(UserError, match="expected"):
        ImuConfig(**{"rate_mhz": 1, "window": 5, "hop": 1, "multiplier": (1,) * AXES, "shift": 1} | changes)


def test_samples_of_another_shape_are_refused():
    with pytest.raises(UserError, match="expected int16 samples"):
        windows(np.zeros((10, 3), np.int16), plain(5, 5))


UPRIGHT = ImuHold(64, (0, UNIT, 0), round(UNIT * np.cos(np.radians(57))))
HELD = ImuConfig(MODEL_RATE, 40, 4, (2000,) * AXES, 13, hold=UPRIGHT)


def gesture(tilt_deg: float, about: list[float]) -> np.ndarray:
    """Rest, then a movement, int16 (1, 100, 6), of a device tilted about an axis."""
    rng = np.random.default_rng(0)
    samples = np.zeros((100, AXES))
    samples[60:90] = rng.normal(0, 1500, (30, AXES))
    samples[60:90] -= samples[60:90].mean(0)
    samples[:, 1] += 2048
    turn = rotation(np.radians(tilt_deg) * np.array(about) / np.linalg.norm(about))
    return np.rint(np.hstack([samples[:, :3] @ turn.T, samples[:, 3:] @ turn.T])).astype(np.int16)[None]


@pytest.mark.parametrize("tilt", [10, 30, 45])
@pytest.mark.parametrize("about", [[1, 0, 0], [0, 0, 1], [1, 0, -2]])
def test_a_tilted_device_gives_the_window_of_an_upright_one(tilt, about):
    upright, _ = last_windows(gesture(0, about), HELD)
    tilted, held = last_windows(gesture(tilt, about), HELD)
    device, _ = last_windows(gesture(tilt, about), ImuConfig(MODEL_RATE, 40, 4, (2000,) * AXES, 13))
    assert held.all()
    # A movement moves the mean, so the way up is not quite that of the rest: some counts of the 127 are left.
    assert np.abs(tilted.astype(int) - upright).mean() < 8
    assert np.abs(device.astype(int) - upright).mean() > 4 * np.abs(tilted.astype(int) - upright).mean()


@pytest.mark.parametrize("tilt", [70, 90, 135, 180])
def test_a_device_held_otherwise_says_so_and_is_not_turned(tilt):
    made, held = last_windows(gesture(tilt, [1, 0, 0]), HELD)
    device, _ = last_windows(gesture(tilt, [1, 0, 0]), ImuConfig(MODEL_RATE, 40, 4, (2000,) * AXES, 13))
    assert not held.any()
    assert (made == device).all()


def test_without_gravity_nobody_knows_how_it_is_held():
    samples = gesture(0, [1, 0, 0])
    samples[..., 1] -= 2048
    assert not last_windows(samples, HELD)[1].any()
    assert last_windows(samples, ImuConfig(MODEL_RATE, 40, 4, (2000,) * AXES, 13))[1].all()


def test_held_otherwise_is_known_some_seconds_after_the_grip_has_changed():
    rest = np.zeros((400, AXES), np.int16)
    rest[:200, 1] = rest[200:, 2] = 2048
    made = windows(rest, HELD)
    known = made.sample[np.flatnonzero(~made.held)[0]]
    assert 200 < known < 200 + 4 * MODEL_RATE / 1000
    assert not made.held[made.sample > known].any()
