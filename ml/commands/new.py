"""python -m ml new door_knock --like gesture_recognition

A new application: Python, firmware, environments, README and a test, as those of another one with another name.
"""

import keyword
import re
import shutil
from pathlib import Path

import click
import jinja2

from ml.errors import UserError
from ml.files import replace_file
from ml.paths import ROOT
from ml.pipeline.apps import APPS, class_of
from ml.progress import echo

NAME = re.compile(r"[a-z][a-z0-9_]{2,30}")
TEXT = (".py", ".cpp", ".h", ".ini")
LEFT = ("README.md", "recipe.toml", "design.toml")  # what is said or was found about the other one
PAGE = ROOT / "docs" / "tests.md"
TEST = "test_a_quick_model_compiles_and_equals_tflm"
ROW = "| `{name}`: a quick model gives the bytes of TensorFlow Lite Micro | `{test}::{function}` |\n"


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--like", required=True, type=click.Choice(list(APPS)), help="The application to begin with.")
def new(name: str, like: str) -> None:
    """Make a new application like another one; bring recordings of your own with --data."""
    places = [ROOT / folder / name for folder in ("ml", "apps", "tests")]
    _check(name, places)
    try:
        _copy(ROOT / "ml" / like, places[0], like, name)
        _copy(ROOT / "apps" / like, places[1], like, name)
        told = {"name": name, "like": like, "title": name.replace("_", " ").capitalize()}
        _write("new_readme.md.j2", places[1] / "README.md", told)
        test = places[2] / f"test_{name}.py"
        _write("new_test.py.j2", test, told)
    except BaseException:
        for place in places:
            shutil.rmtree(place, ignore_errors=True)
        raise
    if PAGE.is_file():
        row = ROW.format(name=name, function=TEST, test=test.relative_to(ROOT).as_posix())
        replace_file(PAGE, (PAGE.read_text() + row).encode())
    for place in places:
        echo(f"wrote {place.relative_to(ROOT)}/")
    echo(f"next: python -m ml run {name} --data FOLDER, or python -m ml search {name} --data FOLDER --ms 2 --flash 10k")


def _check(name: str, places: list[Path]) -> None:
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise UserError(f"expected a name of 3 to 31 small letters, digits and _, as door_knock, found {name[:40]!r}")
    taken = next((place for place in places if place.exists()), None)
    if taken:
        raise UserError(f"expected a new name, found {taken.relative_to(ROOT)}/ there; take another name")


def _copy(source: Path, target: Path, like: str, name: str) -> None:
    """Text with the other name in each of its forms."""
    forms = {like: name, like.upper(): name.upper(), class_of(like): class_of(name)}
    forms |= {like.replace("_", " ").capitalize(): name.replace("_", " ").capitalize()}
    for path in sorted(source.rglob("*")):
        if not path.is_file() or path.suffix not in TEXT or path.name in LEFT or "__pycache__" in path.parts:
            continue
        text = path.read_text()
        for old, made in forms.items():
            text = text.replace(old, made)
        replace_file(target / path.relative_to(source), text.encode())


def _write(template: str, path: Path, told: dict) -> None:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    replace_file(path, environment.get_template(template).render(told).encode())
