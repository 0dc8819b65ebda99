"""Draws windows of sound, as they come to the front end, each with its class.

Around each clip of a word: at another speed, shifted, in a room, in noise (augmentation.py). `unknown` is other words,
alone and in rows, pieces of running speech, many voices at once, and the beginnings or ends of keywords, which a stream
shows all the time and which must not be answered; `silence` is noise of every kind, recorded and made.
"""

from collections.abc import Iterator

import numpy as np

from ml.data.manifest import Dataset
from ml.data.recordings import saturate
from ml.keyword_spotting.augmentation import FULL_SCALE, RATE_HZ, Surroundings, cut, heard, piece, placed, surroundings
from ml.keyword_spotting.clips import Clip, clips, noises, rms, speech
from ml.keyword_spotting.config import Config, Training

SEEN = (0.15, 0.5)  # of a word, in a window that shows a fragment of it
SILENCE_DB = (-85.0, -20.0)  # root mean square of noise, below full scale
TALK = 1000.0  # root mean square of what is put together of several voices, before its level is drawn

Window = tuple[np.ndarray, int]  # int16 (samples,), class


class Windows:
    """Of some people's recordings."""

    def __init__(self, data: Dataset, config: Config, rng: np.random.Generator) -> None:
        self.training: Training = config.training
        self.size, self.rng = config.front_end.samples, rng
        self.unknown, self.silence = len(config.words), len(config.words) + 1
        found = clips(data, config.words)
        self.keywords = [one for one in found if one.label < self.unknown]
        self.sources = _by_source([one for one in found if one.label == self.unknown])
        self.talk = speech(data)
        self.around = self._surroundings(noises(data, for_training=True))

    def _surroundings(self, recorded: list[np.ndarray]) -> Surroundings:
        voices = [one.word for source in self.sources for one in source] or [one.word for one in self.keywords]
        t = self.training
        return surroundings(recorded, voices, self.size, t.noise_s, t.rooms, t.variation, self.rng)

    def all(self) -> Iterator[Window]:
        """Everything, in the shares that the configuration wants."""
        t, count = self.training, 0
        for window in self.words(1.0):
            yield window
            count += 1
        of_a_word = count / self.unknown
        yield from self._others(round(of_a_word * t.unknown))
        yield from self._mixed(round(of_a_word * t.rows))
        yield from self._fragments(round(of_a_word * t.fragments))
        for _ in range(round(of_a_word * t.silence)):
            yield self._nothing(), self.silence

    def words(self, share: float) -> Iterator[Window]:
        """Each clip of a keyword in so many of its variations, one at least."""
        t = self.training
        for clip in self.keywords:
            for _ in range(max(1, round(share * (t.synthetic if clip.synthetic else t.variations)))):
                yield self._varied(clip), clip.label

    def no_words(self, count: int) -> Iterator[Window]:
        """About `count` windows of all that is unknown."""
        t = self.training
        each = count / (t.unknown + t.rows + t.fragments)
        yield from self._others(round(each * t.unknown))
        yield from self._mixed(round(each * t.rows))
        yield from self._fragments(round(each * t.fragments))

    def _others(self, count: int) -> Iterator[Window]:
        """Words of every source as often as of any other; as much running speech as of all of these together."""
        for number in range(count):
            if self.sources and (number % 2 or not self.talk):
                yield self._varied(self._other(number // 2)), self.unknown
            elif self.talk:
                yield self._talk(), self.unknown

    def _mixed(self, count: int) -> Iterator[Window]:
        """Rows of words, and half as often many voices at once."""
        for number in range(count):
            if self.sources and number % 3:
                yield self._row(), self.unknown
            elif self.around.babble:
                yield self._babble(), self.unknown

    def _fragments(self, count: int) -> Iterator[Window]:
        for _ in range(count):
            yield self._fragment(), self.unknown

    def _other(self, number: int) -> Clip:
        source = self.sources[number % len(self.sources)]
        return source[self.rng.integers(len(source))]

    def _varied(self, clip: Clip) -> np.ndarray:
        sound, level = placed(clip, self.size, self.training.variation, self.rng)
        return self._heard(sound, level)

    def _talk(self) -> np.ndarray:
        sound = piece(self.talk[self.rng.integers(len(self.talk))], self.size, self.rng).astype(np.float32)
        return self._heard(sound, rms(sound))

    def _row(self) -> np.ndarray:
        pieces: list[np.ndarray] = []
        while sum(map(len, pieces)) < 2 * self.size:
            word = self._other(int(self.rng.integers(len(self.sources)))).word
            pieces += [word * np.float32(TALK / rms(word)), np.zeros(self.rng.integers(0, RATE_HZ // 2), np.float32)]
        return self._heard(piece(np.concatenate(pieces), self.size, self.rng), TALK)

    def _babble(self) -> np.ndarray:
        track = self.around.babble[self.rng.integers(len(self.around.babble))]
        return self._heard(piece(track, self.size, self.rng) * np.float32(TALK), TALK)

    def _fragment(self) -> np.ndarray:
        """The beginning of a word at the window's end, or its end at the beginning."""
        clip = self.keywords[self.rng.integers(len(self.keywords))]
        seen = round((clip.end - clip.start) * self.rng.uniform(*SEEN))
        first = clip.end - seen if self.rng.random() < 0.5 else clip.start + seen - self.size
        return self._heard(cut(clip.samples.astype(np.float32), first, self.size), rms(clip.word))

    def _heard(self, sound: np.ndarray, level: float) -> np.ndarray:
        return heard(sound, level, self.around, self.training.variation, self.rng)

    def _nothing(self) -> np.ndarray:
        level = 10 ** (self.rng.uniform(*SILENCE_DB) / 20) * FULL_SCALE
        return saturate(self.around.noise(self.size, self.rng, voices=False) * level)


def _by_source(others: list[Clip]) -> list[list[Clip]]:
    """Grouped: a few words by many speakers must not drown many words by few."""
    groups: dict[str, list[Clip]] = {}
    for one in others:
        groups.setdefault(one.source, []).append(one)
    return [groups[source] for source in sorted(groups)]
