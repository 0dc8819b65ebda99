"""Words are found in their clips; noise and rooms keep the size and the loudness."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.keyword_spotting.augmentation import cut, noise_tracks, rms_of_float, surroundings
from ml.keyword_spotting.clips import Clip, extent
from ml.keyword_spotting.config import Variation


def beep(start: int, end: int, count: int = 16000) -> Clip:
    """A tone between two samples, silence around it."""
    samples = np.zeros(count, np.int16)
    samples[start:end] = 8000 * np.sin(np.arange(end - start) * 0.3)
    return Clip(samples, 0, start, end, "", "")


@given(arrays(np.int16, st.integers(1, 4000)))
def test_the_extent_of_a_word_lies_in_its_clip(samples):
    start, end = extent(samples)
    assert 0 <= start < end <= len(samples)


@given(st.integers(100, 9000), st.integers(1500, 6000))
def test_a_word_in_silence_is_found_within_two_frames(start, count):
    found = extent(beep(start, start + count).samples)
    assert abs(found[0] - start) <= 320
    assert abs(found[1] - start - count) <= 320


@given(st.integers(-3000, 3000), st.integers(1, 3000))
def test_a_cut_is_zero_outside_the_sound(first, count):
    sound = np.arange(1, 2001, dtype=np.float32)
    made = cut(sound, first, count)
    at = np.arange(first, first + count)
    assert (made == np.where((at >= 0) & (at < 2000), at + 1, 0)).all()


def test_tracks_of_noise_are_as_loud_as_each_other():
    tracks = noise_tracks([np.full(16000, 30, np.int16)], 2, np.random.default_rng(0))
    assert {len(one) for one in tracks} == {16000, 32000}
    assert np.allclose([rms_of_float(one) for one in tracks], 1, rtol=0.01)


def test_a_room_keeps_the_length_and_the_same_seed_gives_the_same_room():
    one, again = (surroundings([], [], 8000, 1, 3, Variation(), np.random.default_rng(4)) for _ in range(2))
    sound = np.zeros(8000, np.float32)
    sound[0] = 1
    made = one.in_a_room(sound, np.random.default_rng(1))
    assert made.shape == sound.shape
    assert np.abs(made).sum() > np.abs(made).max()  # something follows what comes straight
    assert (made == again.in_a_room(sound, np.random.default_rng(1))).all()
