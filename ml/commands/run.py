"""From recordings to a measured model in C.

python -m ml run gesture_recognition                       # simulated people
python -m ml run gesture_recognition --data DIR            # a folder with a manifest.csv
python -m ml train|quantise|compile|verify|report gesture_recognition    # one step at a time
"""

import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ml.cli import false_alarms
from ml.compiler import tflm
from ml.data import sources
from ml.data.quality import report as quality
from ml.data.split import check_unit
from ml.data.streams import Stream, export, names
from ml.errors import UserError
from ml.evaluate import untested
from ml.evaluate.operating_point import warn
from ml.files import replace_file, write_json
from ml.kept import kept_files
from ml.pipeline import coverage, stages
from ml.pipeline.apps import APPS
from ml.pipeline.emit import BESIDE
from ml.pipeline.run import Run, last
from ml.pipeline.summary import print_summary
from ml.pipeline.task import Made, Task
from ml.progress import echo, say
from ml.report import page
from ml.trial.verify import verify

TARGET = false_alarms(
    "--target-false-alarms-per-hour",
    "target",
    "The target for the operating point; default: the application's own.",
)
BOUND = false_alarms(
    "--upper-bound-per-hour",
    "bound",
    "The most false alarms an hour that the upper end of the operating point's 95 % interval may reach, where the "
    "hours of streams can prove it; default: the application's own, or in its proportion to the target.",
)
OF_RUN = click.option("--out", type=click.Path(file_okay=False), help="The folder that was given to `train` or `run`.")
PRIVATE = ("examples",)  # stages whose files nobody looks for
PUBLIC = ("library.json", "_model.h", BESIDE)  # ends of the names of files that go where the header goes
OPTIONS = [
    click.argument("app", metavar="APP", type=click.Choice(list(APPS))),
    click.option(
        "--data",
        type=click.Path(),
        multiple=True,
        help="Folder with a manifest.csv; without it recordings are simulated. Several, for keyword_spotting.",
    ),
    click.option(
        "--hold-out",
        multiple=True,
        metavar="SUBJECT",
        help="The subjects of the test; otherwise the last in the alphabet, and who else it takes to test each class.",
    ),
    click.option(
        "--split-by",
        default="subject",
        show_default=True,
        help="Only `subject` is allowed; anything else is refused, with the reason.",
    ),
    click.option("--seed", default=0, show_default=True, type=click.IntRange(0)),
    TARGET,
    BOUND,
    click.option("--words", metavar="A,B,...", help="Keywords, instead of the application's own."),
    click.option("--quick", is_flag=True, help="A short trial; its figures mean little."),
    click.option("--strict", is_flag=True, help="Refuse data with an unusable recording."),
    click.option("--out", type=click.Path(file_okay=False), help="Folder for everything, instead of build/ and lib/."),
]


def options(command: Callable) -> Callable:
    """The options of a command that starts a run."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def again(command: Callable) -> Callable:
    """The options of a command that goes on with the last run."""
    return OPTIONS[0](OF_RUN(command))


def begin(app: str, split_by: str, **rest) -> Run:
    """Checks what can be checked and remembers it for the next command."""
    check_unit(split_by)
    begun = asked_for(app, **rest)
    task = begun.asked()
    check(begun, task)
    begun.save()
    _review(begun, task)
    return begun


def asked_for(
    app: str, data: str | tuple[str, ...] | None = None, out: str | None = None, words: str | None = None, **rest
) -> Run:
    """What the options say."""
    folders = (data,) if isinstance(data, str) else data or ()
    given = os.pathsep.join(str(Path(folder).resolve()) for folder in folders) or None
    absolute: dict[str, Any] = {"data": given, "out": out and str(Path(out).resolve())}
    chosen = tuple(word.strip() for word in words.split(",")) if words is not None else ()
    return Run(app, words=chosen, **rest, **absolute)


def check(begun: Run, task: Task) -> None:
    """Refuses classes of one name, and a hold-out by hand that could test more."""
    _check_classes(task.app.labels(task.data))
    if begun.hold_out:
        coverage.check_tested(task.app, task.data, task.split)


def _check_classes(labels: list[str]) -> None:
    """A name stands for one output only; of the second nobody would ever hear."""
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise UserError(f"expected each class once, found {', '.join(twice)} twice; rename its recordings or the word")


def _review(begun: Run, task: Task) -> None:
    """-> the data-quality report; says what was left out, what is not tested, and what may not be shipped."""
    for line in task.notes:
        say(f"hold-out: {line}")
    shown = coverage.Shown.of(task.app, task.data)
    for what, subjects in (("tested", task.split.test), ("tuned", task.split.validation)):
        lacking = shown.untested(subjects) if subjects else []
        if lacking:
            say(f"not {what}: {untested.in_words(lacking, subjects)}")
    found = quality.write(task.data, begun.folder)
    if found["left_out"]:
        say(f"{quality.headline(found)}; see {begun.folder / 'data_quality.html'}")
    terms = sources.closed(item.licence for item in task.data.items)
    if terms:
        say(f"the licence of some recordings is {', '.join(terms)}: ask before you pass on a model made from them")


@click.command()
@options
def run(app: str, **asked) -> None:
    """Everything: train, quantise, compile, verify, report."""
    started = time.monotonic()
    begun = begin(app, **asked)
    compile_(begun, begun.task())
    if tflm.available():
        click.get_current_context().invoke(verify, app=app, target="host", out=begun.out)
    page.write(begun.folder)
    print_summary(begun.folder)
    say(f"report: {begun.folder / 'report.html'}   ({time.monotonic() - started:.0f} s)")


@click.command()
@options
def train(**asked) -> None:
    """Train on all subjects except the held-out ones."""
    begun = begin(**asked)
    _walk(begun, begun.task(), stages.train)


@click.command()
@again
def quantise(app: str, out: str | None) -> None:
    """Make the trained network an int8 .tflite, after the steps of the application's recipe."""
    begun = last(app, out)
    _walk(begun, begun.task(), stages.convert)


@click.command()
@again
def report(app: str, out: str | None) -> None:
    """Write report.html from the measured figures."""
    begun = last(app, out)
    say(f"report: {page.write(begun.folder)}")
    print_summary(begun.folder)


@click.command("export-stream")
@again
def export_stream(app: str, out: str | None) -> None:
    """Write the held-out people's takes as one recording each, to be played into a board."""
    folder = last(app, out).folder
    streams = unseen(app, out)
    for stream, name in zip(streams, names(streams), strict=True):
        for path in export(stream, folder / "unseen", name):
            echo(str(path))


def unseen(app: str, out: str | None = None) -> list[Stream]:
    """Takes of the people whom the last run held out, one stream each: what a demonstration may play."""
    task = last(app, out).task()
    return task.streams(task.split.test)


def compile_app(app: str, out: str | None = None, aim: float | None = None, bound: float | None = None) -> dict:
    """What `python -m ml compile APP` does, and the compiler's report; `aim` and `bound` move the operating point of
    the same network."""
    begun = last(app, out)
    if aim is not None or bound is not None:
        begun = dataclasses.replace(begun, aim=aim, bound=bound)
        begun.save()
    return compile_(begun, begun.task())


def compile_(begun: Run, task: Task) -> dict:
    """All stages -> the header; every file that they left in the run's folder; candidates.json where there are any."""
    made = _walk(begun, task, stages.emit)
    figures = made.read("emit", "compiled.json")
    if len(task.candidates) > 1:
        write_json(begun.folder / "candidates.json", stages.compared(task))
    warn(begun.folder)
    header = begun.header_folder / figures["header"]
    say(f"compiled: {header}")
    return figures | {"header": str(header)}


def _walk(begun: Run, task: Task, until: stages.Stage) -> Made:
    """The stages up to that one; copies what they left to where people look for it."""
    made = stages.walk(task, until)
    for stage, folder in made.folders.items():
        for file in kept_files(folder) if stage not in PRIVATE else ():
            to = begun.header_folder if file.name.endswith(PUBLIC) else begun.folder
            replace_file(to / file.name, file.read_bytes())
    write_json(begun.folder / "data.json", task.data.summary() | {"split": task.split, "classes": task.labels})
    return made
