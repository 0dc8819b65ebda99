"""A few voices of espeak-ng; tests that need them are skipped where it is not installed."""

import shutil
from dataclasses import replace

import pytest

from ml.data.manifest import Dataset, Wanted, load
from ml.data.synthesis.espeak import PROGRAM
from ml.data.synthesis.speech import SpeechPlan, generate
from ml.keyword_spotting.app import KeywordSpotting

PLAN = SpeechPlan(speakers=5, takes=1, unknown=3, speech_s=3, noise_s=4, silences=3)


@pytest.fixture(scope="session")
def app() -> KeywordSpotting:
    config = KeywordSpotting().quick().config
    training = replace(config.training, variations=1, synthetic=1, rooms=3, noise_s=2)
    return KeywordSpotting(
        replace(config, synthesis=PLAN, training=training, streams=replace(config.streams, minutes=1.5))
    )


@pytest.fixture(scope="session")
def voices(tmp_path_factory) -> Dataset:
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not installed")
    return load(generate(PLAN, 0, tmp_path_factory.mktemp("voices") / "set"), Wanted("mic", rate_hz=16000))
