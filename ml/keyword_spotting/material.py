"""What some people said, and noise, as rows of power every 10 ms (bands.py): all that training mixes its windows of.

Recordings come through the C front end, images of words as they are; from here on they are alike.
"""

from dataclasses import dataclass, fields

import numpy as np

from ml.data.manifest import Dataset
from ml.data.spectrograms import FRAMES, Spectrograms
from ml.keyword_spotting import bands
from ml.keyword_spotting.augmentation import RATE_HZ, cut, noise_tracks
from ml.keyword_spotting.clips import Clip, class_of, clips, noises, speech
from ml.keyword_spotting.config import Config

NOTHING = FRAMES  # the row after a clip's last: without power
BELOW_PEAK = 1e-3  # of the loudest row: what is quieter is no part of the word
OVER_FLOOR, LOUD_FLOOR = 4.0, 0.1  # as in clips.py
AT_ONCE = 2048  # clips whose power is in memory
PIECE_S = 8.0  # of sound that goes through the front end at a time


@dataclass(frozen=True)
class Words:
    """Clips of single words."""

    steps: np.ndarray  # uint8 (n, FRAMES + 1, bands); the last row is 0
    label: np.ndarray  # int (n,)
    start: np.ndarray  # int (n,): first row of the word
    end: np.ndarray  # one past the last
    group: np.ndarray  # str (n,): word and source, of which none shall drown another
    loud: np.ndarray  # float (n,): mean over these rows of the power in all bands
    turns: np.ndarray  # int (n,): how often an epoch shows it

    def __len__(self) -> int:
        return len(self.label)

    def of(self, mine: np.ndarray) -> "Words":
        return Words(*(getattr(self, name)[mine] for name in NAMES))


NAMES = tuple(field.name for field in fields(Words))


@dataclass(frozen=True)
class Material:
    """Of some people."""

    keywords: Words
    others: Words
    talk: np.ndarray  # uint8 (rows, bands): running speech without keywords; may have no rows
    noise: np.ndarray  # uint8 (rows, bands): noise of every kind, one after the other
    hiss: np.ndarray  # uint8 (rows, bands): white noise, a microphone's own


def material(data: Dataset, images: Spectrograms, config: Config, rng: np.random.Generator) -> Material:
    """All of it, through the front end."""
    found = clips(data, config.words)
    unknown = len(config.words)
    words = _joined([_recorded([one for one in found if one.label <= unknown], config), _pictured(images, config)])
    tracks = noise_tracks(noises(data, for_training=True), config.training.noise_s, rng)
    hiss = rng.normal(0, LOUD, round(HISS_S * RATE_HZ))
    return Material(
        words.of(words.label < unknown), words.of(words.label == unknown),
        _long(speech(data), config), _long([track * LOUD for track in tracks], config),
        _long([hiss], config),
    )  # fmt: skip


HISS_S = 20.0
LOUD = 1000.0  # root mean square at which noise goes through the front end


def _recorded(found: list[Clip], config: Config) -> Words:
    """Of what is longer than an image the middle of its word."""
    size = (FRAMES - 1) * bands.HOP + config.front_end.log_mel.window
    first = [max(0, min(len(one.samples) - size, (one.start + one.end - size) // 2)) for one in found]
    sound = [cut(one.samples, at, min(size, len(one.samples))) for one, at in zip(found, first, strict=True)]
    made = np.zeros((len(found), FRAMES + 1, config.front_end.log_mel.outputs), np.uint8)
    for row, one in zip(made, bands.of_sound(sound, config.front_end.log_mel), strict=True):
        row[: len(one)] = one
    label = np.array([one.label for one in found], int)
    group = np.array([f"{one.source}/{one.label}" for one in found] or [""][:0], dtype="U64")
    turns = np.array([1 if one.synthetic else config.training.recorded for one in found], int)
    return _placed(made, label, group, turns, config)


def _pictured(images: Spectrograms, config: Config) -> Words:
    classes = {word: class_of(str(word), config.words) for word in np.unique(images.words)}
    made = np.zeros((len(images), FRAMES + 1, config.front_end.log_mel.outputs), np.uint8)
    if len(images):
        made[:, :FRAMES] = bands.of_images(images.pixels, config.front_end.log_mel)
    label = np.array([classes[word] for word in images.words], int)
    return _placed(made, label, images.words.astype("U64"), np.ones(len(images), int), config)


def _placed(made: np.ndarray, label: np.ndarray, group: np.ndarray, turns: np.ndarray, config: Config) -> Words:
    power, loud = bands.power_table(config.front_end.log_mel), np.zeros((len(made), FRAMES), np.float32)
    for at in range(0, len(made), AT_ONCE):
        loud[at : at + AT_ONCE] = power[made[at : at + AT_ONCE, :FRAMES]].sum(-1)
    start, end = _extent(loud)
    rows = np.arange(FRAMES)
    spoken = (rows >= start[:, None]) & (rows < end[:, None])
    return Words(made, label, start, end, group, (loud * spoken).sum(1) / np.maximum(1, spoken.sum(1)), turns)


def _extent(loud: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First row of the word and one past the last, of the power in each row, (n, rows): as `extent` in clips.py."""
    if not len(loud):
        return np.empty(0, int), np.empty(0, int)
    floor = np.minimum(OVER_FLOOR * np.percentile(loud, 10, axis=1), LOUD_FLOOR * loud.max(1))
    word = loud > np.maximum(loud.max(1) * BELOW_PEAK, floor)[:, None]
    some = word.any(1)
    start = np.where(some, word.argmax(1), 0)
    return start, np.where(some, loud.shape[1] - word[:, ::-1].argmax(1), loud.shape[1])


def _long(recordings: list[np.ndarray], config: Config) -> np.ndarray:
    size = round(PIECE_S * RATE_HZ)
    pieces = [
        np.clip(np.rint(one[at : at + size]), -32768, 32767).astype(np.int16)
        for one in recordings
        for at in range(0, len(one), size)
    ]
    made = bands.of_sound(pieces, config.front_end.log_mel)
    return np.concatenate([np.empty((0, config.front_end.log_mel.outputs), np.uint8), *made])


def _joined(parts: list[Words]) -> Words:
    return Words(*(np.concatenate([getattr(one, name) for one in parts]) for name in NAMES))
