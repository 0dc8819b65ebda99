"""The commands of `python -m ml`. Each lives beside what it commands and is loaded when it is called."""

import importlib
import math
import sys

import click

from ml.errors import UserError
from ml.printable import printable

# command -> where it is defined; nothing heavy (TensorFlow takes seconds) is imported before it is needed.
COMMANDS = {
    "run": "ml.pipeline.commands:run",
    "train": "ml.pipeline.commands:train",
    "quantise": "ml.pipeline.commands:quantise",
    "compile": "ml.compiler.command:compile_",
    "operators": "ml.compiler.document:operators",
    "profile": "ml.profile.command:profile_",
    "compare": "ml.compare.command:compare_",
    "verify": "ml.evaluate.command:verify",
    "stream": "ml.evaluate.stream_command:stream",
    "report": "ml.pipeline.commands:report",
    "evaluate": "ml.evaluate.evaluate_command:evaluate",
    "learning-curve": "ml.evaluate.learning_curve:learning_curve",
    "crossval": "ml.evaluate.crossval:crossval",
    "export-stream": "ml.pipeline.commands:export_stream",
    "anomaly": "ml.vibration_anomaly.study:study",
    "baseline": "ml.vibration_anomaly.baseline:baseline",
    "data": "ml.data.commands:data",
    "link": "ml.link.protocol:link",
}


class LazyGroup(click.Group):
    """A click group whose commands are imported on first use: `lazy` says where they are."""

    def __init__(self, *arguments, lazy: dict[str, str], **keywords) -> None:
        super().__init__(*arguments, **keywords)
        self.lazy = lazy

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.lazy)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.lazy:
            return None
        module, attribute = self.lazy[name].split(":")
        return getattr(importlib.import_module(module), attribute)


class Between(click.FloatRange):
    """A number within bounds. Of `nan`, which is neither below nor above any, click says that it is."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"expected a number, found {value}", param, ctx)
        return number


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
