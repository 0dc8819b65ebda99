"""PlatformIO builds without its registry."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ml.paths import ROOT


def tool_scons(core: Path, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "tool_scons.py"), *words],
        env={**os.environ, "PLATFORMIO_CORE_DIR": str(core)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def core(tmp_path) -> Path:
    result = tool_scons(tmp_path)
    assert result.returncode == 0, result.stderr
    if "fetches tool-scons by itself" in result.stdout:
        pytest.skip("PlatformIO's registry answers here: no fallback is needed")
    return tmp_path


def test_who_asks_for_help_gets_it_and_nothing_is_put_anywhere(tmp_path):
    told = tool_scons(tmp_path, "--help")
    assert told.returncode == 0 and "it does nothing" in told.stdout
    assert not list(tmp_path.iterdir())


def test_platformio_runs_the_fallback(core, tmp_path_factory):
    project = tmp_path_factory.mktemp("project")
    (project / "src").mkdir()
    (project / "src" / "main.c").write_text("int main(void) { return 0; }\n")
    platform = ROOT / "platforms" / "virtual"
    (project / "platformio.ini").write_text(f"[env:plain]\nplatform = symlink://{platform}\nboard = host\n")
    result = subprocess.run(
        [sys.executable, "-m", "platformio", "run", "-d", str(project), "-t", "envdump"],
        env={**os.environ, "PLATFORMIO_CORE_DIR": str(core)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_second_run_leaves_it_alone(core):
    again = tool_scons(core)
    assert again.returncode == 0
    assert again.stdout.strip() == "tool-scons is there"


def test_an_outdated_package_is_replaced(core):
    meta = core / "packages" / "tool-scons" / ".piopm"
    meta.write_text(json.dumps({**json.loads(meta.read_text()), "version": "4.40801.0"}))
    again = tool_scons(core)
    assert again.returncode == 0
    assert json.loads(meta.read_text())["version"].startswith("4.41101")
