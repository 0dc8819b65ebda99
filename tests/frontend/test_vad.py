"""The voice-activity level against an independent statement, and against real words and noises."""

import csv

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.errors import UserError
from ml.native.gate import gates
from ml.native.logmel import LogmelConfig, log_mel
from ml.native.spotter import SpotterConfig
from ml.native.vad import VadConfig, c_source, levels

SPEECH = SpotterConfig(bands=40, hop=2, rows=49)  # the defaults of voice and gate
PRE_ROLL = 49  # frames before it opens that the network sees all the same


def expected(frames: list[list[int]], config: VadConfig) -> list[int]:
    floor, made = None, []
    for frame in frames:
        total = sum(frame[config.first_band : config.first_band + config.bands]) * 256
        level = abs(total) // config.bands * (1 if total >= 0 else -1)  # towards 0, as C divides
        floor = max(config.quiet, level if floor is None else floor)
        made.append(max(0, level - floor))
        floor += max(-config.fall, min(config.rise, level - floor))
    return made


configs = st.builds(
    VadConfig,
    first_band=st.integers(0, 2),
    bands=st.integers(1, 4),
    quiet=st.integers(-128 * 256, 0),
    rise=st.integers(0, 2000),
    fall=st.integers(0, 2000),
)
frames_of = st.integers(0, 40).flatmap(lambda n: arrays(np.int8, (n, 6), elements=st.integers(-128, 127)))


@given(frames_of, configs)
def test_levels_are_those_of_the_integer_statement(frames, config):
    assert levels([frames], config)[0].tolist() == expected(frames.tolist(), config)


def test_each_recording_starts_afresh():
    frames = np.random.default_rng(1).integers(-128, 128, (50, 40), np.int8)
    one, other = levels([frames, frames], VadConfig())
    assert one.tolist() == other.tolist()


def test_what_does_not_fit_is_refused():
    with pytest.raises(UserError, match="expected int8 frames"):
        levels([np.zeros((10, 20), np.int8)], VadConfig())
    with pytest.raises(UserError, match="bands=0"):
        VadConfig(bands=0)


def test_the_header_has_its_settings():
    written = c_source(VadConfig(), "words_vad")
    assert written.startswith("static const vad_config words_vad = {\n    2, // first_band\n")


def open_frames(pcm: np.ndarray) -> np.ndarray:
    return gates(levels(log_mel([pcm], LogmelConfig()).frames, SPEECH.voice)[0], SPEECH.gate)


@pytest.mark.parametrize("noise_rms", [0, 2, 30, 1000])
def test_steady_noise_lets_the_network_sleep(noise_rms):
    pcm = np.rint(np.random.default_rng(1).normal(0, noise_rms, 60 * 16000)).astype(np.int16)
    assert open_frames(pcm).mean() < 0.02


def loudest(pcm: np.ndarray) -> tuple[int, int]:
    """The frames of a word: first and last within 20 dB of its loudest 10 ms."""
    energy = np.square(pcm[: len(pcm) // 160 * 160].astype(float)).reshape(-1, 160).mean(1)
    loud = np.flatnonzero(energy > energy.max() / 100)
    return loud[0] // 2, loud[-1] // 2


@pytest.fixture(scope="session")
def words(shared) -> list[np.ndarray]:
    """One word of each of 120 speakers."""
    folder = shared / "data" / "speech"
    with (folder / "manifest.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if not row["label"].startswith("_")]
    speakers = {row["subject"]: row["file"] for row in rows if (folder / row["file"]).exists()}
    return [soundfile.read(folder / name, dtype="int16")[0] for name in list(speakers.values())[:120]]


def test_words_are_heard_whole_and_pauses_slept_through(words):
    chance, pieces, spans, at = np.random.default_rng(1), [], [], 0
    for word in words:
        pause = np.zeros(3 * 16000)
        first, last = loudest(word)
        spans.append(((at + len(pause)) // 320 + first, (at + len(pause)) // 320 + last))
        pieces += [pause, word / max(1, np.abs(word).max()) * 8000]
        at += len(pause) + len(word)
    pcm = np.concatenate(pieces)
    opened = open_frames(np.rint(pcm + chance.normal(0, 30, len(pcm))).astype(np.int16))
    whole = 0
    for first, last in spans:
        heard = np.flatnonzero(opened[first : last + 1])
        begin = first + heard[0] - PRE_ROLL if len(heard) else last + 1
        whole += begin <= first and opened[first + heard[0] : last + 1].all()
    assert whole >= 0.99 * len(spans)
    assert opened.mean() < 0.45  # a word and the hold after it are 1.2 of 4 seconds
