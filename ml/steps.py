"""The steps of a pipeline. Each returns the folder with its result, made now or found from before.

train     -> model.keras, history.json
quantise  -> model.tflite, layers.json
tune      -> decision.json
evaluate  -> metrics.json, held_out.npz, streams.json
"""

import dataclasses
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.app import App
from ml.compiler.compile import compile_model
from ml.compiler.host import HostModel
from ml.compress import quantise as compression
from ml.data.manifest import Dataset
from ml.data.split import Split, folds
from ml.data.streams import Stream, streams
from ml.evaluate import streams as streaming
from ml.evaluate import tflm
from ml.evaluate.accuracy import accuracy, confusion, wilson
from ml.evaluate.parity import Case, Host, Parity, layers
from ml.evaluate.tune import decision, tune
from ml.examples import HeldOut
from ml.keras import keras_module
from ml.native.decide import DecideConfig
from ml.paths import ROOT
from ml.stages import stage, write_json
from ml.training import fit, scores

CODE = tuple(
    ROOT / "ml" / name
    for name in ("steps.py", "training.py", "keras.py", "compress", "evaluate/streams.py", "evaluate/tune.py")
)
COMPILED = (
    *CODE,
    *(ROOT / name for name in ("ml/compiler", "lib/nn", "ml/evaluate", "ml/native")),
)
LOOKED_AT = 200  # windows on which int8 layers are compared with float ones


@dataclass(frozen=True)
class Task:
    """One model to be made."""

    app: App
    data: Dataset
    split: Split
    seed: int

    @property
    def labels(self) -> list[str]:
        return self.app.labels(self.data)

    def inputs(self) -> dict:
        """What decides the result, besides the code."""
        return {"config": self.app.config, "data": self.data.hash, "split": self.split, "seed": self.seed}


def train(task: Task) -> Path:
    """Trains with the training subjects; the last epoch or, with validation subjects, the best on their streams."""
    return stage("train", task.inputs(), (*CODE, *task.app.code), lambda folder: _train(task, folder))


def _train(task: Task, folder: Path) -> None:
    examples = task.app.examples(task.data.of(task.split.train), task.labels, task.seed)
    keras_module().utils.set_random_seed(task.seed)
    network = task.app.network(task.labels)
    validation = streams(task.data.of(task.split.validation).takes())

    def model(inputs: np.ndarray) -> np.ndarray:
        return _as_int8(network, inputs)

    def judge() -> float:
        scored = [streaming.score(stream, task.app.front_end, model) for stream in validation]
        return tune(scored, task.labels, task.app.background(task.labels), task.app.decision).value

    history = fit(network, examples, task.app.training, task.seed, judge if validation else None)
    network.save(folder / "model.keras")
    write_json(folder / "history.json", history | {"examples": len(examples), "parameters": network.count_params()})


def _as_int8(network, inputs: np.ndarray) -> np.ndarray:
    """Scores of the float network in the int8 of a softmax: scale 1/256, zero point -128."""
    return np.clip(np.rint(scores(network, inputs) * 256) - 128, -128, 127).astype(np.int8)


def load_network(trained: Path):
    return keras_module().models.load_model(trained / "model.keras", compile=False)


def quantise(task: Task) -> Path:
    """Turns the trained network into an int8 .tflite, calibrated with the training subjects."""
    trained = train(task)
    return stage("quantise", {"from": trained.name}, CODE, lambda folder: _quantise(task, trained, folder))


def _quantise(task: Task, trained: Path, folder: Path) -> None:
    examples = task.app.examples(task.data.of(task.split.train), task.labels, task.seed)
    network = load_network(trained)
    calibration = compression.calibration_set(examples, task.seed)
    model = compression.int8(network, calibration)
    (folder / "model.tflite").write_bytes(model)
    write_json(folder / "layers.json", compression.layer_errors(network, model, calibration[:LOOKED_AT]))


def host_model(quantised: Path, name: str) -> HostModel:
    """The model of that step in C, compiled for this computer."""
    with tempfile.TemporaryDirectory() as scratch:
        made = compile_model((quantised / "model.tflite").read_bytes(), name, Path(scratch))
        return HostModel(made.header)


def tune_decision(task: Task) -> Path:
    """Chooses smoothing, threshold and refractory time on people who are neither trained nor tested with."""
    made = [(fold, quantise(dataclasses.replace(task, split=fold))) for fold in folds(task.split)]
    inputs = {"from": [folder.name for _, folder in made], "decision": task.app.decision, "labels": task.labels}
    return stage("tune", inputs, COMPILED, lambda folder: _tune(task, made, folder))


def _tune(task: Task, made: list[tuple[Split, Path]], folder: Path) -> None:
    scored = [
        streaming.score(stream, task.app.front_end, host_model(quantised, task.app.name).run)
        for fold, quantised in made
        for stream in streams(task.data.of(fold.validation).takes())
    ]
    background, grid = task.app.background(task.labels), task.app.decision
    if any(one.stream.truth for one in scored):
        tuned = tune(scored, task.labels, background, grid)
        chosen, reached = tuned.config, tuned.tally.summary()
    else:
        chosen, reached = decision(task.labels, background, *grid.fallback), None
    people = sorted({one.stream.subject for one in scored})
    write_json(folder / "decision.json", {"config": chosen, "validation": reached, "subjects": people})


def read_decision(tuned: Path) -> DecideConfig:
    config = json.loads((tuned / "decision.json").read_text())["config"]
    return DecideConfig(**config | {"threshold": tuple(config["threshold"])})


def evaluate(task: Task) -> Path:
    """Judges the model by the test's subjects: float, int8 in C, TensorFlow Lite Micro, and as a stream."""
    trained, quantised, tuned = train(task), quantise(task), tune_decision(task)
    inputs = {"from": [trained.name, quantised.name, tuned.name], "split": task.split}
    return stage("evaluate", inputs, COMPILED, lambda folder: _evaluate(task, trained, quantised, tuned, folder))


def _evaluate(task: Task, trained: Path, quantised: Path, tuned: Path, folder: Path) -> None:
    test = task.data.of(task.split.test)
    held_out, host = task.app.held_out(test, task.labels), host_model(quantised, task.app.name)
    np.savez_compressed(folder / "held_out.npz", classes=np.array(task.labels), **vars(held_out))
    floats = scores(load_network(trained), held_out.inputs).argmax(1)
    on_streams = [_on_stream(task, host, read_decision(tuned), stream) for stream in streams(test.takes())]
    metrics = {
        "float": _figures(held_out, floats, len(task.labels)),
        "int8": _figures(held_out, host.run(held_out.inputs).argmax(1), len(task.labels)),
        "parity": _parity(task, (quantised / "model.tflite").read_bytes(), host, held_out),
        "stream": sum((tally for tally, _ in on_streams), streaming.Tally()).summary() if on_streams else None,
    }
    write_json(folder / "metrics.json", metrics)
    write_json(folder / "streams.json", [timeline for _, timeline in on_streams])


def _figures(held_out: HeldOut, answers: np.ndarray, classes: int) -> dict:
    counts = confusion(held_out.labels, answers, classes)
    right = int(np.trace(counts))
    return {
        "accuracy": accuracy(counts),
        "right": right,
        "repetitions": len(held_out),
        "interval": wilson(right, len(held_out)),
        "confusion": counts.tolist(),
    }


def _parity(task: Task, model: bytes, host: HostModel, held_out: HeldOut) -> dict | None:
    """Front end and every layer of each window against TensorFlow Lite Micro; None where its package is missing."""
    if not tflm.available():
        return None
    rows = zip(held_out.files, held_out.samples, held_out.count, held_out.rate_mhz, held_out.inputs, strict=True)
    cases = [Case(str(file), samples[:count], int(rate), made) for file, samples, count, rate, made in rows]
    parity = Parity(tflm.Reference(model), layers(host), Host(host, task.app.front_end))
    parity.compare(cases)
    return {"windows": parity.windows, "bytes": parity.bytes, "mismatches": len(parity.mismatches)}


def _on_stream(task: Task, host: HostModel, config: DecideConfig, stream: Stream) -> tuple[streaming.Tally, dict]:
    """Front end, model and decision in C over one person's takes: the counts, and what was when."""
    scored = streaming.score(stream, task.app.front_end, host.run)
    tally, detections = streaming.judge(scored, task.labels, config, task.app.decision.tolerance_s)
    timeline = {
        "subject": stream.subject,
        "rate_mhz": stream.rate_mhz,
        "samples": len(stream.samples),
        "truth": [dataclasses.asdict(one) for one in stream.truth],
        "detections": [dataclasses.asdict(one) for one in detections],
    }
    return tally, timeline
