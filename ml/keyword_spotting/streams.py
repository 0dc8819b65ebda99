"""Long recordings with words at known times in hours of background, as a device on a shelf would hear them.

Each stream has a bed that changes every minute or two: noise of some kind, recorded or made, or many voices at once, so
far below the people who speak in it: from near silence to 5 dB. On it, in random order and with pauses, stand the words
of people (each clip so often in all streams together) and stretches of talk: other words in a row, sentences, many
voices at once. Half of what is said is heard through a room. What is said does not overlap. The same data and seed give
the same samples; which people speak, and which voices, is the split's business.
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
from ml.keyword_spotting.kept_streams import kept
from ml.paths import ROOT
from ml.pipeline.cache import key

CODE = tuple(ROOT / "ml" / name for name in (
    *(f"keyword_spotting/{part}.py" for part in ("streams", "augmentation", "clips")), "data/synthesis/noises.py"
))  # fmt: skip
FADE = 800  # samples in which a bed or a stretch of talk comes and goes
EDGE_S = 2.0  # of background at both ends
SECOND = RATE_HZ  # samples
CROWDS = 3  # of the kinds of babble, those of so many voices that nobody stands out
AROUND = 1600  # samples of a clip that are heard before and after its word


@dataclass(frozen=True)
class Said:
    """Something to be heard at some time."""

    samples: np.ndarray  # float32 (n,) of root mean square about 1, as loud as whoever speaks then
    truth: tuple[str, int, int] | None = None  # label, first sample of the word in `samples` and one past the last


def streams(data: Dataset, config: Config, seed: int) -> list[Stream]:
    """As many streams as the configuration wants, made now or kept from before; none where nobody says a keyword."""
    t, by = config.training, config.training.variation
    training = (t.noise_s, by.reverberation_s, by.direct_db, by.microphone_db)
    said = sorted((item.label, item.subject, item.recording.key.hex()) for item in data.items)
    decides = {"words": config.words, "streams": config.streams, "training": training, "seed": seed, "said": said}
    return kept(key(decides, CODE), lambda: _made(data, config, seed))


def _made(data: Dataset, config: Config, seed: int) -> Iterator[Stream]:
    rng = np.random.default_rng([seed, int.from_bytes(hashlib.sha256(" ".join(data.subjects).encode()).digest()[:8])])
    maker = _Maker(data, config, rng)
    shares = np.array_split(maker.order(), config.streams.count) if maker.words else []
    for number, share in enumerate(shares):
        yield maker.stream(number, [maker.words[i] for i in share])


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
        return surroundings(noise, voices, 2 * RATE_HZ, t.noise_s, self.plan.rooms, t.variation, self.rng)

    def order(self) -> np.ndarray:
        """Every clip so often, never twice in a row."""
        return np.concatenate([self.rng.permutation(len(self.words)) for _ in range(self.plan.repeats)])

    def stream(self, number: int, words: list[Clip]) -> Stream:
        count = round(self.plan.minutes * 60 * RATE_HZ)
        said = [self._word(one) for one in words]
        said += self._talks(round(count * self.plan.speech_share))
        said = [said[i] for i in self.rng.permutation(len(said))]
        samples, level = self._bed(count)
        truth = []
        for one, at in self._placed(said, count):
            samples[at : at + len(one.samples)] += one.samples * (level[at // SECOND] * self._change())
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
        sound = self._room(_faded(clip.samples[first : clip.end + AROUND]))
        return Said(sound / rms(clip.word), (self.config.words[clip.label], clip.start - first, clip.end - first))

    def _room(self, sound: np.ndarray) -> np.ndarray:
        """The same through a room, or as it is; as loud as before."""
        if self.rng.random() >= self.plan.room_share or len(sound) > self.around.size // 2:
            return sound
        made = self.around.in_a_room(sound, self.rng)
        return made * np.float32(rms(sound) / rms(made))

    def _change(self) -> float:
        """From one who speaks to the next."""
        return 10 ** (self.rng.normal(0, self.plan.change_db) / 20)

    def _talks(self, count: int) -> list[Said]:
        """Stretches of talk of `count` samples together."""
        made: list[Said] = []
        sources = {"words": self.others, "sentences": self.sentences, "babble": self.around.babble}
        kinds = [kind for kind in sources if sources[kind]]
        while kinds and sum(len(one.samples) for one in made) < count:
            sound = self._talk(kinds[len(made) % len(kinds)], round(self.rng.uniform(*self.plan.speech_s) * RATE_HZ))
            made.append(Said(_faded(sound) / rms(sound)))
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

    def _bed(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Float32 (count,): noise of another kind and loudness every so often; and how loud people speak in each second
        of it, root mean square."""
        made, level, at = np.zeros(count, np.float32), np.zeros(count // SECOND + 1), 0
        while at < count:
            size = min(count - at, SECOND * round(self.rng.uniform(*self.plan.bed_s)))
            spoken = 10 ** (self.rng.uniform(*self.plan.level_db) / 20) * FULL_SCALE
            below = self.plan.snr_db[self.rng.choice(len(self.plan.snr_db), p=self.plan.snr_shares)]
            made[at : at + size] = self._noise(size) * np.float32(spoken * 10 ** (-below / 20))
            level[at // SECOND : (at + size) // SECOND + 1] = spoken
            at += size
        return made, level

    def _noise(self, count: int) -> np.ndarray:
        crowds = self.around.babble[-CROWDS:]
        if crowds and self.rng.random() < self.plan.babble_share:
            return piece(crowds[self.rng.integers(len(crowds))], count, self.rng)
        return self.around.noise(count, self.rng, voices=False)


def _faded(sound: np.ndarray) -> np.ndarray:
    """Float32, rising from nothing and falling to it: a cut that clicks is no sound of a room."""
    made = sound.astype(np.float32)
    count = min(FADE, len(made) // 4)
    ramp = np.linspace(0, 1, count, dtype=np.float32)
    made[:count] *= ramp
    made[len(made) - count :] *= ramp[::-1]
    return made
