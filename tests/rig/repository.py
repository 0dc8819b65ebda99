"""A repository of somebody else, with a firmware of its own that uses Thimble: made, and tested by its own pytest."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ml.paths import CACHE, ROOT

FILES = Path(__file__).parent / "theirs"
HASH = r"[0-9a-f]{16}"
LIMIT_S = 280  # below pytest's own


@dataclass(frozen=True)
class Case:
    """A test as JUnit tells it."""

    outcome: str  # passed, failed (error included) or skipped
    message: str
    text: str
    properties: dict[str, str]


@dataclass(frozen=True)
class Ran:
    """A run of pytest."""

    status: int
    output: str
    cases: dict[str, Case]
    page: str


def made(folder: Path) -> Path:
    """The repository: Thimble is in a folder of it, as a git submodule would be."""
    shutil.copytree(FILES, folder)
    (folder / "thimble").symlink_to(ROOT)
    settings = (FILES / "platformio.ini").read_text().replace("THIMBLE", str(ROOT))
    (folder / "platformio.ini").write_text(settings)
    model = folder / "lib" / "counter_model"
    model.mkdir(parents=True)
    shutil.copy(ROOT / "lib/gesture_recognition_model/gesture_recognition_model.h", model / "counter_model.h")
    return folder


def run_pytest(folder: Path, *words: object) -> Ran:
    """Runs pytest there as its owner would."""
    junit, page = folder / "junit.xml", folder / "report.html"
    command = [sys.executable, "-m", "pytest", f"--junitxml={junit}", f"--hil-report={page}", *map(str, words)]
    outer = ("PYTEST_", "PLATFORMIO_")  # what the run around this one has set
    given = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
    kept = {name: os.environ[name] for name in ("PLATFORMIO_CORE_DIR",) if name in os.environ}
    kept["THIMBLE_CACHE"] = str(CACHE)  # what its libraries fetch and compile once
    done = subprocess.run(
        [*command, f"--basetemp={folder / 'scratch'}"],
        cwd=folder,
        env=given | kept,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
        stdin=subprocess.DEVNULL,
    )
    cases = dict(map(_case, ET.parse(junit).iter("testcase"))) if junit.exists() else {}
    text = page.read_text() if page.exists() else ""
    return Ran(done.returncode, done.stdout + done.stderr, cases, text)


def _case(element: ET.Element) -> tuple[str, Case]:
    outcomes = {"failure": "failed", "error": "failed", "skipped": "skipped"}
    said = next((each for each in element if each.tag in outcomes), None)
    properties = {each.get("name"): each.get("value") for each in element.iter("property")}
    if said is None:
        return element.get("name"), Case("passed", "", "", properties)
    return element.get("name"), Case(outcomes[said.tag], said.get("message"), said.text or "", properties)


def once(folder: Path, name: str, make: Callable[[], Ran]) -> Ran:
    """Of several xdist workers one makes it, and the others read it."""
    kept = folder / f"{name}.json"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            ran = make()
            cases = {name: vars(case) for name, case in ran.cases.items()}
            kept.write_text(json.dumps(vars(ran) | {"cases": cases}))
    found = json.loads(kept.read_text())
    return Ran(**found | {"cases": {name: Case(**case) for name, case in found["cases"].items()}})


def workers_of(ran: Ran) -> dict[str, set[str]]:
    """Board -> the xdist workers that ran its tests."""
    workers: dict[str, set[str]] = {}
    for case in ran.cases.values():
        workers.setdefault(case.properties["board"], set()).add(case.properties["worker"])
    return workers
