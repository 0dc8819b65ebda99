"""The last stage: one C header, with what the model reached in its first lines.

emit      -> <app>_model.h, <app>_model.tflite, library.json, compiled.json
"""

import shutil
from pathlib import Path

from ml.compiler.compile import compile_model
from ml.compiler.operators import Options
from ml.data.split import named
from ml.evaluate import record, untested
from ml.evaluate.operating_point import in_words, operating_point, warnings
from ml.files import write_json
from ml.pipeline.build import ML, learned
from ml.pipeline.cache import stage
from ml.pipeline.judge import JUDGED, read_decision
from ml.pipeline.task import Made, Task
from ml.report.cost import cost

BESIDE = "_model.tflite"  # beside the header, so that every tool and engine finds the network that it was made of
EMITTED = (
    *JUDGED,
    *(ML / name for name in ("pipeline/emit.py", "report/cost.py", "data/sources.py")),
    *(ML / f"evaluate/{name}.py" for name in ("operating_point", "record")),
)


def emit(task: Task, made: Made) -> Path:
    """Compiles the network with the settings of its application."""
    inputs = {"from": made.names("train", "convert", "tune", "judge"), "data": task.data.hash, "split": task.split}
    inputs |= {"seed": task.seed, "quick": task.quick, "notes": task.notes, "limits": task.limits}
    return stage("emit", inputs, (*EMITTED, *task.app.code), lambda folder: _emit(task, made, folder))


def _emit(task: Task, made: Made, folder: Path) -> None:
    for file in (made["tune"] / "decision.json", made["judge"] / "metrics.json"):
        shutil.copy(file, folder)  # the comment lines are read off these
    compiled = compile_model(
        (made["convert"] / "model.tflite").read_bytes(),
        task.app.name,
        folder,
        labels=task.labels,
        data_hash=task.data.hash[:16],
        sections=learned(task.app, made).sections(read_decision(made["tune"])),
        notes=_notes(task, made, folder),
        options=Options(task.app.optimise),
        stream=task.app.stream_form,
        outputs_are_labels=task.app.outputs_are_scores,
    )
    shutil.copy(made["convert"] / "model.tflite", folder / f"{task.app.name}{BESIDE}")
    write_json(folder / "compiled.json", cost(compiled))


def _notes(task: Task, made: Made, folder: Path) -> list[str]:
    """Comment lines: what the model reached, on whom, and how to make it again."""
    metrics = made.read("judge", "metrics.json")
    learnt = task.data.of(task.split.train + task.split.validation)
    besides = f" and {learnt.besides}" if learnt.besides else ""
    tuned = f", tuned with {named(task.split.validation)}" if task.split.validation else ""
    trial = ", a quick trial" if task.quick else ""
    seen = f" of {count} classes" if (count := untested.tested(metrics)) else ""
    lacking = untested.in_words(metrics["untested"], task.split.test)
    lines = [
        f"int8 {metrics['int8']['accuracy']:.1%}, float {metrics['float']['accuracy']:.1%} on "
        f"{metrics['int8']['repetitions']} recordings{seen} of {named(task.split.test)}, held out of training",
        *(f"not tested: {line}" for line in [lacking] if line),
        f"trained with {named(task.split.train)}{besides}{tuned}; seed {task.seed}{trial}",
        *(f"hold-out: {line}" for line in task.notes),
        *(f"training data: {line}" for line in learnt.credits),
    ]
    if metrics["stream"]:
        lines.append(f"their streams: {in_words(metrics['stream'])}")
    lines += [*operating_point(folder), *(line for line in warnings(folder) if line.startswith("warning"))]
    reached = made.read("tune", "decision.json")["validation"]
    return [*lines, record.line(metrics["int8"], metrics["stream"], reached)]
