"""Repositories with the real kernels and two real headers, compared as a user does."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ml.paths import ROOT

PARTS = ("nn/src", "nn/include", "decide/include", "frontend/include", "anomaly/include")
APPS = ("gesture_recognition", "vibration_anomaly")
ANYBODY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"} | {
    f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}


class Repository:
    """A git repository to change and to compare."""

    def __init__(self, folder: Path, cache: Path):
        self.folder, self.cache = folder, cache

    def git(self, *words: object) -> str:
        done = subprocess.run(
            ["git", "-C", self.folder, *map(str, words)],
            env=os.environ | ANYBODY,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def header(self, app: str) -> Path:
        return self.folder / "lib" / f"{app}_model" / f"{app}_model.h"

    def edit(self, path: Path, before: str, after: str) -> None:
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after, 1))

    def slow_down(self) -> None:
        """Every layer waits a little; the output is the same."""
        waiting = "for (volatile uint16_t i = 0; i < 100; i++) {}\n    for (uint16_t layer = 0;"
        self.edit(self.folder / "lib/nn/src/model.c", "for (uint16_t layer = 0;", waiting)

    def compare(self, *words: object, status: int = 0) -> subprocess.CompletedProcess:
        """`python -m ml compare` in this repository, with the tools of the one under test."""
        environment = os.environ | ANYBODY | {"PYTHONPATH": str(ROOT), "THIMBLE_CACHE": str(self.cache)}
        done = subprocess.run(
            [sys.executable, "-m", "ml", "compare", *map(str, words)],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def figures(self, *words: object, status: int = 0) -> dict:
        """The same as JSON; `changed` holds the rows that have changed, by application and figure."""
        made = json.loads(self.compare(*words, "--json", status=status).stdout)
        rows = {(row["application"], row["figure"]): row for row in made["rows"]}
        return made | {"changed": {key: row for key, row in rows.items() if row["change"]}, "by_figure": rows}


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    """One for all tests: what is equal is measured once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def repository(tmp_path, cache) -> Repository:
    """With one commit on main."""
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    folder = tmp_path / "repository"
    for part in (*PARTS, *(f"{app}_model" for app in APPS)):
        shutil.copytree(ROOT / "lib" / part, folder / "lib" / part)
    made = Repository(folder, cache)
    made.git("init", "--quiet", "--initial-branch", "main")
    made.commit("The beginning")
    return made
