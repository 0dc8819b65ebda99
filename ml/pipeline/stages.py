"""The stages of a pipeline. Each returns the folder with its result, made now or found from before.

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

from ml.compiler.compile import compile_model
from ml.compiler.host import HostModel
from ml.compress import quantise as compression
from ml.data.manifest import Dataset
from ml.data.split import Split, folds
from ml.data.streams import Stream
from ml.evaluate import det, tflm
from ml.evaluate import streams as streaming
from ml.evaluate.accuracy import confusion, figures
from ml.evaluate.limits import Limits, limits_of
from ml.evaluate.parity import Case, Host, Parity, layers
from ml.evaluate.timeline import timeline
from ml.evaluate.tune import decision, tune
from ml.native.decide import DecideConfig
from ml.paths import ROOT
from ml.pipeline.cache import stage, write_json
from ml.pipeline.contract import App
from ml.pipeline.coverage import untested
from ml.train.examples import HeldOut
from ml.train.keras import keras_module
from ml.train.training import FloatModel, to_int8

CODE = tuple(
    ROOT / "ml" / name
    for name in (
        *("pipeline/contract.py", "pipeline/stages.py", "train", "compress"),
        *(f"evaluate/{name}.py" for name in ("intervals", "limits", "streams", "tune")),
        *(f"data/{name}.py" for name in ("arrays", "audio", "manifest", "reading", "recordings", "split", "streams")),
        *(f"data/{name}.py" for name in ("formats/clock", "rows", "tables", "untrusted")),
    )
)
COMPILED = (
    *CODE,
    *(ROOT / name for name in ("ml/compiler", "lib/nn", "ml/native", "ml/pipeline/coverage.py")),
    *(ROOT / f"ml/evaluate/{name}.py" for name in ("accuracy", "det", "parity", "tflm", "timeline", "twin")),
)
LOOKED_AT = 200  # windows on which int8 layers are compared with float ones
COMPARED = 300  # held-out windows on which the compiled layers are compared with TensorFlow Lite Micro


@dataclass(frozen=True)
class Task:
    """One model to be made."""

    app: App
    data: Dataset
    split: Split
    seed: int
    target: float | None = None  # false alarms per hour, by which a network is chosen; None: the application's
    aim: float | None = None  # of the operating point, where it is to be another
    bound: float | None = None  # of the upper end of the interval around the operating point's false alarms per hour
    candidates: tuple[App, ...] = ()  # among which `app` was chosen
    notes: tuple[str, ...] = ()  # what was changed about the split, and why

    @property
    def labels(self) -> list[str]:
        return self.app.labels(self.data)

    @property
    def limits(self) -> Limits:
        """Of the operating point."""
        return limits_of(self.app.decision, self.target if self.aim is None else self.aim, self.bound)

    def streams(self, subjects: tuple[str, ...]) -> list[Stream]:
        return self.app.streams(self.data.of(subjects), self.seed) if subjects else []

    def inputs(self) -> dict:
        """What decides the result, besides the code."""
        app = {"config": self.app.config, "variant": self.app.variant}
        return app | {"data": self.data.hash, "split": self.split, "seed": self.seed, "target": self.target}


def train(task: Task) -> Path:
    """Trains with the training subjects; the last epoch or, with validation subjects, the best on their streams."""
    return stage("train", task.inputs(), (*CODE, *task.app.code), lambda folder: _train(task, folder))


def _train(task: Task, folder: Path) -> None:
    app, labels = task.app, task.labels
    examples = app.examples(task.data.of(task.split.train), labels, task.seed)
    keras_module().utils.set_random_seed(task.seed)
    network = app.network(labels)
    validation = task.streams(task.split.validation)

    def judge() -> float:
        scored = [app.score(stream, FloatModel(network)) for stream in validation]
        return tune(scored, labels, app.background(labels), app.decision, limits_of(app.decision, task.target)).value

    history = app.fit(network, examples, task.seed, judge if validation else None)
    network.save(folder / "model.keras")
    write_json(folder / "history.json", history | {"examples": len(examples), "parameters": network.count_params()})


def learned(app: App, trained: Path) -> App:
    """The application with what its training found, from the folder with that step's results."""
    return app.learned(json.loads((trained / "history.json").read_text()))


def load_network(trained: Path):
    return keras_module().models.load_model(trained / "model.keras", compile=False)


def quantise(task: Task) -> Path:
    """Turns the trained network into an int8 .tflite, calibrated with the training subjects."""
    trained = train(task)
    return stage("quantise", {"from": trained.name}, CODE, lambda folder: _quantise(task, trained, folder))


def _quantise(task: Task, trained: Path, folder: Path) -> None:
    examples = task.app.examples(task.data.of(task.split.train), task.labels, task.seed)
    network = load_network(trained)
    model = task.app.convert(network, examples, task.seed)
    (folder / "model.tflite").write_bytes(model)
    looked_at = compression.calibration_set(examples, task.seed)[:LOOKED_AT]
    write_json(folder / "layers.json", compression.layer_errors(network, model, looked_at))


def host_model(quantised: Path, app: App) -> HostModel:
    """The model of that step in C, compiled for this computer."""
    with tempfile.TemporaryDirectory() as scratch:
        made = compile_model((quantised / "model.tflite").read_bytes(), app.name, Path(scratch), stream=app.stream_form)
        return HostModel(made.header)


def tune_decision(task: Task) -> Path:
    """Chooses smoothing, threshold and refractory time on people who are neither trained nor tested with."""
    made = [(dataclasses.replace(task, split=fold.split), fold.choosing) for fold in folds(task.split)]
    quantised = [quantise(one) for one, _ in made]
    inputs = {"from": [folder.name for folder in quantised], "choosing": [people for _, people in made]}
    inputs |= {"decision": task.app.decision, "labels": task.labels, "limits": task.limits}
    asked = [(one, folder, people) for (one, people), folder in zip(made, quantised, strict=True)]
    return stage("tune", inputs, (*COMPILED, *task.app.code), lambda folder: _tune(task, asked, folder))


def _tune(task: Task, asked: list[tuple[Task, Path, tuple[str, ...]]], folder: Path) -> None:
    scored = [one for fold, quantised, people in asked for one in _scored(fold, quantised, people)]
    background, grid = task.app.background(task.labels), task.app.decision
    kept: dict = {"validation": None, "nested": None, "merit": None, "limits": task.limits}
    if any(one.stream.truth for one in scored):
        tuned = tune(scored, task.labels, background, grid, task.limits)
        kept |= {"config": tuned.config, "validation": tuned.summary(), "merit": task.app.merit(scored, tuned.value)}
        kept["nested"] = tuned.nested and tuned.nested.summary()
    else:
        kept["config"] = decision(task.labels, background, *grid.fallback)
    kept["subjects"] = sorted({one for *_, people in asked for one in people}) if scored else []
    write_json(folder / "decision.json", kept)


def _scored(task: Task, quantised: Path, subjects: tuple[str, ...]) -> list[streaming.Scored]:
    """The streams of some subjects through front end, gate and model in C."""
    app, host = learned(task.app, train(task)), host_model(quantised, task.app)
    return [app.score(stream, host) for stream in task.streams(subjects)]


def choose(task: Task) -> Task:
    """The same with the best of the application's candidates, the first of equals."""
    candidates = [dataclasses.replace(task, app=app) for app in task.app.candidates()]
    best = candidates[0] if len(candidates) == 1 else max(candidates, key=_merit)
    return dataclasses.replace(best, candidates=tuple(one.app for one in candidates))


def _merit(task: Task) -> float:
    """On the validation streams; without any, all candidates are alike."""
    merit = json.loads((tune_decision(task) / "decision.json").read_text())["merit"]
    return -np.inf if merit is None else merit


def compare(task: Task) -> list[dict]:
    """What each of the candidates of a chosen task came to, for JSON."""
    made = [dataclasses.replace(task, app=app) for app in task.candidates]
    return [
        {
            "variant": one.app.variant,
            "chosen": one.app.variant == task.app.variant,
            "validation": json.loads((tune_decision(one) / "decision.json").read_text()),
            "test": json.loads((evaluate(one) / "metrics.json").read_text()),
        }
        for one in made
    ]


def read_decision(tuned: Path) -> DecideConfig:
    config = json.loads((tuned / "decision.json").read_text())["config"]
    return DecideConfig(**config | {"threshold": tuple(config["threshold"])})


def evaluate(task: Task) -> Path:
    """Judges the model by the test's subjects: float, int8 in C, TensorFlow Lite Micro, and as a stream."""
    trained, quantised, tuned = train(task), quantise(task), tune_decision(task)
    inputs = {"from": [trained.name, quantised.name, tuned.name], "split": task.split}
    code = (*COMPILED, *task.app.code)
    return stage("evaluate", inputs, code, lambda folder: _evaluate(task, trained, quantised, tuned, folder))


def _evaluate(task: Task, trained: Path, quantised: Path, tuned: Path, folder: Path) -> None:
    app, host = learned(task.app, trained), host_model(quantised, task.app)
    held_out = app.held_out(task.data.of(task.split.test), task.labels)
    np.savez_compressed(folder / "held_out.npz", classes=np.array(task.labels), **vars(held_out))
    floats = app.scores(FloatModel(load_network(trained)), held_out.inputs)
    int8 = app.scores(host, held_out.inputs)
    decision, scored = read_decision(tuned), _scored(task, quantised, task.split.test)
    on_streams = [_on_stream(task, one, decision) for one in scored]
    tally = sum((tally for tally, _ in on_streams), streaming.Tally())
    counts = confusion(held_out.labels, int8.argmax(1), len(task.labels))
    metrics = {
        "float": figures(held_out.labels, floats.argmax(1), len(task.labels)),
        "int8": figures(held_out.labels, int8.argmax(1), len(task.labels)),
        "untested": untested(counts, task.labels, app.background(task.labels), streams=bool(on_streams)),
        "more": app.figures(held_out, to_int8(int8)),
        "parity": _parity(task, (quantised / "model.tflite").read_bytes(), host, held_out),
        "stream": tally.summary() if on_streams else None,
        "tally": dataclasses.asdict(tally),
        "trade_off": det.curve(scored, task.labels, decision, app.decision.tolerance_s) if on_streams else None,
    }
    write_json(folder / "metrics.json", metrics)
    write_json(folder / "streams.json", [timeline for _, timeline in on_streams])


def _parity(task: Task, model: bytes, host: HostModel, held_out: HeldOut) -> dict | None:
    """Front end and every layer of each window against TensorFlow Lite Micro; None where its package is missing."""
    if not tflm.available():
        return None
    count = min(COMPARED, len(held_out))
    cases = [_case(held_out, number * len(held_out) // count) for number in range(count)]
    parity = Parity(tflm.Reference(model), layers(host), Host(host, task.app.inputs), host.step_bytes)
    parity.compare(cases)
    return {"windows": parity.windows, "bytes": parity.bytes, "mismatches": len(parity.mismatches)}


def _case(held_out: HeldOut, at: int) -> Case:
    samples = held_out.samples[at][: held_out.count[at]]
    return Case(str(held_out.files[at]), samples, int(held_out.rate_mhz[at]), held_out.inputs[at])


def _on_stream(task: Task, scored: streaming.Scored, config: DecideConfig) -> tuple[streaming.Tally, dict]:
    """The decision in C over one stream: the counts, and what was when."""
    tally, detections = streaming.judge(scored, task.labels, config, task.app.decision.tolerance_s)
    return tally, timeline(scored, detections)
