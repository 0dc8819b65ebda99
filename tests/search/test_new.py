"""A new application, in a copy of the repository: from its making to an event on the virtual board, without an edit."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ml.paths import CACHE, ROOT
from tests.firmware import stop_all_below

pytestmark = pytest.mark.long

LIMIT_S = 900


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """The files that git knows, or would."""
    folder = tmp_path_factory.mktemp("repository")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    yield folder
    stop_all_below(folder)


def run(folder: Path, *words: str, status: int = 0) -> str:
    environment = os.environ | {"THIMBLE_CACHE": str(CACHE), "PYTHONPATH": str(folder)}
    done = subprocess.run(  # noqa: PLW1510  the status is looked at below
        [sys.executable, "-m", *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT_S
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_new_application_runs_to_an_event_on_the_virtual_board(repository):
    made = run(repository, "ml", "new", "activity", "--like", "gesture_recognition")
    assert "wrote apps/activity/" in made
    assert "gesture_recognition_" not in (repository / "apps/activity/src/main.cpp").read_text()
    run(repository, "ml", "run", "activity", "--quick")
    run(repository, "platformio", "run", "-s", "-e", "activity-virtual", "-t", "upload")
    run(repository, "ml", "stream", "activity", "--on", "virtual")
    found = json.loads((repository / "build/activity/stream-virtual.json").read_text())
    assert found["on"] == "virtual" and found["all"]["hits"] > 0
    assert "`tests/activity/test_activity.py::" in (repository / "docs/tests.md").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gesture_recognition",), "expected a new name, found ml/gesture_recognition/ there"),
        (("data",), "expected a new name, found ml/data/ there"),
        (("Door Knock",), "expected a name of 3 to 31 small letters"),
        (("../../x",), "expected a name of 3 to 31 small letters"),
        (("class",), "expected a name of 3 to 31 small letters"),
    ],
)
def test_a_name_that_is_none_or_taken_is_refused(ml, words, said):
    assert said in ml("new", *words, "--like", "gesture_recognition", status=1).stderr
