"""Recordings as the keyword model needs them: words with the time in which they are spoken, other speech, noise."""

from dataclasses import dataclass

import numpy as np

from ml.data.manifest import Dataset, Item
from ml.data.synthesis.espeak import PROGRAM
from ml.data.synthesis.folder import SOURCE
from ml.data.synthesis.speech import NOISE, SILENCE, SPEECH

FRAME = 160  # samples, 10 ms: the resolution with which a word's beginning and end are found
BELOW_PEAK_DB = 30.0  # what is quieter is no part of the word
OVER_FLOOR = 4.0  # times the power of the quietest tenth: what is louder stands out of the noise
LOUD_FLOOR = 0.1  # of the peak: above it noise does not count as a floor
TRAINING_NOISE = 0.8  # of each recording of noise; the rest of it is for the streams


@dataclass(frozen=True)
class Clip:
    """One word, or silence."""

    samples: np.ndarray  # int16 (n,)
    label: int  # index of the class
    start: int  # of the word; first sample
    end: int  # one past the last
    file: str
    source: str

    @property
    def word(self) -> np.ndarray:
        return self.samples[self.start : self.end]

    @property
    def synthetic(self) -> bool:
        return self.source.startswith((PROGRAM, SOURCE))


def clips(data: Dataset, words: tuple[str, ...]) -> list[Clip]:
    """Every clip of a word or of silence; what is no keyword is unknown."""
    return [_clip(item, words) for item in data.items if item.label not in (SPEECH, NOISE)]


def recorded(found: list[Clip]) -> list[Clip]:
    """Without the synthetic voices, where people speak too: models are judged by people."""
    return [one for one in found if not one.synthetic] or found


def _clip(item: Item, words: tuple[str, ...]) -> Clip:
    samples = item.recording.samples[:, 0]
    return Clip(samples, class_of(item.label, words), *extent(samples), item.file, item.source)


def class_of(label: str, words: tuple[str, ...]) -> int:
    """The words, then unknown, then silence."""
    if label in (SILENCE, NOISE):
        return len(words) + 1
    return words.index(label) if label in words else len(words)


def speech(data: Dataset) -> list[np.ndarray]:
    """Long recordings of speech without keywords, int16 (n,) each."""
    return [item.recording.samples[:, 0] for item in data.items if item.label == SPEECH]


def noises(data: Dataset, for_training: bool) -> list[np.ndarray]:
    """Recordings of noise, int16 (n,): the beginning of each for training, the rest for streams."""
    found = [item.recording.samples[:, 0] for item in data.items if item.label == NOISE]
    cut = [round(len(one) * TRAINING_NOISE) for one in found]
    return [one[:at] if for_training else one[at:] for one, at in zip(found, cut, strict=True)]


def extent(samples: np.ndarray) -> tuple[int, int]:
    """First sample of the word in a clip and one past the last, by its power in 10 ms frames, smoothed over three."""
    frames = len(samples) // FRAME
    if frames < 3:
        return 0, len(samples)
    power = (samples[: frames * FRAME].reshape(frames, FRAME).astype(np.float32) ** 2).mean(1)
    power = np.convolve(power, np.ones(3) / 3, "same")
    floor = min(OVER_FLOOR * np.percentile(power, 10), LOUD_FLOOR * power.max())
    loud = np.flatnonzero(power > max(power.max() * 10 ** (-BELOW_PEAK_DB / 10), floor))
    if not len(loud):
        return 0, len(samples)
    return int(loud[0]) * FRAME, int(loud[-1] + 1) * FRAME


def rms(samples: np.ndarray) -> float:
    """Root mean square, at least the smallest step."""
    return max(1.0, float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))) if len(samples) else 1.0
