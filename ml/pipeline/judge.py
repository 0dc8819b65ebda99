"""The stages that judge a network.

tune      -> decision.json
choose    -> choice.json
judge     -> metrics.json, held_out.npz, streams.json
"""

import dataclasses
import functools
import json
import tempfile
from pathlib import Path

import numpy as np

from ml.compiler import tflm
from ml.compiler.compile import compile_model
from ml.compiler.host import HostModel
from ml.compiler.streaming import Request
from ml.compress.steps import load_model
from ml.evaluate import det
from ml.evaluate import streams as streaming
from ml.evaluate.accuracy import confusion, figures
from ml.evaluate.parity import Case, Host, Parity, layers
from ml.evaluate.timeline import timeline
from ml.evaluate.tune import decision
from ml.evaluate.tune import tune as tuned
from ml.evaluate.untested import untested
from ml.files import write_json
from ml.native.decide import DecideConfig
from ml.paths import ROOT
from ml.pipeline.build import ML, SHRUNK, learned
from ml.pipeline.cache import stage
from ml.pipeline.contract import App
from ml.pipeline.task import Judge, Made, Task
from ml.train.examples import HeldOut
from ml.train.training import FloatModel, to_int8

JUDGED = (  # sources that decide what a compiled network answers, and how it is judged
    *SHRUNK,
    *(ML / name for name in ("compiler", "native", "pipeline/judge.py", "pipeline/task.py")),
    *(ML / f"evaluate/{name}.py" for name in ("accuracy", "det", "parity", "timeline", "untested")),
    ROOT / "lib/nn",
)
COMPARED = 300  # held-out windows on which the compiled layers are compared with TensorFlow Lite Micro


def host_model(converted: Path, app: App) -> HostModel:
    """The `.tflite` of that stage in C, compiled for this computer."""
    text = _header((converted / "model.tflite").read_bytes(), app.name, app.stream_form)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / f"{app.name}_model.h"
        path.write_bytes(text)
        return HostModel(path)


@functools.lru_cache(maxsize=8)
def _header(tflite: bytes, name: str, stream: Request | None) -> bytes:
    """Several stages ask for the same model: it is compiled, and compared with TensorFlow Lite Micro, once."""
    with tempfile.TemporaryDirectory() as scratch:
        return compile_model(tflite, name, Path(scratch), stream=stream).header.read_bytes()


def tune(task: Task, made: Made) -> Path:
    """Smoothing, threshold and refractory time, chosen on people who are neither trained nor tested with."""
    inputs = {"from": [one.made.names("train", "convert") for one in made.judges]}
    inputs |= {"choosing": [one.people for one in made.judges], "data": task.data.hash, "seed": task.seed}
    inputs |= {"decision": task.app.decision, "labels": task.labels, "limits": task.limits}
    return stage("tune", inputs, (*JUDGED, *task.app.code), lambda folder: _tune(task, made.judges, folder))


def _tune(task: Task, judges: tuple[Judge, ...], folder: Path) -> None:
    claimed, unclaimed = ([judge for judge in judges if _claims(judge) == says] for says in (True, False))
    if not claimed:  # of anybody: then all of them choose
        claimed, unclaimed = unclaimed, claimed
    scored, aside = (
        [one for judge in some for one in scored_streams(judge.task, judge.made, judge.people)]
        for some in (claimed, unclaimed)
    )
    background, grid = task.app.background(task.labels), task.app.decision
    kept: dict = {"validation": None, "nested": None, "merit": None, "set_aside": None, "limits": task.limits}
    if any(one.stream.truth for one in scored):
        found = tuned(scored, task.labels, background, grid, task.limits)
        kept |= {"config": found.config, "validation": found.summary(), "merit": task.app.merit(scored, found.value)}
        kept["nested"] = found.nested and found.nested.summary()
    else:
        kept["config"] = decision(task.labels, background, *grid.fallback)
    kept["subjects"] = _people(claimed) if scored else []
    if aside:
        found = sum(
            (streaming.judge(one, task.labels, kept["config"], grid.tolerance_s)[0] for one in aside), streaming.Tally()
        )
        kept["set_aside"] = {"subjects": _people(unclaimed)} | found.summary()
    write_json(folder / "decision.json", kept)


def _people(judges: list[Judge]) -> list[str]:
    return sorted({one for judge in judges for one in judge.people})


def _claims(judge: Judge) -> bool:
    """Whether this network says that it can judge these people."""
    task = judge.task
    return learned(task.app, judge.made).claims(task.data.of(task.split.train), task.data.of(judge.people))


def scored_streams(task: Task, made: Made, subjects: tuple[str, ...]) -> list[streaming.Scored]:
    """The streams of some subjects through front end, gate and model in C."""
    app, host = learned(task.app, made), host_model(made["convert"], task.app)
    return [app.score(stream, host) for stream in task.streams(subjects)]


def read_decision(folder: Path) -> DecideConfig:
    """From the decision.json in a folder."""
    config = json.loads((folder / "decision.json").read_text())["config"]
    return DecideConfig(**config | {"threshold": tuple(config["threshold"])})


def choose(variants: list[str], tunings: list[Path]) -> Path:
    """The best of an application's candidates by the merit on the streams that tuned them; the first of equals, and
    the first where there was nothing to tune with."""
    inputs = {"from": [folder.name for folder in tunings], "variants": variants}

    def make(folder: Path) -> None:
        merits = [json.loads((one / "decision.json").read_text())["merit"] for one in tunings]
        best = max(range(len(merits)), key=lambda at: -np.inf if merits[at] is None else merits[at])
        write_json(folder / "choice.json", {"merits": dict(zip(variants, merits, strict=True)), "chosen": best})

    return stage("choose", inputs, (ML / "pipeline/judge.py",), make)


def judge(task: Task, made: Made) -> Path:
    """The test's people judge the model: float, int8 in C, against TensorFlow Lite Micro, and as a stream."""
    inputs = {"from": made.names("train", "convert", "tune"), "data": task.data.hash, "test": task.split.test}
    code = (*JUDGED, *task.app.code)
    return stage("judge", inputs | {"seed": task.seed}, code, lambda folder: _judge(task, made, folder))


def _judge(task: Task, made: Made, folder: Path) -> None:
    app, host = learned(task.app, made), host_model(made["convert"], task.app)
    held_out = app.held_out(task.data.of(task.split.test), task.labels)
    np.savez_compressed(folder / "held_out.npz", classes=np.array(task.labels), **vars(held_out))
    floats = app.scores(FloatModel(load_model(made["train"])), held_out.inputs)
    int8 = app.scores(host, held_out.inputs)
    decided, scored = read_decision(made["tune"]), scored_streams(task, made, task.split.test)
    on_streams = [_on_stream(task, one, decided) for one in scored]
    tally = sum((tally for tally, _ in on_streams), streaming.Tally())
    counts = confusion(held_out.labels, int8.argmax(1), len(task.labels))
    metrics = {
        "float": figures(held_out.labels, floats.argmax(1), len(task.labels)),
        "int8": figures(held_out.labels, int8.argmax(1), len(task.labels)),
        "untested": untested(counts, task.labels, app.background(task.labels), streams=bool(on_streams)),
        "more": app.figures(held_out, to_int8(int8)),
        "parity": _parity(task, (made["convert"] / "model.tflite").read_bytes(), host, held_out),
        "stream": tally.summary() if on_streams else None,
        "tally": dataclasses.asdict(tally),
        "trade_off": det.curve(scored, task.labels, decided, app.decision.tolerance_s) if on_streams else None,
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
