"""What the documentation names is there: files, commands, options, environments."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from platformio.project.config import ProjectConfig

from ml.cli import COMMANDS, cli
from ml.paths import ROOT
from ml.pipeline.contract import APPS

listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
PAGES = listed.stdout.split()
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
ML = re.compile(r"python -m ml (?!--)([\w|-]+)([^\n`#]*)")
SCRIPT = re.compile(r"(?:python[3]?|py) ((?:tools|tests)/\S+\.py)")
MAKE = re.compile(r"(?:^|`)make ([a-z]+)", re.MULTILINE)
ENVIRONMENT = re.compile(r"-e ([a-z0-9_]+-[a-z0-9_-]+)")
EXAMPLES = {"door_knock"}  # applications that a page invents


def text(page: str) -> str:
    return (ROOT / page).read_text()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    targets = [target for target in LINK.findall(text(page)) if "://" not in target]
    assert [target for target in targets if not (ROOT / Path(page).parent / target).resolve().exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_ml_command_and_option_exists(page: str) -> None:
    context = click.Context(cli)
    for names, rest in ML.findall(text(page)):
        for name in names.split("|"):
            assert name in COMMANDS, f"python -m ml {name}"
            known = {option for each in command(context, name, rest).params for option in each.opts}
            assert set(re.findall(r"(?<!\S)--[\w-]+", rest)) <= known, f"python -m ml {name}{rest}"


def command(context: click.Context, name: str, rest: str) -> click.Command:
    """The command of that name; of a group that which the rest of the line begins with."""
    found = cli.get_command(context, name)
    if isinstance(found, click.Group) and rest.split():
        return found.get_command(context, rest.split(maxsplit=1)[0]) or found
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_script_make_target_and_environment_exists(page: str) -> None:
    assert [script for script in SCRIPT.findall(text(page)) if not (ROOT / script).is_file()] == []
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    assert set(MAKE.findall(text(page))) <= targets
    environments = {name.removeprefix("env:") for name in ProjectConfig(str(ROOT / "platformio.ini")).sections()}
    named = {name for name in ENVIRONMENT.findall(text(page)) if name.split("-")[0] not in EXAMPLES}
    assert named <= environments


def test_every_environment_is_of_a_known_application_and_board() -> None:
    for name in ProjectConfig(str(ROOT / "platformio.ini")).envs():
        app, _, board = name.partition("-")
        assert app in APPS or (ROOT / "apps" / app).is_dir()  # some have no model: sensor_capture
        assert (ROOT / "boards" / f"{board.removesuffix('-tflm')}.ini").is_file()


def test_the_readme_shows_what_it_is_and_both_commands_in_its_first_30_lines() -> None:
    first = "\n".join(text("README.md").splitlines()[:30])
    assert "make demo" in first
    assert "make test" in first


@pytest.mark.parametrize("words", [["-m", "ml"], ["tools/emulator.py"], ["tools/demo.py"]], ids=" ".join)
def test_help_is_there(words: list[str]) -> None:
    done = subprocess.run([sys.executable, *words, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Usage" in done.stdout
