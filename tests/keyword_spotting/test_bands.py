"""Images and recordings are alike to the network: what a published image says is what the C front end gives."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ml.data import spectrograms
from ml.errors import UserError
from ml.keyword_spotting import bands
from ml.keyword_spotting.config import FrontEnd
from ml.native.logmel import LogmelConfig

CONFIG = FrontEnd().log_mel
CLOSE_DB = 1.0
LEAST = 100  # clips that exist in both forms


def picture(sound: np.ndarray) -> np.ndarray:
    """The published features by their definition, uint8 (98, 40), without the JPEG."""
    frames = np.lib.stride_tricks.sliding_window_view(sound / 32768, 480)[::160] * np.hanning(481)[:-1]
    power = np.abs(np.fft.rfft(frames, 512)) ** 2
    mel, edges = (
        1127 * np.log(1 + np.fft.rfftfreq(512, 1 / 16000) / 700),
        np.linspace(0, 1127 * np.log(1 + 4000 / 700), 42),
    )
    rise, fall = (mel - edges[:-2, None]) / np.diff(edges)[0], (edges[2:, None] - mel) / np.diff(edges)[0]
    filters = np.maximum(0, np.minimum(rise, fall))
    pixel = spectrograms.SLOPE * np.log(np.maximum(power @ filters.T, 1e-12)) + spectrograms.OFFSET
    return np.clip(np.rint(pixel), 0, 255).astype(np.uint8)


def test_an_image_of_a_sound_is_what_the_front_end_makes_of_it():
    chance = np.random.default_rng(0)
    sweep = 6000 * np.sin(np.cumsum(np.linspace(0.05, 1.4, 16000))) + chance.normal(0, 60, 16000)
    for sound in (sweep, chance.normal(0, 900, 16000)):
        pcm = np.rint(sound).astype(np.int16)
        ours = bands.of_sound([pcm], CONFIG)[0].astype(int)
        theirs = bands.of_images(picture(pcm)[None], CONFIG)[0].astype(int)
        known = theirs > 0
        differ_db = 10 * np.log10(2) / bands.octave(CONFIG) * np.abs(ours - theirs)
        assert known.mean() > 0.9
        above = differ_db[:, 2:][known[:, 2:]]  # below, the high pass is steep in a band
        assert np.median(above) < CLOSE_DB
        assert np.percentile(above, 95) < 2 * CLOSE_DB  # a JPEG adds as much


def test_recordings_and_images_of_the_same_words_are_alike(shared):
    """Of what exists in both forms: the same levels and spread in each band, and the same pictures."""
    folder = shared / "data" / "speech_gsc_logmel"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    images, recordings = pairs(folder, shared / "data" / "speech")
    assert len(recordings) >= LEAST
    theirs = bands.of_images(images, CONFIG).astype(int)
    ours = np.stack(bands.of_sound(recordings, CONFIG)).astype(int)
    known, step_db = theirs > 0, 10 * np.log10(2) / bands.octave(CONFIG)
    for band in range(2, theirs.shape[2]):
        one, other = (made[..., band][known[..., band]] * step_db for made in (ours, theirs))
        assert abs(np.median(one - other)) < CLOSE_DB
        assert np.abs(np.percentile(one, (10, 50, 90)) - np.percentile(other, (10, 50, 90))).max() < 2 * CLOSE_DB
    likeness = [np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(ours, theirs, strict=True)]
    assert np.median(likeness) > 0.98


def pairs(folder: Path, speech: Path) -> tuple[np.ndarray, list[np.ndarray]]:
    """Images, and the recordings of a whole second behind them."""
    rows = [row for row in csv.DictReader((folder / "manifest.csv").open()) if row["label"] in ("bed", "cat", "happy")]
    pictured = {f"{row['label']}_{row['file'].split('/')[1][:-4]}": row["label"] for row in rows}
    found = spectrograms.load(folder)
    at = {}
    for word in ("bed", "cat", "happy"):
        names = [Path(row["file"]).stem for row in rows if row["label"] == word]
        at |= dict(zip((f"{word}_{name}" for name in names), np.flatnonzero(found.words == word), strict=True))
    images, recordings = [], []
    for path in sorted((speech / "_more_unknown_").glob("*.flac")):
        if path.stem in pictured:
            sound = soundfile.read(path, dtype="int16")[0]
            if len(sound) == 16000:
                images.append(found.pixels[at[path.stem]])
                recordings.append(sound)
    return np.stack(images), recordings


def test_a_level_is_that_of_the_samples():
    sound = np.rint(np.random.default_rng(1).normal(0, 1000, 32000)).astype(np.int16)
    plain = LogmelConfig(low_hz=0, high_hz=4000)
    power = bands.power_table(plain)[bands.of_sound([sound], plain)[0]]
    below_4_khz = 20 * np.log10(1000 / 32768) - 10 * np.log10(2)
    assert bands.level_db(bands.total(power)) == pytest.approx(below_4_khz, abs=0.5)
    assert bands.level_db(bands.of_level(-31.0)) == pytest.approx(-31.0)


def test_steps_are_the_powers_of_the_table():
    every = np.arange(1, 256, dtype=np.uint8)
    assert (bands.steps(bands.power_table(CONFIG)[every], CONFIG) == every).all()


def test_another_front_end_cannot_take_images():
    with pytest.raises(UserError, match="0 to 4000 Hz"):
        bands.of_images(np.zeros((1, 98, 40), np.uint8), LogmelConfig())
