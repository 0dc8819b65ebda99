"""Variations keep what they must: the word in its window, the size, the range."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.keyword_spotting.augmentation import cut, faster, heard, placed, surroundings
from ml.keyword_spotting.clips import Clip, extent, rms
from ml.keyword_spotting.config import Training, Variation
from ml.keyword_spotting.learning import masked

WINDOW = 15520
BY = Variation()


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


@settings(max_examples=50)
@given(st.integers(0, 9000), st.integers(1500, 6000), st.integers(0, 2**32 - 1))
def test_a_placed_word_is_whole(start, count, seed):
    clip = beep(start, start + count)
    sound, level = placed(clip, WINDOW, Variation(speed_share=0), np.random.default_rng(seed))
    assert sound.shape == (WINDOW,)
    assert np.isclose(np.sum(sound.astype(float) ** 2), np.sum(clip.samples.astype(float) ** 2))
    assert level == rms(clip.word)


@given(st.floats(0.75, 1.33), st.integers(2000, 16000))
def test_faster_is_shorter_and_higher(ratio, count):
    sound = np.sin(np.arange(count) * 0.1).astype(np.float32)
    made = faster(sound, ratio)
    assert abs(len(made) - count / ratio) <= 3
    assert np.allclose(made, np.sin(np.arange(len(made)) * 0.1 * ratio), atol=0.02)


@given(st.integers(-3000, 3000), st.integers(1, 3000))
def test_a_cut_is_zero_outside_the_sound(first, count):
    sound = np.arange(1, 2001, dtype=np.float32)
    made = cut(sound, first, count)
    at = np.arange(first, first + count)
    assert (made == np.where((at >= 0) & (at < 2000), at + 1, 0)).all()


def test_noise_is_as_loud_as_the_signal_to_noise_ratio_says():
    rng = np.random.default_rng(0)
    around = surroundings([], [], WINDOW, 3, 2, BY, rng)
    by = Variation(room_share=0, noise_share=1, snr_db=(10, 10), as_recorded=1)
    quiet = heard(np.zeros(WINDOW, np.float32), 1000, around, by, rng)
    made = [rms(heard(np.zeros(WINDOW, np.float32), 1000, around, by, rng)) for _ in range(60)]
    assert quiet.dtype == np.int16
    assert 200 < np.median(made) < 450  # 316 is 10 dB below 1000; pieces of a track differ


def test_masks_hide_no_more_than_they_may_and_leave_the_rest():
    training = Training(mask_bands=3, mask_frames=4)
    before = np.random.default_rng(0).normal(size=(50, 48, 40)).astype(np.float32)
    after = masked(before.copy(), training, np.random.default_rng(1))
    changed = before != after
    assert changed.any()
    assert changed.all(2).sum(1).max() <= 2 * 4
    assert changed.all(1).sum(1).max() <= 2 * 3
    hidden = np.broadcast_to(before.mean((1, 2), keepdims=True), before.shape)
    assert (after[changed] == hidden[changed]).all()
