"""Set-up installs what is missing and nothing else, and says in one line what it cannot do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ml.paths import ROOT

SETUP = ROOT / "tools" / "setup.py"


def run_setup(**environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(SETUP)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **environment},
    )


@pytest.fixture
def bare_checkout(tmp_path) -> Path:
    """A checkout without an environment, and a PATH folder with nothing but what a machine has without our tools."""
    (tmp_path / "tools").mkdir()
    shutil.copy(SETUP, tmp_path / "tools")
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    (tmp_path / "bin").mkdir()
    return tmp_path


def run_in(checkout: Path, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "tools/setup.py", *words],
        cwd=checkout,
        env={"PATH": str(checkout / "bin"), "HOME": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_second_run_finds_everything_there():
    result = run_setup()
    assert result.returncode == 0, result.stderr
    assert "all there" in result.stdout
    assert "installing" not in result.stdout


def test_who_asks_for_help_or_mistypes_gets_words_and_nothing_is_set_up(bare_checkout):
    before = sorted(bare_checkout.rglob("*"))
    told, refused = run_in(bare_checkout, "--help"), run_in(bare_checkout, "--everything")
    assert told.returncode == 0 and "tools/setup.py --all " in told.stdout
    assert refused.returncode == 1 and "expected --all or nothing, found '--everything'" in refused.stderr
    assert sorted(bare_checkout.rglob("*")) == before


def test_a_missing_tool_that_cannot_be_installed_ends_in_one_line(bare_checkout):
    result = run_in(bare_checkout)
    assert result.returncode == 1
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1
    assert "gcc-arm-none-eabi" in lines[0] and "qemu-system-arm" in lines[0]
    assert not (bare_checkout / ".venv").exists()


def test_a_package_manager_that_fails_ends_in_one_line_and_keeps_its_words(bare_checkout):
    apt = bare_checkout / "bin" / "apt-get"
    apt.write_text("#!/bin/sh\necho 'E: Unable to locate package'\nexit 100\n")
    apt.chmod(0o755)
    sudo = bare_checkout / "bin" / "sudo"
    sudo.write_text('#!/bin/sh\nshift\nexec "$@"\n')
    sudo.chmod(0o755)
    (bare_checkout / "bin" / "sh").symlink_to("/bin/sh")
    result = run_in(bare_checkout)
    assert result.returncode == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Unable to locate package" in (bare_checkout / "build" / "setup.log").read_text()


def test_only_what_is_missing_is_asked_for(bare_checkout):
    for tool in ("cc", "arm-none-eabi-gcc", "espeak-ng"):
        (bare_checkout / "bin" / tool).symlink_to(shutil.which(tool))
    line = run_in(bare_checkout).stderr
    assert "qemu-system-arm" in line
    assert "espeak-ng" not in line and "gcc-arm-none-eabi" not in line


def test_every_requirement_is_pinned_with_a_hash_and_no_address():
    text = (ROOT / "requirements.txt").read_text()
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    entries = text.replace("\\\n", " ").splitlines()
    pinned = [line for line in entries if line and not line.lstrip().startswith("#")]
    assert len(pinned) > 50
    assert all("==" in line and "--hash=sha256:" in line for line in pinned)


@pytest.fixture
def others(tmp_path) -> Path:
    """The environment of another checkout, with something in it."""
    folder = tmp_path / "other" / ".venv"
    folder.mkdir(parents=True)
    (folder / "pyvenv.cfg").touch()
    (folder / "precious").touch()
    return folder


def refused(checkout: Path) -> str:
    """What set-up says; the machine's own tools are all there, so that it comes to the packages."""
    command = [sys.executable, checkout / "tools" / "setup.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    return done.stderr


def test_an_environment_that_is_another_checkouts_is_not_emptied(bare_checkout, others):
    (bare_checkout / ".venv").symlink_to(others)
    assert f"a link to {others}" in refused(bare_checkout)
    assert (others / "precious").exists()


def test_a_folder_that_is_no_environment_is_not_emptied(bare_checkout):
    (bare_checkout / ".venv").mkdir()
    (bare_checkout / ".venv" / "precious").touch()
    assert "something else" in refused(bare_checkout)
    assert (bare_checkout / ".venv" / "precious").exists()
