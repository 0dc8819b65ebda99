"""Packages of prompts become a data set of read speech: sentences without a keyword, whole or not at all."""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ml.data.manifest import Wanted, load
from ml.paths import ROOT

RATE_HZ = 8000
SAID = {
    "one": "please wait",
    "two": "press stop to end",
    "three": "[a tone]",
    "silence/four": "quiet",
    "five": "thanks",
}


def study(*words: object) -> subprocess.CompletedProcess:
    program = ROOT / "tools/studies/keyword_prompts.py"
    return subprocess.run([sys.executable, program, *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture
def packages(tmp_path) -> Path:
    text = tmp_path / "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
    text.parent.mkdir(parents=True)
    text.write_bytes(gzip.compress("\n".join(f"{name}: {said}" for name, said in SAID.items()).encode()))
    chance = np.random.default_rng(0)
    for name in SAID:
        file = tmp_path / f"usr/share/asterisk/sounds/en_US_f_Allison/{name}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, chance.integers(-2000, 2000, RATE_HZ).astype(np.int16), RATE_HZ)
    return tmp_path


def test_sentences_without_a_keyword_become_a_data_set_or_nothing_does(packages):
    made = study(packages, "--to", packages / "talk")
    assert made.returncode == 0, made.stderr
    (item,) = load(packages / "talk", Wanted("mic", rate_hz=16000)).items
    assert (item.label, item.subject, item.licence) == ("_speech_", "pbx_allison_prompts", "CC BY-SA 3.0")
    assert len(item.recording.samples) == 2 * 2 * RATE_HZ  # `one` and `five`, at twice the rate
    (packages / "talk/mine.txt").write_text("mine")
    again = study(packages, "--to", packages / "talk")
    assert again.returncode == 1 and "name another" in again.stderr and "Traceback" not in again.stderr
    next(packages.rglob("*.txt.gz")).write_bytes(b"no gzip")
    damaged = study(packages, "--to", packages / "other")
    assert damaged.returncode == 1 and "unpack the package again" in damaged.stderr
    assert not (packages / "other").exists()
