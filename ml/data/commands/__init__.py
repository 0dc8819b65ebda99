"""`python -m ml data ...`: each command lies in a file here and is loaded when it is called."""

import click

from ml.cli import LazyGroup

COMMANDS = {
    "list": "ml.data.commands.listing:list_",
    "show": "ml.data.commands.show:show",
    "check": "ml.data.commands.check:check_",
    "split": "ml.data.commands.split:split",
    "fetch": "ml.data.commands.fetch:fetch_",
    "import": "ml.data.commands.convert:import_",
    "export": "ml.data.commands.convert:export_",
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def data() -> None:
    """Recordings: what is there, whether it is good, in from elsewhere and out again."""
