"""Every application has an environment for every board, each made of that board and that application."""

import configparser
import shlex

import pytest

from ml.paths import ROOT
from ml.profile.boards import names

APPS = sorted(path.parent.name for path in (ROOT / "apps").glob("*/app.ini"))


def sections() -> configparser.ConfigParser:
    """Of all applications, as they are written."""
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    parser.read((ROOT / "apps").glob("*/app.ini"))
    return parser


ALL = sections()
ENVIRONMENTS = [name for name in ALL.sections() if name.startswith("env:")]


def test_there_is_one_environment_for_each_application_and_board_and_no_other() -> None:
    assert sorted(ENVIRONMENTS) == sorted(f"env:{app}-{board}" for app in APPS for board in names())


@pytest.mark.parametrize("board", names())
def test_a_board_is_the_file_of_its_name(board: str) -> None:
    assert f"[board:{board}]" in (ROOT / "boards" / f"{board}.ini").read_text()


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_is_what_its_name_says_with_all_flags_of_its_board(name: str) -> None:
    app, _, board = name.removeprefix("env:").partition("-")
    assert ALL[name]["extends"] == f"board:{board}, app:{app}"
    assert ALL[f"app:{app}"]["custom_app"] == app
    flags = shlex.split(ALL[name].get("build_flags", ""))
    real = "framework" in (ROOT / "boards" / f"{board}.ini").read_text()
    if flags and real:  # PlatformIO replaces lists, it does not join them
        assert flags[0] == f"${{board:{board}.build_flags}}"
