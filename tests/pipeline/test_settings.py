"""A setting that nobody reads is refused here: it would be a typo, or a promise that is not kept."""

import ast
import functools

import pytest

from ml.paths import ROOT

CONFIGS = sorted((ROOT / "ml").glob("*/config.py"))
SHARED = [path for path in (ROOT / "ml").rglob("*.py") if not (path.parent / "config.py").exists()]


@functools.cache
def reads(*paths) -> set[str]:
    """The attributes that are looked at anywhere in the files, also by getattr(..., "name")."""
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_text()))]
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    optional = {
        node.args[1].value for node in calls if node.func.id == "getattr" and isinstance(node.args[1], ast.Constant)
    }
    return optional | {one.attr for one in nodes if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Load)}


def settings(config) -> set[tuple[str, str]]:
    """(class, setting) of an application's dataclasses."""
    classes = (node for node in ast.walk(ast.parse(config.read_text())) if isinstance(node, ast.ClassDef))
    lines = ((one.name, line) for one in classes for line in one.body)
    return {(name, line.target.id) for name, line in lines if isinstance(line, ast.AnnAssign)}


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.parent.name)
def test_every_setting_of_an_application_is_read(config):
    known = reads(*config.parent.rglob("*.py")) | reads(*SHARED)
    found = settings(config)
    assert len(found) > 10
    assert {one for one in found if one[1] not in known} == set()
