"""Mixtures of powers are what they say: of a noise, a room, a voice, a microphone."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.keyword_spotting import bands, mixing
from ml.keyword_spotting.config import FrontEnd
from ml.native.mel import centres_hz

CONFIG = FrontEnd().log_mel
SEEDS = st.integers(0, 2**32 - 1)


def powers(count: int, rng: np.random.Generator) -> np.ndarray:
    return (10 ** rng.uniform(0, 9, (count, 48, 40))).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.lists(st.floats(-20, 60), min_size=1, max_size=5))
def test_a_mixture_has_the_ratio_of_signal_to_noise_that_was_asked(seed, snr_db):
    rng, snr = np.random.default_rng(seed), np.array(snr_db)
    word, noise = powers(len(snr), rng), powers(len(snr), rng)
    level = bands.total(word)
    made = mixing.mixed(word.copy(), noise, level, snr)
    added = bands.total(made.astype(float) - word)
    assert np.allclose(10 * np.log10(level / added), snr, atol=0.2)


def test_without_noise_nothing_is_added():
    word = powers(2, np.random.default_rng(0))
    assert (mixing.mixed(word.copy(), word, bands.total(word), np.full(2, np.inf)) == word).all()


def test_a_mixture_of_powers_is_that_of_samples():
    """What stands 10 dB over noise in samples does so in powers: phases cancel out over a window."""
    rng = np.random.default_rng(3)
    tone = 3000 * np.sin(np.cumsum(np.linspace(0.1, 1.3, 16000)))
    noise = rng.normal(0, np.sqrt(np.mean(tone**2) / 10), 16000)
    made = bands.of_sound([np.rint(one).astype(np.int16) for one in (tone, noise, tone + noise)], CONFIG)
    tones, noises, both = (bands.power_table(CONFIG)[one] for one in made)
    differ = 10 * np.log10((tones + noises).sum(0) / both.sum(0))
    assert np.abs(differ[2:]).max() < 1.0


def test_sounds_meet_by_chance_as_those_of_samples_do():
    rng = np.random.default_rng(4)
    one, other = (rng.normal(0, 1000, 160_000) for _ in range(2))
    made = bands.of_sound([np.rint(each).astype(np.int16) for each in (one, other, one + other)], CONFIG)
    a, b, both = (bands.power_table(CONFIG)[each] for each in made)
    meet = mixing.met(500, 48, bands.independent(CONFIG), rng)
    assert np.abs(meet).max() <= 1
    found, wanted = meet.std((0, 1)), ((both - a - b) / (2 * np.sqrt(a * b))).std(0)
    assert np.allclose(found[2:], wanted[2:], rtol=0.2)  # below 100 Hz the high pass leaves too little to be exact
    power = mixing.mixed(a[None].copy(), b[None], bands.total(a[None]), np.zeros(1), meet[:1, :1])
    assert (power >= 0).all()


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.floats(0.08, 0.5), st.floats(-15, 3))
def test_a_room_adds_the_echo_that_was_asked_behind_the_sound(seed, lasts_s, echo_db):
    power = np.zeros((1, 400, 40), np.float32)
    power[:, :5] = powers(1, np.random.default_rng(seed))[:, :5]
    made = mixing.in_rooms(power.copy(), np.array([lasts_s]), np.array([10 ** (echo_db / 10)]), 0.02)
    added = (made - power).sum() / power.sum()
    keeps = 10 ** (-6 * 0.02 / lasts_s)
    assert np.isclose(10 * np.log10(added / keeps), echo_db, atol=0.1)  # the first row's share lies before it
    assert (made[:, 0] == power[:, 0]).all()


def test_a_moved_voice_has_its_formants_elsewhere():
    edges = centres_hz(40, 0, 4000)
    matrices = mixing.pitches(edges[1:-1])
    power = np.zeros((len(mixing.PITCHES), 3, 40), np.float32)
    power[..., 20] = 1
    made = mixing.moved(power.copy(), np.arange(len(power)), matrices).sum(1)
    peaks = edges[1:-1][made.argmax(1)]
    assert (np.diff(peaks) >= 0).all()
    assert np.allclose(peaks / edges[21], mixing.PITCHES, rtol=0.06)
    assert (made[len(made) // 2] == power[0].sum(0)).all()


def test_microphones_differ_and_none_is_deaf():
    made = 10 * np.log10(mixing.responses(300, 40, 4.0, np.random.default_rng(0)))
    assert 2 < made.std() < 8
    assert np.abs(made).max() < 40


def test_masks_hide_no_more_than_they_may_and_leave_the_rest():
    before = np.random.default_rng(0).normal(size=(50, 48, 40)).astype(np.float32)
    after = mixing.masked(before.copy(), frames=4, bands=3, rng=np.random.default_rng(1))
    changed = before != after
    assert changed.any()
    assert changed.all(2).sum(1).max() <= 2 * 4
    assert changed.all(1).sum(1).max() <= 2 * 3
    hidden = np.broadcast_to(before.mean((1, 2), keepdims=True), before.shape)
    assert (after[changed] == hidden[changed]).all()
