"""Many voices say keywords, other words and sentences, so that a keyword model can be trained without recordings.

folder = generate(SpeechPlan(words=("lights", "music")), seed=0)   # FLAC files and manifest.csv; made once, then found

Each speaker is an accent and a voice of espeak-ng with a pace, a pitch and a size of its own, and is one subject.
Labels are the words, `_unknown_`, `_speech_` (sentences without a keyword), `_silence_` and `_background_noise_`; the
last two belong to nobody, the subject `none`. Figures reached on them say that everything works; real speech is harder.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from ml.data.audio import write_audio
from ml.data.recordings import saturate
from ml.data.synthesis import espeak
from ml.data.synthesis.espeak import ACCENTS, VARIANTS, Manner
from ml.data.synthesis.folder import LICENCE, made_once
from ml.data.synthesis.noises import KINDS, noise
from ml.data.synthesis.vocabulary import COMMON, KEYWORDS, UNKNOWN, check_words, sentence, without
from ml.errors import UserError
from ml.progress import track

RATE_HZ = 16000
UNKNOWN_LABEL, SPEECH, SILENCE, NOISE, NOBODY = "_unknown_", "_speech_", "_silence_", "_background_noise_", "none"
FULL_SCALE = 32768
CODE = ("espeak", "noises", "speech", "vocabulary")  # what the voices say and how; others change without them
QUIET = 0.02  # of the loudest, below which a word has not begun or is over


@dataclass(frozen=True)
class SpeechPlan:
    """How much is said, and by how many."""

    words: tuple[str, ...] = KEYWORDS
    speakers: int = 120  # 2..500
    takes: int = 2  # of each word by each speaker
    unknown: int = 24  # other words by each speaker
    speech_s: float = 20.0  # of sentences by each speaker
    noise_s: float = 30.0  # each of the recordings of noise, two of a kind
    silences: int = 120
    clip_s: float = 1.0

    def __post_init__(self) -> None:
        if not (2 <= self.speakers <= 500 and self.takes >= 1 and self.clip_s >= 0.5):
            raise UserError(f"expected 2..500 speakers, a take and clips of 0.5 s or more, found {self}")

    @property
    def clip(self) -> int:
        """Samples."""
        return round(self.clip_s * RATE_HZ)


@dataclass(frozen=True)
class Speaker:
    """One voice."""

    name: str  # accent and variant
    manner: Manner
    size: float  # of the vocal tract and the voice: 1 as espeak-ng has it, less is a smaller person


@dataclass(frozen=True)
class Script:
    """What all speakers choose from."""

    plan: SpeechPlan
    unknown: list[str]
    common: list[str]
    source: str


def generate(plan: SpeechPlan, seed: int, folder: Path | None = None) -> Path:
    """Writes the data set unless the same was written before; returns its folder."""
    source = f"espeak-ng {espeak.version()}"
    plan = replace(plan, words=check_words(plan.words))
    script = Script(plan, without(UNKNOWN, plan.words), without(COMMON, plan.words), source)
    return made_once([plan, seed, source], lambda made: list(_all(made, script, seed)), folder, CODE)


def _all(folder: Path, script: Script, seed: int) -> Iterator[dict]:
    yield from _nobody(folder, script, np.random.default_rng([seed, 0]))
    drawn = speakers(script.plan.speakers, seed)
    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        waiting = [pool.submit(_speaker, folder, script, one, [seed, 1 + i]) for i, one in enumerate(drawn)]
        try:
            for one in track(waiting, "voices speak", len(waiting)):
                yield from one.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def speakers(count: int, seed: int) -> list[Speaker]:
    """Different voices, each with its pace, pitch and size."""
    rng = np.random.default_rng([seed, 1 << 20])
    voices = [f"{accent}+{variant}" for accent in ACCENTS for variant in VARIANTS]
    return [_draw(voices[i], rng) for i in rng.permutation(len(voices))[:count]]


def _draw(voice: str, rng: np.random.Generator) -> Speaker:
    manner = Manner(voice, int(rng.integers(110, 200)), int(rng.integers(15, 86)))
    return Speaker(voice, manner, float(np.exp(rng.normal(0, 0.08))))


def _speaker(folder: Path, script: Script, who: Speaker, seed: list[int]) -> list[dict]:
    rng, plan = np.random.default_rng(seed), script.plan
    said = [(word, word) for word in plan.words for _ in range(plan.takes)]
    said += [(UNKNOWN_LABEL, str(word)) for word in rng.choice(script.unknown, plan.unknown)]
    rows = []
    for number, (label, word) in enumerate(said):
        samples = _clip(_say(word, who, rng), plan.clip, rng)
        rows.append(_write(folder, f"{label}/{who.name}_{number:03d}.flac", samples, who.name, script.source))
    if plan.speech_s:
        samples = _loud(_sentences(script, who, rng), rng)
        rows.append(_write(folder, f"{SPEECH}/{who.name}.flac", samples, who.name, script.source))
    return rows


def _say(text: str, who: Speaker, rng: np.random.Generator) -> np.ndarray:
    """Float samples at RATE_HZ from the first sound to the last, a little different each time."""
    manner = replace(
        who.manner,
        speed=int(who.manner.speed * np.exp(rng.normal(0, 0.12))),
        pitch=int(np.clip(who.manner.pitch + rng.normal(0, 7), 0, 99)),
    )
    from scipy.signal import resample_poly  # noqa: PLC0415  takes a second to import, which most commands need not

    sound, rate = espeak.speak(text, manner)
    ratio = Fraction(RATE_HZ / (rate * who.size)).limit_denominator(160)
    made = resample_poly(sound, ratio.numerator, ratio.denominator)
    loud = np.flatnonzero(np.abs(made) > QUIET * np.abs(made).max(initial=0))
    return made[loud[0] : loud[-1] + 1] if len(loud) else np.zeros(1)


def _sentences(script: Script, who: Speaker, rng: np.random.Generator) -> np.ndarray:
    wanted, pieces = round(script.plan.speech_s * RATE_HZ), []
    while sum(map(len, pieces)) < wanted:
        pieces += [_say(sentence(script.common, rng), who, rng), np.zeros(int(RATE_HZ * rng.uniform(0.2, 0.9)))]
    return np.concatenate(pieces)[:wanted]


def _clip(word: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """The word anywhere in a clip; the middle of one that is too long."""
    spare = count - len(word)
    if spare < 0:
        return _loud(word[-spare // 2 :][:count], rng)
    before = int(rng.integers(0, spare + 1))
    return _loud(np.pad(word, (before, spare - before)), rng)


def _loud(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """int16 with a peak of -24 to -2 dB below full scale, and a microphone's own noise 48 to 66 dB below it."""
    peak, floor = 10 ** (-rng.uniform(2, 24) / 20), 10 ** (-rng.uniform(66, 84) / 20)
    made = sound * (peak / max(1e-9, float(np.abs(sound).max()))) + floor * rng.normal(size=len(sound))
    return saturate(made * FULL_SCALE)


def _nobody(folder: Path, script: Script, rng: np.random.Generator) -> Iterable[dict]:
    plan = script.plan
    for number, kind in enumerate([*KINDS, *KINDS] if plan.noise_s else []):
        made = noise(kind, round(plan.noise_s * RATE_HZ), RATE_HZ, rng) * 10 ** (-rng.uniform(15, 35) / 20)
        file = f"{NOISE}/{kind}_{number // len(KINDS)}.flac"
        yield _write(folder, file, saturate(made * FULL_SCALE), NOBODY, "simulated")
    for number in range(plan.silences):
        made = noise(KINDS[number % len(KINDS)], plan.clip, RATE_HZ, rng) * 10 ** (-rng.uniform(30, 75) / 20)
        yield _write(folder, f"{SILENCE}/{number:03d}.flac", saturate(made * FULL_SCALE), NOBODY, "simulated")


def _write(folder: Path, file: str, samples: np.ndarray, subject: str, source: str) -> dict:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    write_audio(path, samples, RATE_HZ)
    row = {"file": file, "label": Path(file).parts[0], "subject": subject, "sample_rate_hz": RATE_HZ}
    return row | {"source": source, "licence": LICENCE}
