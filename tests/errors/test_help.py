"""Help is there at once, and says of each command what the command says of itself."""

import pytest

from ml.cli import cli
from ml.data.commands import data
from tests import command

GROUPS = {"python -m ml": cli, "python -m ml data": data}


@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_the_list_of_commands_says_what_each_says_of_itself(group):
    said = {name: one.help for name, one in group.lazy.items()}
    assert said == {name: group.get_command(None, name).get_short_help_str(limit=1000) for name in said}


def test_help_is_shown_without_importing_a_command():
    shown = command.run("-X", "importtime", "-m", "ml", "--help")
    assert "quantise" in shown.stdout
    assert not {"numpy", "ml.pipeline"} & {line.rsplit("|")[-1].strip() for line in shown.stderr.splitlines()}
