"""The commands of `python -m ml`. Each lives beside what it commands and is loaded when it is called."""

import importlib
import sys

import click

from ml.errors import UserError

# command -> where it is defined; nothing heavy (TensorFlow takes seconds) is imported before it is needed.
COMMANDS = {
    "run": "ml.pipeline:run",
    "train": "ml.pipeline:train",
    "quantise": "ml.pipeline:quantise",
    "compile": "ml.compiler.command:compile_",
    "operators": "ml.compiler.document:operators",
    "profile": "ml.profile.command:profile_",
    "verify": "ml.evaluate.command:verify",
    "stream": "ml.evaluate.stream_command:stream",
    "report": "ml.pipeline:report",
    "crossval": "ml.evaluate.crossval:crossval",
    "export-stream": "ml.pipeline:export_stream",
}


class LazyGroup(click.Group):
    """A click group whose commands are imported on first use."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        return getattr(importlib.import_module(module), attribute)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """From recordings to a measured model in C."""


def run_cli(command: click.Command, program: str) -> None:
    """Runs a click command; a UserError becomes one line on stderr and exit status 1."""
    try:
        command.main(prog_name=program)
    except UserError as error:
        click.echo(f"{program}: {error}", err=True)
        sys.exit(1)


def main() -> None:
    run_cli(cli, "python -m ml")
