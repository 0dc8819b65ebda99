"""Windows to learn from and to be judged by.

Around each clip of a word: at another speed, shifted, in a room, in noise (augmentation.py), then through the C front
end. `unknown` is other words, pieces of running speech and the beginnings or ends of keywords, which a stream shows
all the time and which must not be answered; `silence` is noise of every kind, recorded and made.
"""

from collections.abc import Iterator

import numpy as np

from ml.data.manifest import Dataset
from ml.data.recordings import saturate
from ml.examples import Examples, HeldOut
from ml.keyword_spotting.augmentation import FULL_SCALE, RATE_HZ, Surroundings, cut, heard, piece, placed, surroundings
from ml.keyword_spotting.clips import Clip, clips, noises, recorded, rms, speech
from ml.keyword_spotting.config import Config, FrontEnd, Training
from ml.native.logmel import log_mel

AT_ONCE = 4096  # windows between front end and memory
SEEN = (0.15, 0.5)  # of a word, in a window that shows a fragment of it
SILENCE_DB = (-85.0, -20.0)  # root mean square of noise, below full scale


def training_examples(data: Dataset, config: Config, seed: int) -> Examples:
    """Varied windows of every word and of what is none, in random order."""
    key = (data.hash, tuple(data.subjects), config, seed)
    if key not in _last:
        _last.clear()
        _last[key] = _make(data, config, seed)
    return _last[key]


_last: dict[tuple, Examples] = {}  # making them takes minutes, and training and quantisation ask for the same


def _make(data: Dataset, config: Config, seed: int) -> Examples:
    maker = _Maker(data, config, np.random.default_rng(seed))
    inputs, labels = _through_front_end(maker.all(), config.front_end)
    order = np.random.default_rng([seed, 1]).permutation(len(labels))
    return Examples(inputs[order], labels[order])


def _through_front_end(made: Iterator[tuple[np.ndarray, int]], front_end: FrontEnd) -> tuple[np.ndarray, np.ndarray]:
    inputs, labels, waiting = [], [], []
    for window, label in made:
        waiting.append(window)
        labels.append(label)
        if len(waiting) == AT_ONCE:
            inputs.append(np.stack(log_mel(waiting, front_end.log_mel).frames))
            waiting.clear()
    inputs.append(np.stack(log_mel(waiting, front_end.log_mel).frames)) if waiting else None
    return np.concatenate(inputs), np.array(labels)


class _Maker:
    """Draws windows, int16 (samples,), with their classes."""

    def __init__(self, data: Dataset, config: Config, rng: np.random.Generator) -> None:
        self.training: Training = config.training
        self.window, self.rng = config.front_end.samples, rng
        self.unknown, self.silence = len(config.words), len(config.words) + 1
        found = clips(data, config.words)
        self.words = [one for one in found if one.label < self.unknown]
        self.others = _by_source([one for one in found if one.label == self.unknown])
        self.talk = speech(data)
        self.around = self._surroundings(noises(data, for_training=True))

    def _surroundings(self, recorded: list[np.ndarray]) -> Surroundings:
        voices = [one.word for source in self.others for one in source] or [one.word for one in self.words]
        t = self.training
        return surroundings(recorded, voices, self.window, t.noise_s, t.rooms, t.variation, self.rng)

    def all(self) -> Iterator[tuple[np.ndarray, int]]:
        t = self.training
        count = 0
        for clip in self.words:
            for _ in range(t.synthetic if clip.synthetic else t.variations):
                yield self._varied(clip), clip.label
                count += 1
        of_a_word = count / self.unknown
        yield from self._unknown(round(of_a_word * t.unknown))
        for _ in range(round(of_a_word * t.fragments)):
            yield self._fragment(), self.unknown
        for _ in range(round(of_a_word * t.silence)):
            yield self._nothing(), self.silence

    def _varied(self, clip: Clip) -> np.ndarray:
        sound, level = placed(clip, self.window, self.training.variation, self.rng)
        return heard(sound, level, self.around, self.training.variation, self.rng)

    def _unknown(self, count: int) -> Iterator[tuple[np.ndarray, int]]:
        """Words of every source as often as of any other; as much running speech as of all of these together."""
        for number in range(count):
            if self.others and (number % 2 or not self.talk):
                source = self.others[number // 2 % len(self.others)]
                yield self._varied(source[self.rng.integers(len(source))]), self.unknown
            elif self.talk:
                yield self._talk(), self.unknown

    def _talk(self) -> np.ndarray:
        one = self.talk[self.rng.integers(len(self.talk))]
        sound = piece(one, self.window, self.rng).astype(np.float32)
        return heard(sound, rms(sound), self.around, self.training.variation, self.rng)

    def _fragment(self) -> np.ndarray:
        """The beginning of a word at the window's end, or its end at the beginning."""
        clip = self.words[self.rng.integers(len(self.words))]
        seen = round((clip.end - clip.start) * self.rng.uniform(*SEEN))
        first = clip.end - seen if self.rng.random() < 0.5 else clip.start + seen - self.window
        sound = cut(clip.samples.astype(np.float32), first, self.window)
        return heard(sound, rms(clip.word), self.around, self.training.variation, self.rng)

    def _nothing(self) -> np.ndarray:
        level = 10 ** (self.rng.uniform(*SILENCE_DB) / 20) * FULL_SCALE
        return saturate(self.around.noise(self.window, self.rng, voices=False) * level)


def _by_source(others: list[Clip]) -> list[list[Clip]]:
    """Grouped: a few words by many speakers must not drown many words by few."""
    groups: dict[str, list[Clip]] = {}
    for one in others:
        groups.setdefault(one.source, []).append(one)
    return [groups[source] for source in sorted(groups)]


def _pieces_of_noise(data: Dataset, config: Config) -> list[Clip]:
    """What is held out for silence where the data has no clips of it."""
    window = config.front_end.samples
    return [
        Clip(one[at : at + window], len(config.words) + 1, 0, window, f"noise {number} at {at}", "")
        for number, one in enumerate(noises(data, for_training=False))
        for at in range(0, len(one) - window + 1, window)
    ]


def held_out(data: Dataset, config: Config) -> HeldOut:
    """The middle of each clip, as long as a window; zeros around what is shorter."""
    found, window = recorded(clips(data, config.words)), config.front_end.samples
    if not any(one.label > len(config.words) for one in found):
        found += _pieces_of_noise(data, config)
    samples = np.stack([cut(one.samples, (len(one.samples) - window) // 2, window) for one in found])
    return HeldOut(
        samples=samples[:, :, None],
        count=np.full(len(found), window),
        rate_mhz=np.full(len(found), RATE_HZ * 1000),
        inputs=np.stack(log_mel(list(samples), config.front_end.log_mel).frames),
        labels=np.array([one.label for one in found]),
        files=np.array([one.file for one in found]),
    )
