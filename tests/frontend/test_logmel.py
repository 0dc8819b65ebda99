"""The audio front end: against its statement in integers, against librosa, and as a stream."""

import ctypes
import functools
from dataclasses import replace

import librosa
import numpy as np
import pytest
import soundfile
from c_frontend import compile_everywhere
from hypothesis import given, settings
from hypothesis import strategies as st
from integer_logmel import integer_logmel, to_int8, weights

from ml.errors import UserError
from ml.native import logmel as native
from ml.native import mel
from ml.native.build import ROOT, load
from ml.native.logmel import LogmelConfig, c_source, log_mel, log_mel_q8
from tools.studies.frontend_bench import DB_PER_OCTAVE, differences, librosa_db

SMALL = LogmelConfig(rate_hz=8000, window=96, hop=40, fft=128, bands=8, low_hz=100)


def sound(samples: int, seed: int, loudness: float = 0.5) -> np.ndarray:
    """Gliding tones that swell, over noise."""
    rng = np.random.default_rng(seed)
    n = np.arange(samples)
    phase = np.cumsum(rng.uniform(0.01, 1.2) * (1 + 0.5 * np.sin(n / rng.uniform(300, 3000))))
    swell = np.sin(n / rng.uniform(500, 5000)) ** 2
    tones = swell * sum(np.sin(k * phase) / k for k in (1, 2, 3, 5))
    made = 32768 * loudness * (0.4 * tones + rng.normal(0, 0.01, samples))
    return np.clip(np.round(made), -32768, 32767).astype(np.int16)


sounds = st.builds(sound, st.integers(0, 600), st.integers(0, 10**6), st.floats(-15, 1).map(lambda octave: 2**octave))


def small(window: int, hop: int, cepstra: bool, bands: int, **changes) -> LogmelConfig:
    sizes = {"window": window, "hop": min(hop, window), "bands": bands, "cepstra": bands // 2 if cepstra else 0}
    return replace(SMALL, **sizes, **changes)


configs = st.builds(
    small,
    window=st.sampled_from([2, 64, 90, 128]),
    hop=st.sampled_from([16, 30, 64]),
    bands=st.sampled_from([1, 7, 8, 10]),
    noise_rise=st.integers(0, 15),
    noise_fall=st.integers(0, 15),
    noise_factor=st.sampled_from([0, 0, 16, 64]),
    noise_floor=st.sampled_from([0, 13, 255]),
    gain_strength=st.sampled_from([0, 0, 243, 256]),
    gain_offset=st.integers(-32768, 32767),
    cepstra=st.booleans(),
    multiplier=st.integers(1, 32767),
    shift=st.integers(8, 30),
    zero_point=st.integers(-300, 300),
    high_pass=st.sampled_from([0, 1, 4, 5, 12]),
)


@settings(max_examples=150)
@given(sounds, configs)
def test_frames_are_those_of_the_integer_statement(pcm, config):
    expected = integer_logmel(pcm, config)
    assert log_mel_q8([pcm], config)[0].tolist() == expected.tolist()
    made = log_mel([pcm], config)
    frames, low, high = to_int8(expected, config)
    assert made.frames[0].tolist() == frames.tolist()
    assert (made.clipped_low[0], made.clipped_high[0]) == (low, high)


@pytest.mark.parametrize("pcm", [-32768, 32767, 0, 1, -1])
@pytest.mark.parametrize(
    "config", [LogmelConfig(), LogmelConfig(noise_factor=16, gain_strength=256), LogmelConfig(high_pass=4)]
)
def test_constants_and_extremes_are_those_of_the_integer_statement(pcm, config):
    samples = np.full(1200, pcm, np.int16)
    assert log_mel_q8([samples], config)[0].tolist() == integer_logmel(samples, config).tolist()


@pytest.mark.parametrize(
    "config",
    [
        LogmelConfig(),
        LogmelConfig(window=400, hop=160, bands=32),
        LogmelConfig(rate_hz=8000, window=240, hop=80, fft=256, bands=24),
    ],
)
def test_synthetic_sound_is_within_half_a_decibel_of_librosa(config):
    recordings = [sound(16000, seed, loudness) for seed, loudness in enumerate([0.9, 0.3, 0.05, 0.01])]
    assert differences(recordings, config).mean() < 0.5


def test_speech_is_within_half_a_decibel_of_librosa(shared):
    files = sorted((shared / "data" / "speech").glob("*/*.flac"))[::60]
    if not files:
        pytest.skip("no recordings of speech")
    recordings = [soundfile.read(file, dtype="int16", stop=16000)[0] for file in files]
    found = differences(recordings, LogmelConfig(hop=160))
    assert len(found) > 10000
    assert found.mean() < 0.1  # asked: 0.5
    assert (found < 0.5).mean() > 0.97


def test_cepstra_are_those_of_librosa():
    config = LogmelConfig(cepstra=13)
    pcm = sound(16000, 3)
    db = librosa_db(pcm, replace(config, cepstra=0))
    expected = librosa.feature.mfcc(S=db.T, n_mfcc=13, dct_type=2, norm="ortho").T
    found = log_mel_q8([pcm], config)[0] / 256 * DB_PER_OCTAVE
    assert np.abs(found - expected).mean() < 0.5


def test_the_filters_are_those_of_librosa():
    config = LogmelConfig()
    theirs = librosa.filters.mel(sr=16000, n_fft=512, n_mels=40, fmin=20, fmax=7600, htk=True, norm=None)
    assert np.abs(weights(config) / mel.ONE - theirs).max() < 1e-4


def noise_then_tone(config: LogmelConfig) -> np.ndarray:
    """Levels (frames, bands) in octaves: 3.6 s of steady noise, then a tone in it."""
    pcm = np.random.default_rng(5).normal(0, 300, 64000)
    pcm[-6400:] += 8000 * np.sin(np.arange(6400) * 0.4)
    return log_mel_q8([np.round(pcm).astype(np.int16)], config)[0] / 256


def test_steady_noise_is_taken_off_and_a_tone_in_it_stays():
    plain = noise_then_tone(LogmelConfig())
    without = noise_then_tone(LogmelConfig(noise_factor=24, noise_floor=4, noise_rise=4, noise_fall=4))
    assert (plain - without)[100:170].mean() > 1.5
    tone = slice(-19, -15)  # before the estimate has risen to it
    assert np.abs(plain.max(axis=1) - without.max(axis=1))[tone].max() < 1


def test_gain_control_makes_loud_and_soft_sound_alike():
    config = LogmelConfig(gain_strength=256, gain_offset=2560, noise_rise=5, noise_fall=5)
    loud, soft = sound(32000, 7, 0.5), sound(32000, 7, 0.5 / 16)
    plain = [frames.mean() for frames in log_mel_q8([loud, soft], LogmelConfig())]
    level = [frames.mean() for frames in log_mel_q8([loud, soft], config)]
    assert plain[0] - plain[1] > 7 * 256  # 16 times is 8 octaves of power
    assert abs(level[0] - level[1]) < 0.3 * 256


@functools.cache
def chunks_library() -> ctypes.CDLL:
    sources = [ROOT / "lib" / "frontend" / "src" / f"{name}.c" for name in ("logmel", "integer", "fft_128")]
    return load("chunks", [*sources, ROOT / "tests" / "frontend" / "chunks.c"])


@settings(max_examples=100)
@given(
    st.lists(st.integers(0, 200), max_size=30),
    st.sampled_from([SMALL, replace(SMALL, cepstra=5, noise_factor=8, high_pass=4)]),
)
def test_the_frames_do_not_depend_on_how_the_audio_is_cut(sizes, config):
    pcm = sound(sum(sizes), 11)
    library, tables = chunks_library(), native._tables(config)
    frames = np.empty((config.frames(len(pcm)), config.outputs), np.int8)
    count = library.logmel_chunks(
        ctypes.byref(native._settings(library, config, tables)), ctypes.c_void_p(pcm.ctypes.data),
        ctypes.c_void_p(np.array(sizes, np.uint32).ctypes.data), ctypes.c_size_t(len(sizes)),
        ctypes.c_void_p(frames.ctypes.data),
    )  # fmt: skip
    assert count == len(frames)
    assert np.array_equal(frames, log_mel([pcm], config).frames[0])


@pytest.mark.parametrize("offset", [300, -300, 8000, -8000])
def test_with_the_high_pass_a_constant_offset_changes_no_level_by_more_than_its_rounding(offset):
    pcm, config = sound(16000, 5, 0.3), LogmelConfig(high_pass=4)
    plain, moved = (log_mel_q8([one], config)[0] for one in (pcm, pcm + np.int16(offset)))
    heard = plain > 16 * 256  # below, in 2^16 counts^2, one count of rounding is much
    assert heard.mean() > 0.5
    assert np.abs(plain - moved)[heard].max() < 32
    silence = log_mel_q8([np.full(16000, offset, np.int16)], config)[0]
    assert (silence == 0).all()


def test_the_high_pass_takes_off_what_is_below_its_corner():
    n, config = np.arange(16000), LogmelConfig(low_hz=0, high_hz=4000, high_pass=4)
    for hertz, least, most in ((20, -21, -16), (160, -3.5, -2.5), (1000, -0.5, 0.5)):
        pcm = np.round(8000 * np.sin(2 * np.pi * hertz / 16000 * n)).astype(np.int16)
        before, after = (log_mel_q8([pcm], one)[0][10:].max(1).mean() for one in (replace(config, high_pass=0), config))
        assert least < (after - before) / 256 * DB_PER_OCTAVE < most


def test_a_batch_is_the_recordings_one_by_one():
    recordings = [sound(length, length) for length in (0, 479, 480, 481, 16000, 5000)]
    batch = log_mel(recordings, LogmelConfig())
    assert [len(frames) for frames in batch.frames] == [0, 0, 1, 1, 49, 15]
    for pcm, frames in zip(recordings, batch.frames, strict=True):
        assert np.array_equal(log_mel([pcm], LogmelConfig()).frames[0], frames)


@pytest.mark.parametrize(
    "changes",
    [{"window": 481}, {"hop": 58}, {"hop": 482}, {"fft": 500}, {"fft": 256}, {"rate_hz": 44100}, {"bands": 0},
     {"bands": 128}, {"high_hz": 9000}, {"cepstra": 41}, {"shift": 0}, {"noise_factor": 65}],
)  # fmt: skip
def test_settings_out_of_range_are_refused_in_one_line(changes):
    with pytest.raises(UserError, match=r"expected|use fewer bands"):
        LogmelConfig(**changes)


def test_the_board_refuses_what_it_has_no_room_for():
    library = chunks_library()  # built for windows of 512 samples
    for config in (replace(SMALL, window=600, fft=1024, hop=200), replace(SMALL, bands=50, fft=512)):
        settings_ = native._settings(native._library(), config, native._tables(config))
        assert library.logmel_chunks(ctypes.byref(settings_), None, None, ctypes.c_size_t(0), None) == -1


@pytest.mark.parametrize("bad", [np.zeros(100), np.zeros((100, 2), np.int16)])
def test_recordings_of_another_kind_are_refused(bad):
    with pytest.raises(UserError, match="expected int16 recordings"):
        log_mel([bad], LogmelConfig())


def test_the_source_of_a_configuration_is_the_same_every_time_and_compiles(tmp_path):
    source = c_source(LogmelConfig(cepstra=10), "words")
    assert source == c_source(LogmelConfig(cepstra=10), "words")
    compile_everywhere(
        tmp_path, f'#include "frontend/logmel.h"\n{source}\nint use(void) {{ return words_config.window; }}\n'
    )
