"""Repositories with the real kernels and two real headers, compared as a user does."""

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest

from ml.cli import main
from ml.evaluate.record import KEY

PARTS = ("nn/src", "nn/include", "decide/include", "frontend/include", "anomaly/include")
APPS = ("gesture_recognition", "vibration_anomaly")
STATED = {"accuracy": [101, 101], "found": [95, 101], "false_alarms": [0, 0.07]}  # of the first application
ANYBODY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"} | {
    f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}


class Repository:
    """A git repository to change and to compare."""

    def __init__(self, folder: Path):
        self.folder = folder

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

    def state(self, app: str, **counts: list) -> None:
        """Puts other figures at the top of a header."""
        first, *rest = self.header(app).read_text().splitlines(keepends=True)
        kept = [line for line in rest if not line.startswith(f"// {KEY}")]
        self.header(app).write_text("".join([first, f"// {KEY}{json.dumps(counts)}\n", *kept]))

    def slow_down(self) -> None:
        """Every layer waits a little; the output is the same."""
        waiting = "for (volatile uint16_t i = 0; i < 100; i++) {}\n    for (uint16_t layer = 0;"
        self.edit(self.folder / "lib/nn/src/model.c", "for (uint16_t layer = 0;", waiting)

    def compare(self, *words: object, status: int = 0) -> SimpleNamespace:
        """`python -m ml compare` in this repository, in this process: stdout and stderr."""
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.object(sys, "argv", ["ml", "compare", *map(str, words)]),
            pytest.raises(SystemExit) as left,
        ):
            main()
        said = SimpleNamespace(stdout=out.getvalue(), stderr=err.getvalue())
        assert left.value.code == status, said.stdout + said.stderr
        return said

    def figures(self, *words: object, status: int = 0) -> dict:
        """The same as JSON; `changed` holds the rows that have changed, by application and figure."""
        made = json.loads(self.compare(*words, "--json", status=status).stdout)
        rows = {(row["application"], row["figure"]): row for row in made["rows"]}
        return made | {"changed": {key: row for key, row in rows.items() if row["change"]}, "by_figure": rows}
