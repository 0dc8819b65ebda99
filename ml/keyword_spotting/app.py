"""Keyword spotting as the pipeline sees it."""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np

from ml.compiler.host import HostModel
from ml.compiler.streaming import Request
from ml.data import spectrograms
from ml.data.manifest import Dataset, Wanted, load
from ml.data.rows import Row
from ml.data.split import Split, as_published, by_subject
from ml.data.streams import Stream
from ml.data.synthesis.speech import NOISE, SILENCE, SPEECH, UNKNOWN_LABEL, generate
from ml.data.synthesis.vocabulary import check_words, spelling
from ml.errors import UserError
from ml.evaluate.streams import Scored
from ml.keyword_spotting import examples, learning, streams
from ml.keyword_spotting.clips import class_of
from ml.keyword_spotting.config import SILENCE as SILENT
from ml.keyword_spotting.config import UNKNOWN, Config, Decision
from ml.keyword_spotting.examples import Drawn
from ml.keyword_spotting.header import sections
from ml.keyword_spotting.network import build
from ml.keyword_spotting.pictured import Pictured, images_of
from ml.native.decide import DecideConfig
from ml.native.logmel import log_mel
from ml.native.spotter import spot
from ml.paths import ROOT
from ml.pipeline.contract import App
from ml.progress import say
from ml.train.examples import Examples, HeldOut, Inputs
from ml.train.lessons import Lessons
from ml.train.training import FloatModel, Model, to_int8

SECONDS = (0.1, 3600.0)
OTHERS = 8000  # clips of words that are none, at most: all of Speech Commands are 3.4 GB
AT_ONCE = 4096  # windows that the float network answers at a time


@dataclass(frozen=True)
class KeywordSpotting(App):
    """Ten words, or others; see ml/pipeline/contract.py for what each member promises."""

    config: Config = field(default_factory=Config)
    name: str = "keyword_spotting"
    sensor: str = "mic"
    health: str = "microphone"
    code: tuple[Path, ...] = (
        *(ROOT / "ml" / name for name in ("keyword_spotting", "native", "data/synthesis", "data/spectrograms.py")),
        *(ROOT / "lib" / name for name in ("frontend", "decide", "spotter")),
    )

    def quick(self) -> "KeywordSpotting":
        return KeywordSpotting(self.config.quick())

    def with_words(self, words: tuple[str, ...]) -> "KeywordSpotting":
        words = check_words(words, taken=(UNKNOWN, SILENT))
        synthesis = replace(self.config.synthesis, words=words)
        return KeywordSpotting(replace(self.config, words=words, synthesis=synthesis))

    def data(self, folder: Path | None, seed: int) -> Dataset:
        """Synthetic voices; the recordings in `folder` besides, where there are any."""
        return self.data_of((folder,) if folder else (), seed)

    def data_of(self, folders: tuple[Path, ...], seed: int) -> Dataset:
        pictured = tuple(one for one in folders if spectrograms.is_tree(one))
        recordings = tuple(one for one in folders if one not in pictured)
        if pictured and not recordings:
            raise UserError(
                f"expected recordings beside the images in {pictured[0]}, by which to judge the model, found none; "
                "give a folder of them too (--data)"
            )
        recorded = self.recorded(recordings) if recordings else None  # what is wrong there is said in seconds
        plan = self.config.synthesis if folders else self.config.alone
        voices = load(generate(plan, seed), self._wanted())
        made = _together([recorded, voices]) if recorded is not None else voices
        return Pictured.of_both(made, [spectrograms.load(one) for one in pictured]) if pictured else made

    def recorded(self, folders: tuple[Path, ...]) -> Dataset:
        """The recordings in some folders alone, without the voices that train with them."""
        return _together([self._meant(load(folder, self._wanted())) for folder in folders])

    def _meant(self, data: Dataset) -> Dataset:
        """With the labels as this application writes them: `Lights` and `turn_on` are the words `lights` and `turn on`,
        and a folder `silence` holds silence."""
        ours = {spelling(label): label for label in (SILENCE, NOISE, SPEECH, UNKNOWN_LABEL)}
        ours |= {"noise": NOISE} | {spelling(word): word for word in self.config.words}
        strange = [label for label in data.labels if label not in ours.values()]
        other = {label: ours[spelling(label)] for label in strange if spelling(label) in ours}
        for label, meant in other.items():
            say(f"recordings labelled {label!r} are taken for {meant!r}")
        return replace(data, items=tuple(replace(one, label=other.get(one.label, one.label)) for one in data.items))

    def _wanted(self) -> Wanted:
        rate_hz = self.config.front_end.log_mel.rate_hz
        return Wanted(self.sensor, rate_hz=rate_hz, seconds=SECONDS, rows=self._chosen)

    def _chosen(self, rows: list[Row]) -> list[Row]:
        """All keywords and noise, and of the other words as many as are of use, evenly over the list."""
        ours = {spelling(label) for label in (*self.config.words, SILENCE, NOISE, SPEECH)}
        others = [row for row in rows if spelling(row.label) not in ours]
        kept = {row.file for row in others[:: -(-len(others) // OTHERS) or 1]}
        left_out = {row.file for row in others} - kept
        return [row for row in rows if row.file not in left_out]

    def labels(self, data: Dataset) -> list[str]:
        missing = [word for word in self.config.words if word not in data.labels]
        if missing:
            raise UserError(f"expected recordings of {', '.join(missing)}, found none; record them or leave --data out")
        return [*self.config.words, UNKNOWN, SILENT]

    def shows(self, label: str) -> str:
        return [*self.config.words, UNKNOWN, SILENT][class_of(label, self.config.words)]

    def background(self, labels: list[str]) -> tuple[int, ...]:
        return labels.index(UNKNOWN), labels.index(SILENT)

    def split(self, data: Dataset, hold_out: tuple[str, ...]) -> Split:
        """By speaker, as published where the data says so, else two tenths each to tune and to test with. Noise is
        nobody's, and is split by time instead. Who is in images alone always trains."""
        nobody = _nobody(data)
        part = {subject: part for subject, part in data.part.items() if subject not in nobody}
        made = by_subject(sorted(part), hold_out) if hold_out else as_published(part) or _tenths(sorted(part))
        return Split(
            *(tuple(sorted({*one, *nobody})) if one else () for one in (made.train, made.validation, made.test))
        )

    def examples(self, data: Dataset, labels: list[str], seed: int) -> Examples:
        return examples.training_examples(data, images_of(data), self.config, seed)

    def of_arrays(self, arrays: dict[str, np.ndarray], data: Dataset, seed: int) -> Drawn:
        return examples.drawn(Examples(arrays["inputs"], arrays["labels"]), data, images_of(data), self.config, seed)

    def lessons(self, examples: Drawn, labels: list[str]) -> Lessons:
        return learning.lessons(examples, len(labels), self.config.training)

    def held_out(self, data: Dataset, labels: list[str]) -> HeldOut:
        return examples.held_out(data, self.config)

    def network(self, labels: list[str]):
        return build(self.config, len(labels))

    def shape(self, labels: list[str]) -> tuple[tuple[int, int], int]:
        return (self.config.front_end.frames, self.config.front_end.log_mel.outputs), len(labels)

    @property
    def stream_form(self) -> Request:
        return Request(self.config.front_end.step)

    def fit(self, network, examples: Drawn, seed: int, judge) -> dict:
        return learning.fit(network, examples, self.config.training, seed, judge)

    def figures(self, held_out: HeldOut, scores: np.ndarray) -> dict:
        """Besides the accuracy, which the many unknown words dominate: of the keywords alone, and the mean of all
        classes' shares found."""
        right, words = scores.argmax(1) == held_out.labels, held_out.labels < len(self.config.words)
        found = [right[held_out.labels == one].mean() for one in np.unique(held_out.labels)]
        return {"words": float(right[words].mean()) if words.any() else None, "balanced": float(np.mean(found))}

    def streams(self, data: Dataset, seed: int) -> list[Stream]:
        return streams.streams(_without_training_voices(data), self.config, seed)

    def inputs(self, samples: np.ndarray, rate_mhz: int) -> Inputs:
        front_end = self.config.front_end
        if rate_mhz != front_end.log_mel.rate_hz * 1000:
            raise UserError(f"expected sound at {front_end.log_mel.rate_hz} Hz, found {rate_mhz / 1000:g} Hz")
        frames = log_mel([samples[:, 0]], front_end.log_mel).frames[0]
        if len(frames) < front_end.frames:
            return Inputs(np.empty((0, front_end.frames, frames.shape[1]), np.int8), np.empty(0, int))
        windows = np.lib.stride_tricks.sliding_window_view(frames, front_end.frames, axis=0)
        windows = windows[:: front_end.step].transpose(0, 2, 1)
        return Inputs(windows, front_end.samples - 1 + front_end.step_samples * np.arange(len(windows)))

    def score(self, stream: Stream, model: Model) -> Scored:
        """As the contract says; of a compiled model in streaming form, which gives the same scores a step at a time."""
        made, spotter = self.inputs(stream.samples, stream.rate_mhz), self.config.spotter
        if isinstance(model, FloatModel):
            awake = spot(_frames(made.windows, spotter.hop), spotter).awake
            return Scored(stream, _answers(model, made.windows, awake), made.sample, awake)
        heard = spot(_frames(made.windows, spotter.hop), spotter, cast(HostModel, model))
        return Scored(stream, heard.scores, made.sample, heard.awake)

    @property
    def training(self):
        return self.config.training

    @property
    def decision(self) -> Decision:
        return self.config.decision

    def sections(self, decision: DecideConfig) -> list[str]:
        return sections(self.config, decision)


def _frames(windows: np.ndarray, step: int) -> np.ndarray:
    """The frames, int8 (n, bands), of which consecutive windows `step` apart were cut."""
    if not len(windows):
        return np.empty((0, windows.shape[2]), np.int8)
    return np.concatenate([windows[0], windows[1:, -step:].reshape(-1, windows.shape[2])])


def _answers(model: FloatModel, windows: np.ndarray, awake: np.ndarray) -> np.ndarray:
    """Scores int8 (n, classes); 0 where the network sleeps."""
    at, classes = np.flatnonzero(awake), model.network.output_shape[-1]
    scores = np.zeros((len(windows), classes), np.int8)
    for first in range(0, len(at), AT_ONCE):
        some = at[first : first + AT_ONCE]
        scores[some] = to_int8(model.answers(windows[some]))
    return scores


def _nobody(data: Dataset) -> set[str]:
    """Subjects of which there is nothing but noise."""
    return set(data.subjects) - {item.subject for item in data.items if item.label not in (SILENCE, NOISE)}


TRAIN, VALIDATE, TEST = range(4, 10), (2, 3), (0, 1)  # tenths


def _tenth(subject: str) -> int:
    return int.from_bytes(hashlib.sha256(f"tenth {subject}".encode()).digest()[:8]) % 10


def _tenths(subjects: list[str]) -> Split:
    made = Split(*(tuple(one for one in subjects if _tenth(one) in lots) for lots in (TRAIN, VALIDATE, TEST)))
    return made if made.validation and made.test else by_subject(subjects)  # of a few voices a tenth may be nobody


def _without_training_voices(data: Dataset) -> Dataset:
    """Other people's recordings come with all synthetic voices: in streams those speak that did not train."""
    kept = tuple(item for item in data.items if item.label != SPEECH or _tenth(item.subject) not in TRAIN)
    return replace(data, items=kept) if any(item.label == SPEECH for item in kept) else data


def _together(sets: list[Dataset]) -> Dataset:
    """Several data sets as one."""
    if len(sets) == 1:
        return sets[0]
    items = sorted((item for one in sets for item in one.items), key=lambda item: item.file)
    made = hashlib.sha256(" ".join(one.hash for one in sets).encode()).hexdigest()
    return Dataset(tuple(items), made, tuple(left for one in sets for left in one.left_out))
