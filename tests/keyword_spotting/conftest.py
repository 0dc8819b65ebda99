"""A few voices of espeak-ng, without which tests that need them are skipped; the shipped model; words of people."""

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from ml.data.manifest import Dataset, Wanted, load
from ml.data.synthesis.espeak import PROGRAM
from ml.data.synthesis.speech import SpeechPlan, generate
from ml.keyword_spotting.app import KeywordSpotting
from ml.paths import ROOT
from ml.trial.committed import committed

RATE_HZ = 16_000
WORDS, EVERY_S = 10, 5
PLAN = SpeechPlan(speakers=5, takes=1, unknown=3, speech_s=3, noise_s=4, silences=3)


@pytest.fixture(scope="session")
def app() -> KeywordSpotting:
    config = KeywordSpotting().quick().config
    training = replace(config.training, least=100, rooms=3, noise_s=2, babble_s=5)
    return KeywordSpotting(
        replace(config, synthesis=PLAN, training=training, streams=replace(config.streams, minutes=1.5))
    )


@pytest.fixture(scope="session")
def voices(tmp_path_factory) -> Dataset:
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not installed")
    return load(generate(PLAN, 0, tmp_path_factory.mktemp("voices") / "set"), Wanted("mic", rate_hz=16000))


@pytest.fixture(scope="session")
def shipped():
    """What is compiled into the firmware."""
    return committed(KeywordSpotting(), ROOT / "lib/keyword_spotting_model")


def bursts(chance: np.random.Generator) -> list[np.ndarray]:
    """Noise that rises and falls as a word does."""
    envelope = np.concatenate([np.hanning(6000), np.zeros(1000), np.hanning(4000)])
    return [chance.normal(0, 4000, len(envelope)) * envelope for _ in range(WORDS)]


@pytest.fixture(scope="session")
def spoken(request) -> np.ndarray:
    """Words of several people, or bursts of noise where there are none, with pauses between: int16 (n, 1)."""
    chance = np.random.default_rng(5)
    try:
        folder = request.getfixturevalue("shared") / "data" / "speech"
        listed = csv.DictReader((folder / "manifest.csv").open())
        files = [folder / row["file"] for row in listed if row["label"] in ("yes", "stop", "up")]
        words = [soundfile.read(file, dtype="int16")[0] for file in files[:: len(files) // WORDS][:WORDS]]
    except pytest.skip.Exception:
        words = bursts(chance)
    pcm = chance.normal(0, 20, WORDS * EVERY_S * RATE_HZ)
    for number, word in enumerate(words):
        at = number * EVERY_S * RATE_HZ + int(chance.integers(RATE_HZ))
        pcm[at : at + len(word)] += word
    return np.clip(np.rint(pcm), -32768, 32767).astype(np.int16)[:, None]
