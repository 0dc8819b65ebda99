"""Help is there at once, and says of each command what the command says of itself."""

import contextlib
import importlib
from collections.abc import Iterator

import click
import pytest

from ml.cli import cli
from ml.data.commands import data
from tests import command

TOOLS = {one: one for one in ("collect", "fleet", "gateway", "latency", "power")} | {"mlperf": "cli", "emulator": "cli"}
GROUPS = {"python -m ml": cli, "python -m ml data": data}


@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_the_list_of_commands_says_what_each_says_of_itself(group):
    said = {name: one.help for name, one in group.lazy.items()}
    assert said == {name: group.get_command(None, name).get_short_help_str(limit=1000) for name in said}


def test_help_is_shown_without_importing_a_command():
    shown = command.run("-X", "importtime", "-m", "ml", "--help")
    assert "quantise" in shown.stdout
    assert not {"numpy", "ml.pipeline"} & {line.rsplit("|")[-1].strip() for line in shown.stderr.splitlines()}


def every(one: click.Command) -> Iterator[click.Command]:
    """A command and those below it."""
    yield one
    if isinstance(one, click.Group):
        for name in one.list_commands(None):
            yield from every(one.get_command(None, name))


def test_no_option_takes_what_is_no_number_for_one():
    tools = [getattr(importlib.import_module(f"tools.{name}"), entry) for name, entry in TOOLS.items()]
    taken = []
    for one in (found for root in (cli, *tools) for found in every(root)):
        for option in one.params:
            if isinstance(option.type, click.types.FloatParamType):
                with contextlib.suppress(click.BadParameter):
                    taken.append((one.name, option.name, option.type.convert("nan", option, None)))
    assert not taken
