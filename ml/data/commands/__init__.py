"""`python -m ml data ...`: each command lies in a file here and is loaded when it is called."""

import click

from ml.cli import Lazy, LazyGroup

COMMANDS = {
    "list": Lazy("ml.data.commands.listing:list_", "Data sets in FOLDERS, or in datasets/."),
    "show": Lazy(
        "ml.data.commands.show:show",
        "Durations, classes, subjects and rates of the data set in folder DATA.",
    ),
    "check": Lazy("ml.data.commands.check:check_", "Look for faults of the data set in folder DATA."),
    "split": Lazy(
        "ml.data.commands.split:split",
        "Write split.csv beside the manifest of folder DATA; the pipeline keeps to it.",
    ),
    "fetch": Lazy(
        "ml.data.commands.fetch:fetch_",
        "Download the data set NAME of the catalogue; without NAME list them.",
    ),
    "import": Lazy(
        "ml.data.commands.convert:import_",
        "Make a data set of other tools' recordings: files and folders PATHS.",
    ),
    "export": Lazy("ml.data.commands.convert:export_", "Write the data set in folder DATA as other tools take it."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def data() -> None:
    """Recordings: list, check, split, fetch, import and export data sets."""
