"""The stages that make a network: from examples to an int8 `.tflite`.

examples  -> examples.npz
train     -> model.keras, history.json
compress  -> model.keras, network.json; one for each step of the recipe, none for a plain one
convert   -> model.tflite, layers.json where its layers are of integers, settled.json after steps of a recipe
"""

import dataclasses
from pathlib import Path
from typing import Any

from ml.compiler.compile import prepare
from ml.compress import quantise, steps
from ml.compress.recipe import Step
from ml.evaluate.limits import limits_of
from ml.evaluate.tune import tune
from ml.files import write_json
from ml.paths import ROOT
from ml.pipeline.cache import stage
from ml.pipeline.contract import App
from ml.pipeline.task import Made, Task
from ml.train import examples as kept
from ml.train.examples import Examples
from ml.train.keras import keras_module
from ml.train.lessons import Lessons
from ml.train.training import FloatModel

ML = ROOT / "ml"
DRAWN = (  # sources that decide examples, besides the application's
    *(ML / name for name in ("pipeline/contract.py", "pipeline/build.py", "train/examples.py")),
    *(ML / f"data/{name}.py" for name in ("arrays", "audio", "manifest", "reading", "recordings", "split", "streams")),
    *(ML / f"data/{name}.py" for name in ("formats/clock", "rows", "tables", "untrusted")),
)
LEARNT = (
    *DRAWN,
    ML / "train",
    ML / "design",
    *(ML / f"evaluate/{name}.py" for name in ("intervals", "limits", "streams", "tune")),
)
SHRUNK = (*LEARNT, ML / "compress")
SETTLED = "settled.json"
LOOKED_AT = 200  # windows on which int8 layers are compared with float ones


def examples(task: Task, _: Made) -> Path:
    """What the network learns from, drawn from the recordings of those who train."""
    inputs = {"config": _drawn_by(task.app), "data": task.data.hash, "people": task.split.train, "seed": task.seed}

    def make(folder: Path) -> None:
        kept.write(folder, task.app.examples(task.data.of(task.split.train), task.labels, task.seed))

    return stage("examples", inputs, (*DRAWN, *task.app.code), make)


def _drawn_by(app: App) -> dict:
    """The configuration but for the network: candidates of a search that differ in it alone learn from the same."""
    config: Any = app.config
    return {one.name: getattr(config, one.name) for one in dataclasses.fields(config) if one.name != "network"}


def train(task: Task, made: Made) -> Path:
    """The float network of the last epoch or, with people who validate, of the best on their streams."""
    inputs = {"from": made.names("examples"), "config": task.app.config, "variant": task.app.variant}
    inputs |= {"data": task.data.hash, "split": task.split, "seed": task.seed, "target": task.target}
    code = (*LEARNT, *task.app.code)
    return stage("train", inputs, code, lambda folder: _train(task, _read(task, made), folder))


def _read(task: Task, made: Made) -> Examples:
    return task.app.of_arrays(kept.read(made["examples"]), task.data.of(task.split.train), task.seed)


def _train(task: Task, learnt_from: Examples, folder: Path) -> None:
    app, labels = task.app, task.labels
    keras_module().utils.set_random_seed(task.seed)
    network = app.network(labels)
    validation = task.streams(task.split.validation)

    def judge() -> float:
        scored = [app.score(stream, FloatModel(network)) for stream in validation]
        return tune(scored, labels, app.background(labels), app.decision, limits_of(app.decision, task.target)).value

    history = app.fit(network, learnt_from, task.seed, judge if validation else None)
    network.save(folder / "model.keras")
    write_json(folder / "history.json", history | {"examples": len(learnt_from), "parameters": network.count_params()})


def compress(task: Task, made: Made) -> Path:
    """The network after the last step of the recipe; each step is kept, so that recipes may begin alike."""
    last = made["train"]
    for step in task.recipe.steps:
        last = _compress(task, made, step, last)
    return last


def _compress(task: Task, made: Made, step: Step, before: Path) -> Path:
    steps.find(step)  # refuses what it does not know before anything is computed
    inputs = {"from": before.name, "with": made.names("train", "examples"), "do": step, "seed": task.seed}

    def make(folder: Path) -> None:
        done = steps.run(step, steps.load(before, made["train"]), lessons_of(task, made), task.seed)
        done.save(folder)

    return stage("compress", inputs, (*SHRUNK, *task.app.code), make)


def convert(task: Task, made: Made) -> Path:
    """A `.tflite`, int8 unless the recipe says another form, calibrated with the training examples."""
    inputs = {"from": made.names("compress", "examples"), "how": task.recipe.convert, "seed": task.seed}
    code = (*SHRUNK, *task.app.code)
    return stage("convert", inputs, code, lambda folder: _convert(task, made, folder))


def _convert(task: Task, made: Made, folder: Path) -> None:
    lessons, network = lessons_of(task, made), steps.load(made["compress"], made["train"])
    model = steps.convert(network, lessons, task.seed, task.recipe.convert)
    (folder / "model.tflite").write_bytes(model)
    if task.recipe.steps:
        history = made.read("train", "history.json")
        write_json(folder / SETTLED, task.app.settled(history, network.model, _read(task, made)))
    if task.recipe.convert:  # a float form, whose layers lose nothing to look at
        return
    prepare(model, task.app.name)  # refuses a layer that is not supported, at which an interpreter may abort
    looked_at = quantise.calibration_set(lessons, task.seed)[:LOOKED_AT]
    write_json(folder / "layers.json", quantise.layer_errors(network.model, model, looked_at, lessons.scale))


def lessons_of(task: Task, made: Made) -> Lessons:
    """What the steps of the recipe learn from."""
    return task.app.lessons(_read(task, made), task.labels)


def learned(app: App, made: Made) -> App:
    """The application with what its training found, and what the recipe's steps have changed of it."""
    settled = (made["convert"] / SETTLED).is_file()
    return app.learned(made.read("convert", SETTLED) if settled else made.read("train", "history.json"))
