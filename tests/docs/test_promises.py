"""docs/tests.md names tests that exist, and leaves no folder of them out."""

import ast
import re

from ml.paths import ROOT

PAGE = (ROOT / "docs" / "tests.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)
FOLDERS = sorted({path.relative_to(ROOT).parts[1] for path in ROOT.glob("tests/*/**/test_*.py")})


def functions_of(path: str) -> set[str]:
    file = ROOT / path
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    return {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}


def test_every_test_that_the_page_names_exists():
    assert len(NAMED) > 50
    assert [f"{path}::{name}" for path, name in NAMED if name not in functions_of(path)] == []


def test_every_folder_of_tests_keeps_a_promise_of_the_page():
    assert [folder for folder in FOLDERS if f"`tests/{folder}/" not in PAGE] == []
