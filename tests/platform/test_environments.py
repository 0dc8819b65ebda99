"""Every application has an environment for every board, each made of that board and that application; on chips of 2 kB
run the applications that are made for them, and no others. Applications with a network have virtual boards with
TensorFlow Lite Micro as well."""

import configparser
import shlex

import pytest

from ml.classical.products import PRODUCTS
from ml.paths import ROOT
from ml.pipeline.contract import APPS as NETWORKS
from ml.profile.boards import VIRTUAL, names, section

TFLM = "-tflm"  # of an environment with the other engine
SMALL = [board for board in names() if section(board).get("custom_processor") == "avr"]
APPS = sorted(path.parent.name for path in (ROOT / "apps").glob("*/app.ini"))


def sections() -> configparser.ConfigParser:
    """Of all applications, as they are written."""
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    parser.read((ROOT / "apps").glob("*/app.ini"))
    return parser


ALL = sections()
ENVIRONMENTS = [name for name in ALL.sections() if name.startswith("env:")]


def test_there_is_one_environment_for_each_application_and_board_and_no_other() -> None:
    pairs = [(app, board) for app in APPS for board in names() if (app in PRODUCTS) == (board in SMALL)]
    pairs += [(app, f"{board}{TFLM}") for app in NETWORKS for board in VIRTUAL]
    assert sorted(ENVIRONMENTS) == sorted(f"env:{app}-{board}" for app, board in pairs)


@pytest.mark.parametrize("board", names())
def test_a_board_is_the_file_of_its_name(board: str) -> None:
    assert f"[board:{board}]" in (ROOT / "boards" / f"{board}.ini").read_text()


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_is_what_its_name_says_with_all_flags_of_its_board(name: str) -> None:
    app, _, board = name.removeprefix("env:").partition("-")
    engine = ", engine:tflm" if board.endswith(TFLM) else ""
    board = board.removesuffix(TFLM)
    assert ALL[name]["extends"] == f"board:{board}{engine}, app:{app}"
    assert ALL[f"app:{app}"]["custom_app"] == app
    flags = shlex.split(ALL[name].get("build_flags", ""))
    real = "framework" in (ROOT / "boards" / f"{board}.ini").read_text()
    if flags and real:  # PlatformIO replaces lists, it does not join them
        assert flags[0] == f"${{board:{board}.build_flags}}"
