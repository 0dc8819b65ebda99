"""Makes variants, each with each seed, in processes side by side. Every stage is kept, so an interrupted shrink goes on
where it was."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.compiler.reader import read as graph_of
from ml.compress.quantise import Interpreted
from ml.compress.recipe import PLAIN
from ml.compress.steps import load_model
from ml.errors import UserError
from ml.evaluate.accuracy import figures
from ml.pipeline.build import ML, learned, lessons_of
from ml.pipeline.cache import stage
from ml.pipeline.contract import App
from ml.pipeline.judge import JUDGED, host_model
from ml.pipeline.stages import Stage, convert, emit, train, walk
from ml.pipeline.task import Made, Task
from ml.shrink.subject import Subject, plain, task_of
from ml.shrink.variants import BASE, FLOAT, Variant
from ml.train.training import FloatModel, Model
from ml.workers import crew


@dataclass(frozen=True)
class Trial:
    """One variant, with one seed."""

    name: str
    seed: int
    answers: Path  # answers.npz: what it said of each held-out item
    folders: dict[str, Path]  # of its stages; up to `emit` with the first seed at most
    refused: str = ""  # why it cannot be had, in a line

    def right(self, what: str = "answers") -> np.ndarray:
        """bool (items,); `what` is FLOAT for the network before it was quantised, which the baseline keeps."""
        with np.load(self.answers / "answers.npz") as kept:
            return kept[what] == kept["labels"]


@dataclass(frozen=True)
class Extent:
    """How much is made."""

    seeds: int = 3
    workers: int = 2
    streams: bool = True  # the first seed's variants up to their headers, judged on streams, too


def trials(subject: Subject, variants: tuple[Variant, ...], extent: Extent) -> list[Trial]:
    """All of them. First the networks that they share, then what the recipes make of these."""
    seeds = range(extent.seeds)
    asked = [(subject, one, seed, emit if _whole(one, seed, extent) else convert) for seed in seeds for one in variants]
    with crew(len(asked), extent.workers) as work:
        work(_trained, [(subject, variants[0], seed) for seed in seeds], "first trainings")
        made = work(_made, asked, "variants")
    order = {variant.name: number for number, variant in enumerate(variants)}
    return sorted((Trial(**one) for one in made), key=lambda one: (order[one.name], one.seed))


def _whole(variant: Variant, seed: int, extent: Extent) -> bool:
    return extent.streams and seed == 0 and not variant.on_hosts


def _trained(asked: tuple[Subject, Variant, int]) -> dict:
    walk(task_of(*asked), train)
    return {}


def _made(asked: tuple[Subject, Variant, int, Stage]) -> dict:
    subject, variant, seed, last = asked
    task = task_of(subject, variant, seed)
    said = {"name": variant.name, "seed": seed}
    try:
        made = walk(task, last)
    except UserError as error:
        if variant.name == BASE:
            raise  # the model itself cannot be had: no table without it
        return said | {"answers": Path(), "folders": {}, "refused": str(error)}
    return said | {"answers": answers(task, made, bool(variant.on_hosts)), "folders": made.folders}


def answers(task: Task, made: Made, on_hosts: bool) -> Path:
    """Stage: what the model in C says of each held-out item, or TensorFlow's interpreter if it is of floats."""

    def make(folder: Path) -> None:
        app, model = (
            learned(task.app, made),
            _of_hosts(task, made) if on_hosts else host_model(made["convert"], task.app),
        )
        held_out = app.held_out(task.data.of(task.split.test), task.labels)
        said = {"answers": app.scores(model, held_out.inputs).argmax(1)}
        if task.recipe == PLAIN:
            said[FLOAT] = app.scores(FloatModel(load_model(made["train"])), held_out.inputs).argmax(1)
        np.savez_compressed(folder / "answers.npz", labels=held_out.labels, files=held_out.files, **said)

    inputs = {"from": made.names("train", "convert"), "data": task.data.hash, "test": task.split.test}
    inputs |= {"on_hosts": on_hosts}
    return stage("answers", inputs, (*JUDGED, ML / "shrink/make.py", *task.app.code), make)


def _of_hosts(task: Task, made: Made) -> Model:
    scale = lessons_of(task, made).scale
    if task.recipe.convert:  # of floats
        return Interpreted((made["convert"] / "model.tflite").read_bytes(), scale)
    return Wide(made["convert"], task.app, scale)


class Wide:
    """A model in C whose inputs and outputs are int16, where an application gives int8."""

    def __init__(self, converted: Path, app: App, scale: float) -> None:
        graph = graph_of((converted / "model.tflite").read_bytes())
        self._host = host_model(converted, app)
        self._finer, self._scale = scale / graph.inputs[0].scale, graph.outputs[0].scale

    def answers(self, inputs: np.ndarray) -> np.ndarray:
        """int8 (n, ...) -> scores float (n, classes) in the unit of a softmax's int8: scale 1/256, zero point -128."""
        given = np.clip(np.rint(inputs * self._finer), -(2**15), 2**15 - 1).astype(np.int16)
        return self._host.answers(given).view(np.int16) * (256 * self._scale) - 128


def accuracy(subject: Subject, trial: Trial) -> dict:
    """`figures` of the trial's answers."""
    with np.load(trial.answers / "answers.npz") as kept:
        classes = len(plain(subject).labels)
        return figures(kept["labels"], kept["answers"], classes)


def read(folder: Path, name: str):
    """A JSON file that a stage left."""
    return json.loads((folder / name).read_text())
