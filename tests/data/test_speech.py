"""Synthetic speech: as many words as asked for, by as many voices, the same every time."""

import shutil
from collections import Counter

import numpy as np
import pytest

from ml.data.manifest import Wanted, load
from ml.data.synthesis import espeak
from ml.data.synthesis.noises import KINDS, noise
from ml.data.synthesis.speech import SpeechPlan, generate, speakers
from ml.data.synthesis.vocabulary import COMMON, KEYWORDS, UNKNOWN, check_words, sentence, without
from ml.errors import UserError

SPOKEN = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
TINY = SpeechPlan(words=("lights", "Music"), speakers=3, takes=2, unknown=3, speech_s=3, noise_s=1, silences=6)
MIC = Wanted("mic", 16000)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    return load(generate(TINY, 0, tmp_path_factory.mktemp("speech") / "set"), MIC)


@SPOKEN
def test_every_voice_says_every_word(spoken):
    assert spoken.left_out == ()
    counted = Counter(item.label for item in spoken.items)
    assert (counted["lights"], counted["music"], counted["_unknown_"], counted["_speech_"]) == (6, 6, 9, 3)
    assert (counted["_silence_"], counted["_background_noise_"]) == (6, 12)
    for label in ("lights", "music"):
        assert len({item.subject for item in spoken.items if item.label == label}) == 3
    nobody = {item.label for item in spoken.items if item.subject == "none"}
    assert nobody == {"_silence_", "_background_noise_"}


@SPOKEN
def test_words_are_clips_of_a_second_that_are_heard_but_not_clipped(spoken):
    for item in spoken.items:
        if not item.label.startswith("_"):
            samples = item.recording.samples[:, 0].astype(int)
            assert len(samples) == 16000
            assert 1500 < np.abs(samples).max() < 32767
            loud = np.flatnonzero(np.abs(samples) > 0.1 * np.abs(samples).max())
            assert 1000 < loud[-1] - loud[0] < 16000


@SPOKEN
def test_the_same_seed_says_the_same_and_another_something_else(spoken, tmp_path):
    assert load(generate(TINY, 0, tmp_path / "again"), MIC).hash == spoken.hash
    assert load(generate(TINY, 1, tmp_path / "other"), MIC).hash != spoken.hash


def test_voices_differ():
    made = speakers(100, 0)
    assert len({one.name for one in made}) == 100
    assert len({(one.manner.speed, one.manner.pitch) for one in made}) > 90
    assert made[:5] == speakers(5, 0)


@SPOKEN
@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ((), "1 to 29 words, found 0"),
        (("left", "left"), "sound different"),
        (("write", "right"), "sound different"),
        (("--version",), "letters"),
        (("../etc",), "letters"),
        (("a" * 40,), "letters"),
        (("stop!",), "letters"),
        ((*(f"word {chr(97 + i)}" for i in range(26)), *"xyzw"), "1 to 29 words, found 30"),
    ],
)
def test_words_that_make_no_keywords_are_one_line(words, wrong):
    with pytest.raises(UserError, match=wrong):
        check_words(words)


@SPOKEN
def test_words_are_taken_in_lower_case_and_single_spaces():
    assert check_words(("Turn  ON", "lights")) == ("turn on", "lights")


@SPOKEN
def test_no_unknown_word_sounds_like_a_keyword():
    kept = without(("know", "no", "write", "cat", "lights"), (*KEYWORDS, "turn lights"))
    assert kept == ["cat"]
    heard = {espeak.phonemes(word) for word in KEYWORDS}
    assert not heard & {espeak.phonemes(word) for word in without(UNKNOWN, KEYWORDS)}
    rng = np.random.default_rng(0)
    common = without(COMMON, KEYWORDS)
    assert not set(KEYWORDS) & {word.strip(".,") for _ in range(50) for word in sentence(common, rng).split()}


def test_without_the_program_the_line_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    espeak.version.cache_clear()
    with pytest.raises(UserError, match=r"tools/setup\.py"):
        generate(TINY, 0, tmp_path / "set")
    with pytest.raises(UserError, match=r"tools/setup\.py"):
        check_words(("antidisestablishment",))
    assert not (tmp_path / "set").exists()
    espeak.version.cache_clear()


@pytest.mark.parametrize("kind", KINDS)
def test_noise_has_the_strength_it_is_given_and_no_steady_part(kind):
    made = noise(kind, 16000, 16000, np.random.default_rng(0))
    assert made.shape == (16000,)
    assert np.isclose(np.sqrt(np.mean(made**2)), 1)
    assert abs(made.mean()) < 1e-9
