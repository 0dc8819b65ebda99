"""Long recordings with words at known times in hours of background, as a device on a shelf would hear them.

Each stream has a bed of noise that changes every minute or two, from near silence to a loud fan; on it, in random order
and with pauses, stand the words of people (each clip so often in all streams together) and stretches of talk: other
words in a row, sentences, many voices at once. What is said does not overlap. The same data and seed give the same
samples; which people speak, and which voices, is the split's business.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ml.data.manifest import Dataset
from ml.data.recordings import saturate
from ml.data.streams import Stream, Truth
from ml.keyword_spotting.augmentation import BABBLE, FULL_SCALE, RATE_HZ, Surroundings, piece, surroundings
from ml.keyword_spotting.clips import Clip, clips, noises, recorded, rms, speech
from ml.keyword_spotting.config import Config

FADE = 800  # samples in which a bed or a stretch of talk comes and goes
EDGE_S = 2.0  # of background at both ends
AROUND = 1600  # samples of a clip that are heard before and after its word


@dataclass(frozen=True)
class Said:
    """Something to be heard at some time."""

    samples: np.ndarray  # float32 (n,)
    truth: tuple[str, int, int] | None = None  # label, first sample of the word in `samples` and one past the last


def streams(data: Dataset, config: Config, seed: int) -> list[Stream]:
    """As many streams as the configuration wants; none where nobody says a keyword."""
    rng = np.random.default_rng([seed, int.from_bytes(hashlib.sha256(" ".join(data.subjects).encode()).digest()[:8])])
    maker = _Maker(data, config, rng)
    shares = np.array_split(maker.order(), config.streams.count) if maker.words else []
    return [maker.stream(number, [maker.words[i] for i in share]) for number, share in enumerate(shares)]


class _Maker:
    def __init__(self, data: Dataset, config: Config, rng: np.random.Generator) -> None:
        self.config, self.plan, self.rng = config, config.streams, rng
        found = recorded(clips(data, config.words))
        self.words = [one for one in found if one.label < len(config.words)]
        self.others = [one for one in found if one.label == len(config.words)] or self.words[:0]
        self.sentences = speech(data)
        self.around = self._surroundings(noises(data, for_training=False))

    def _surroundings(self, noise: list[np.ndarray]) -> Surroundings:
        t, voices = self.config.training, [one.word for one in self.others] + self.sentences
        return surroundings(noise, voices, RATE_HZ, t.noise_s, 1, t.variation, self.rng)

    def order(self) -> np.ndarray:
        """Every clip so often, never twice in a row."""
        return np.concatenate([self.rng.permutation(len(self.words)) for _ in range(self.plan.repeats)])

    def stream(self, number: int, words: list[Clip]) -> Stream:
        count = round(self.plan.minutes * 60 * RATE_HZ)
        said = [self._word(one) for one in words]
        said += self._talks(round(count * self.plan.speech_share))
        said = [said[i] for i in self.rng.permutation(len(said))]
        samples, truth = self._bed(count), []
        for one, at in self._placed(said, count):
            samples[at : at + len(one.samples)] += one.samples
            if one.truth:
                label, start, end = one.truth
                truth.append(Truth(label, at + start, at + end))
        return Stream(f"stream{number + 1}", saturate(samples)[:, None], RATE_HZ * 1000, tuple(truth), "mic")

    def _placed(self, said: list[Said], count: int) -> Iterator[tuple[Said, int]]:
        """Where each begins: the time that is left is shared out at random, as pauses of `gap_s` at least."""
        least, edge = round(self.plan.gap_s * RATE_HZ), round(EDGE_S * RATE_HZ)
        while said and (left := count - 2 * edge - sum(len(one.samples) + least for one in said)) < 0:
            said = [one for i, one in enumerate(said) if i != max(range(len(said)), key=lambda j: len(said[j].samples))]
        shares = self.rng.dirichlet(np.ones(len(said) + 1))[:-1] if said else []
        at = edge
        for one, share in zip(said, shares, strict=True):
            at += least + int(share * left)
            yield one, at
            at += len(one.samples)

    def _word(self, clip: Clip) -> Said:
        first = max(0, clip.start - AROUND)
        sound = _faded(clip.samples[first : clip.end + AROUND])
        gain = self._level() / rms(clip.word)
        return Said(sound * gain, (self.config.words[clip.label], clip.start - first, clip.end - first))

    def _level(self) -> float:
        return 10 ** (self.rng.uniform(*self.plan.level_db) / 20) * FULL_SCALE

    def _talks(self, count: int) -> list[Said]:
        """Stretches of talk of `count` samples together."""
        made: list[Said] = []
        sources = {"words": self.others, "sentences": self.sentences, "babble": self.around.babble}
        kinds = [kind for kind in sources if sources[kind]]
        while kinds and sum(len(one.samples) for one in made) < count:
            sound = self._talk(kinds[len(made) % len(kinds)], round(self.rng.uniform(*self.plan.speech_s) * RATE_HZ))
            made.append(Said(_faded(sound) * (self._level() / rms(sound))))
        return made

    def _talk(self, kind: str, count: int) -> np.ndarray:
        if kind == "sentences":
            return piece(self.sentences[self.rng.integers(len(self.sentences))], count, self.rng)
        if kind == "babble":
            return piece(self.around.babble[self.rng.integers(len(BABBLE))], count, self.rng) * 1000
        pieces: list[np.ndarray] = []
        while sum(map(len, pieces)) < count:
            word = self.others[self.rng.integers(len(self.others))].word
            pieces += [_faded(word) * (1000 / rms(word)), np.zeros(self.rng.integers(0, RATE_HZ // 2), np.float32)]
        return np.concatenate(pieces)

    def _bed(self, count: int) -> np.ndarray:
        """Float32 (count,): noise of another kind and loudness every so often."""
        made, at = np.zeros(count, np.float32), 0
        while at < count:
            size = min(count - at, round(self.rng.uniform(*self.plan.bed_s) * RATE_HZ))
            level = 10 ** (self.rng.uniform(*self.plan.bed_db) / 20) * FULL_SCALE
            made[at : at + size] = self.around.noise(size, self.rng, voices=False) * level
            at += size
        return made


def _faded(sound: np.ndarray) -> np.ndarray:
    """Float32, rising from nothing and falling to it: a cut that clicks is no sound of a room."""
    made = sound.astype(np.float32)
    count = min(FADE, len(made) // 4)
    ramp = np.linspace(0, 1, count, dtype=np.float32)
    made[:count] *= ramp
    made[len(made) - count :] *= ramp[::-1]
    return made
