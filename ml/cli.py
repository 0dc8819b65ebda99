"""The commands of `python -m ml`. Each is in the folder of its subject and is loaded when it is called."""

import importlib
import math
import sys
from collections.abc import Callable
from typing import NamedTuple

import click

from ml.errors import UserError
from ml.printable import printable


class Lazy(NamedTuple):
    """Where a command is defined, and its help in a line: a list of commands imports none of them."""

    where: str  # module:attribute
    help: str


# Nothing heavy (TensorFlow takes seconds) is imported before it is needed.
COMMANDS = {
    "run": Lazy("ml.commands.run:run", "Everything: train, quantise, compile, verify, report."),
    "train": Lazy("ml.commands.run:train", "Train on all subjects except the held-out ones."),
    "quantise": Lazy(
        "ml.commands.run:quantise",
        "Make the trained network an int8 .tflite, after the steps of the application's recipe.",
    ),
    "compile": Lazy(
        "ml.commands.compile:compile_",
        "Compile an int8 .tflite, or an application's trained model, to one C header.",
    ),
    "convert": Lazy(
        "ml.convert.command:convert",
        "Convert a model of Keras, TensorFlow, ONNX or PyTorch to an int8 .tflite, judged by the original's answers.",
    ),
    "shrink": Lazy(
        "ml.shrink.command:shrink",
        "Make smaller variants of a model; compare them with int8 and with smaller networks from scratch.",
    ),
    "classical": Lazy(
        "ml.classical.command:classical",
        "Train every family of classical models within a budget, compare them, write the best as a C header.",
    ),
    "export": Lazy(
        "ml.export.command:export", "Write a model as source code for other firmware: push samples, poll events."
    ),
    "search": Lazy(
        "ml.search.command:search",
        "Find front end and network that keep a budget; train, compile and verify the best.",
    ),
    "new": Lazy(
        "ml.commands.new:new", "Make a new application like another one; bring recordings of your own with --data."
    ),
    "pack": Lazy("ml.commands.pack:pack_", "Write a model image: data that firmware takes without being built again."),
    "keys": Lazy("ml.update.command:keys_", "Make, show and exchange the keys that sign the updates of a product."),
    "operators": Lazy("ml.compiler.document:operators", "List the operators that the compiler supports."),
    "profile": Lazy(
        "ml.commands.profile:profile_",
        "Instructions and estimated cycles of a model on an emulated Cortex-M4, layer by layer.",
    ),
    "compare": Lazy(
        "ml.compare.command:compare_",
        "Compare BASE with HEAD: commits, folders, headers or .tflite files.",
    ),
    "verify": Lazy(
        "ml.trial.verify:verify",
        "Compare front end and layers with TensorFlow Lite Micro, byte for byte.",
    ),
    "stream": Lazy(
        "ml.trial.stream_command:stream",
        "Play streams of held-out people: detection rate, false alarms, latency.",
    ),
    "report": Lazy("ml.commands.run:report", "Write report.html from the measured figures."),
    "evaluate": Lazy(
        "ml.trial.evaluate_command:evaluate",
        "Judge the committed model by a whole folder of recordings.",
    ),
    "robustness": Lazy(
        "ml.trial.robustness:robustness",
        "Judge a model with noise, other mountings and broken sensors; add the table to the report.",
    ),
    "learning-curve": Lazy(
        "ml.trial.learning_curve:learning_curve",
        "Train with more and more subjects; plot accuracy and detection rate.",
    ),
    "crossval": Lazy(
        "ml.trial.crossval:crossval",
        "Leave each subject out in turn; report accuracy, parity and streams.",
    ),
    "export-stream": Lazy(
        "ml.commands.run:export_stream",
        "Write the held-out people's takes as one recording each, to be played into a board.",
    ),
    "anomaly": Lazy(
        "ml.vibration_anomaly.study:study",
        "Detect faults at left-out speeds or times; print areas under the curve, and what is told at the threshold.",
    ),
    "baseline": Lazy(
        "ml.vibration_anomaly.baseline:baseline",
        "Let a board learn a baseline; show, keep or copy it.",
    ),
    "learn": Lazy(
        "ml.learn.command:learn",
        "Let a board learn a class of one's own from a few examples; show and forget what it has learnt.",
    ),
    "data": Lazy(
        "ml.data.commands:data",
        "Recordings: list, check, split, fetch, import and export data sets.",
    ),
    "studio": Lazy(
        "ml.studio.command:studio", "See a board's signals, record, label and judge, in a page on this computer."
    ),
    "federate": Lazy(
        "ml.fleet.command:federate",
        "Simulate a fleet that learns together: a person a board, clipped and masked updates.",
    ),
    "link": Lazy(
        "ml.link.protocol:link",
        "Make the numbers of the link, and of an update's manifest, in C, Python and the documents.",
    ),
}


class LazyGroup(click.Group):
    """A click group whose commands are imported on first use: `lazy` says where they are, and their help."""

    def __init__(self, *arguments, lazy: dict[str, Lazy], **keywords) -> None:
        super().__init__(*arguments, **keywords)
        self.lazy = lazy

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.lazy)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.lazy:
            return None
        module, attribute = self.lazy[name].where.split(":")
        return getattr(importlib.import_module(module), attribute)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.help) for name, one in self.lazy.items()])


class Between(click.FloatRange):
    """A number within bounds. Of `nan`, which is neither below nor above any, click says that it is."""

    name = "number"

    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"expected a number, found {value}", param, ctx)
        return number


def false_alarms(name: str, parameter: str, text: str) -> Callable:
    """A command's option that takes false alarms an hour; `text` is its help."""
    return click.option(name, parameter, type=Between(0), metavar="X", help=text)


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """From recordings to a measured model in C."""


def run_cli(command: click.Command, program: str) -> None:
    """Runs a click command; whatever is the user's to mend becomes one line on stderr and exit status 1."""
    try:
        sys.exit(command.main(prog_name=program, standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(1)
    except (UserError, click.ClickException, click.Abort, OSError) as error:
        click.echo(printable(f"{program}: {in_a_line(error)}"), err=True)
        sys.exit(1)


def in_a_line(error: Exception) -> str:
    """What was expected, what was found and what to do."""
    if isinstance(error, click.Abort):
        return "interrupted; nothing half-written is left, the same command goes on from here"
    if isinstance(error, click.UsageError):
        asked = error.ctx.command_path if error.ctx else "the command"
        return f"{' '.join(error.format_message().split())} See: {asked} --help"
    if isinstance(error, click.ClickException):
        return " ".join(error.format_message().split())
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        reason = error.strerror or type(error).__name__
        return f"{where}expected to read or write here, found: {reason}; check the path, its permissions and the disk"
    return str(error)


def main() -> None:
    run_cli(cli, "python -m ml")
