"""What is done to samples on purpose: by how much, reproducibly, and in the order in which it happens."""

import dataclasses

import click
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ml.errors import UserError
from ml.trial import disturbances as made_wrong
from ml.trial.disturbance_options import asked, disturbing
from ml.trial.disturbances import NOISES, Disturbance, table

CHANNELS = {"imu": 6, "accel": 3, "mic": 1}
G = 2048


def moving(sensor: str, count: int = 400, seed: int = 0, strength: float = 1500.0) -> np.ndarray:
    """Something that a sensor might give, gravity included."""
    rng = np.random.default_rng(seed)
    samples = rng.normal(0, strength, (count, CHANNELS[sensor]))
    if sensor != "mic":
        samples[:, 2] += G
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def size(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors.astype(float), axis=-1)


amounts = st.fixed_dictionaries(
    {},
    optional={
        "gain": st.floats(-60, 60),
        "offset": st.floats(-40000, 40000),
        "snr": st.floats(-20, 60),
        "noise": st.sampled_from(NOISES[:2]),
        "clip": st.floats(1, 40000),
        "rate": st.floats(-30, 30),
        "freeze": st.floats(0, 1),
        "dead_axis": st.lists(st.integers(0, 0), max_size=1).map(tuple),
    },
)
turns = st.fixed_dictionaries(
    {}, optional={"rotate": st.floats(-360, 360), "tilt": st.floats(-360, 360), "swap_axes": st.integers(0, 2)}
)


@hypothesis_settings(max_examples=60)
@given(st.sampled_from(sorted(CHANNELS)), amounts, turns, st.booleans(), st.integers(0, 2**32), st.integers(1, 300))
def test_any_combination_gives_counts_of_that_sensor_and_the_same_ones_again(sensor, some, turned, linear, seed, count):
    more = {} if sensor == "mic" else turned | {"no_gravity": linear}
    under, samples = Disturbance(**some, **more), moving(sensor, count)
    first, again = (under.apply(samples, sensor, 100_000, (seed,)) for _ in range(2))
    assert first.dtype == np.int16
    assert first.shape[1] == CHANNELS[sensor]
    assert abs(len(first) - count * (1 + under.rate / 100)) <= 2
    assert np.array_equal(first, again)
    assert np.array_equal(samples, moving(sensor, count))  # what was given stays as it was


def test_nothing_disturbs_nothing_and_another_seed_gives_other_noise_and_another_axis():
    samples = moving("imu")
    assert Disturbance().is_nothing
    assert np.array_equal(Disturbance().apply(samples, "imu", 100_000, (1,)), samples)
    for under in (Disturbance(snr=10), Disturbance(rotate=30), Disturbance(tilt=30)):
        one, other = (under.apply(samples, "imu", 100_000, (seed,)) for seed in (1, 2))
        assert not np.array_equal(one, other)


@given(st.floats(-40, 40))
def test_a_gain_of_so_many_decibels_multiplies_and_saturates_but_never_wraps(db):
    samples = moving("mic")
    exact = samples * 10 ** (db / 20)
    made = made_wrong.gain(samples, db)
    assert np.abs(made - np.clip(exact, -32768, 32767)).max() <= 0.5
    assert np.all(np.sign(made) * np.sign(samples) >= 0)


@pytest.mark.parametrize("kind", ["white", "pink"])
@pytest.mark.parametrize("snr", [20.0, 10.0, 5.0, 0.0])
def test_the_ratio_of_signal_to_noise_is_the_one_asked_for_of_soft_events_and_of_loud_ones(kind, snr):
    samples = moving("mic", 40_000, strength=0.4)
    spans = [(2000, 10_000), (20_000, 28_000)]
    for (start, end), strength in zip(spans, (200.0, 3000.0), strict=True):
        samples[start:end] = moving("mic", end - start, strength=strength)
    track = made_wrong.noise_track(kind, len(samples), 1, rng())
    heard = made_wrong.add_noise(samples, snr, track, rng(), spans).astype(float) - samples
    for start, end in spans:
        middle = slice(start + 3500, end - 3500)  # where the noise's level is the event's
        ratio = 20 * np.log10(samples[start:end].std() / heard[middle].std())
        assert ratio == pytest.approx(snr, abs=1.5)


def test_each_channel_of_a_motion_sensor_has_noise_of_its_own_measured_without_gravity():
    samples = moving("imu", 20_000)
    samples[:, 3:] //= 10
    heard = Disturbance(snr=10).apply(samples, "imu", 100_000, (1,)).astype(float) - samples
    ratio = 20 * np.log10(samples.std(0) / heard.std(0))
    assert ratio == pytest.approx([10] * 6, abs=0.3)
    assert np.abs(np.corrcoef(heard.T) - np.eye(6)).max() < 0.05


def test_pink_noise_falls_by_ten_decibels_in_a_decade_and_white_does_not():
    def level(kind: str, low: float, high: float) -> float:
        track = made_wrong.noise_track(kind, 1 << 17, 1, rng())[:, 0]
        power, at = np.abs(np.fft.rfft(track)) ** 2, np.fft.rfftfreq(len(track))
        return 10 * np.log10(power[(at >= low) & (at < high)].mean())

    assert level("pink", 0.004, 0.006) - level("pink", 0.04, 0.06) == pytest.approx(10, abs=1)
    assert level("white", 0.004, 0.006) - level("white", 0.04, 0.06) == pytest.approx(0, abs=1)


def test_babble_is_made_of_all_the_voices_and_needs_some():
    voices = [moving("mic", 3000, seed)[:, 0] for seed in range(12)]
    track = made_wrong.babble_track(voices, rng())
    assert track.shape[1] == 1
    assert track.std() == pytest.approx(1, abs=1e-6)
    samples = moving("mic")
    noisy = Disturbance(snr=5, noise="babble").apply(samples, "mic", 16_000_000, (1,), babble=track)
    assert not np.array_equal(noisy, samples)
    with pytest.raises(UserError, match="expected recordings of other speech"):
        Disturbance(snr=5, noise="babble").apply(samples, "mic", 16_000_000, (1,))


@given(st.floats(-180, 180))
def test_a_turned_sensor_feels_the_same_forces_from_elsewhere(degrees):
    samples = moving("imu")
    for turned in (made_wrong.rotate(samples, degrees, rng()), made_wrong.tilt(samples, degrees, rng())):
        for part in (slice(0, 3), slice(3, 6)):
            assert np.abs(size(turned[:, part]) - size(samples[:, part])).max() < 1.5
        angles = (samples[:, :3].astype(float) * samples[:, 3:]).sum(1)
        assert np.allclose((turned[:, :3].astype(float) * turned[:, 3:]).sum(1), angles, atol=1e4)


@given(st.floats(0, 180))
def test_a_tilt_moves_gravity_by_the_whole_angle(degrees):
    still = np.tile(np.array([0, 0, G], np.int16), (10, 1))
    found = made_wrong.tilt(still, degrees, rng())[0].astype(float)
    assert np.degrees(np.arccos(np.clip(found @ still[0] / size(found) / G, -1, 1))) == pytest.approx(degrees, abs=1)


def test_axes_swapped_three_times_are_where_they_were():
    samples = moving("imu")
    once = made_wrong.swap_axes(samples, 1)
    assert np.array_equal(once[:, [1, 2, 0]], samples[:, :3])
    assert np.array_equal(made_wrong.swap_axes(once, 2), samples)


def test_what_has_no_three_axes_cannot_be_turned():
    with pytest.raises(UserError, match="expected a sensor with three axes"):
        Disturbance(rotate=10).apply(moving("mic"), "mic", 16_000_000, (1,))


def test_gravity_is_taken_out_and_the_movement_stays():
    seconds = np.arange(1000) / 100
    wave = np.rint(1000 * np.sin(2 * np.pi * 5 * seconds))
    samples = np.zeros((1000, 6), np.int16)
    samples[:, 0], samples[:, 2] = wave, G
    made = made_wrong.without_gravity(samples, 100_000)
    assert np.abs(made[:, 2]).max() == 0
    assert np.abs(made[100:-100, 0] - wave[100:-100]).max() < 60


@pytest.mark.parametrize("percent", [-5.0, -2.0, 2.0, 5.0])
def test_a_fast_clock_makes_more_samples_of_the_same_sound(percent):
    tone = (8000 * np.sin(2 * np.pi * 0.05 * np.arange(8000))).astype(np.int16)[:, None]
    made = made_wrong.off_rate(tone, percent)
    assert len(made) == pytest.approx(8000 * (1 + percent / 100), abs=1)
    power = np.abs(np.fft.rfft(made[:, 0] * np.hanning(len(made))))
    assert power.argmax() / len(made) == pytest.approx(0.05 / (1 + percent / 100), rel=1e-3)
    assert made[500:-500].std() == pytest.approx(tone.std(), rel=0.01)
    assert Disturbance(rate=percent).moved([(100, 200)]) == [(100 + percent, 200 + 2 * percent)]


def test_a_clipped_a_dead_and_a_frozen_sensor():
    samples = moving("imu")
    assert np.abs(made_wrong.clip(samples, 500)).max() == 500
    dead = made_wrong.dead_axes(samples, (3, 4))
    assert not dead[:, 3:5].any()
    assert np.array_equal(dead[:, [0, 1, 2, 5]], samples[:, [0, 1, 2, 5]])
    with pytest.raises(UserError, match="--dead-axis: expected 0 to 2, found 5"):
        Disturbance(dead_axis=(5,)).apply(moving("accel"), "accel", 50_000, (1,))
    frozen = made_wrong.freeze(samples, 0.5)
    assert np.array_equal(frozen[:200], samples[:200])
    assert np.ptp(frozen[200:], axis=0).max() == 0


def test_noise_is_of_the_world_so_the_gain_that_follows_changes_no_ratio():
    samples = moving("mic", 4000)
    quiet, loud = (Disturbance(snr=10, gain=db).apply(samples, "mic", 16_000_000, (1,)) for db in (0, 6))
    assert np.abs(made_wrong.gain(quiet, 6) - loud.astype(int)).max() == 0


@pytest.mark.parametrize("sensor", sorted(CHANNELS))
def test_the_table_names_each_disturbance_once_and_its_options_give_it_again(sensor):
    @click.command()
    @disturbing
    def command(**given):
        return asked(given)

    rows = table(sensor, voices=True, gravity=True)
    assert next(iter(rows.values())).is_nothing
    assert len(set(map(str, rows.values()))) == len(rows)
    for under in rows.values():
        words = [] if under.is_nothing else str(under).split()
        assert command.main(words, standalone_mode=False) == under
        under.apply(moving(sensor), sensor, 100_000, (1,), babble=np.ones((5, 1)))
    every = Disturbance(*(1.0,) * 2, 1, True, 2.0, 3.0, "pink", 4.0, 5.0, 6.0, (1, 2), 0.5)
    assert {field.name for field in dataclasses.fields(every)} == set(asked.__globals__["Disturbance"].__annotations__)
    assert command.main(str(every).split(), standalone_mode=False) == every


def test_a_kind_of_noise_without_its_ratio_is_refused_and_nan_is_no_number():
    @click.command()
    @disturbing
    def command(**given):
        return asked(given)

    for words, reason in ((["--noise", "pink"], "expected --snr"), (["--gain", "nan"], "expected a number")):
        with pytest.raises(click.ClickException, match=reason):
            command.main(words, standalone_mode=False)
