"""The tests' compilers behind ccache: the same source is compiled once, another one anew."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import compiler_cache

pytestmark = pytest.mark.skipif(not (shutil.which("ccache") and shutil.which("cc")), reason="no ccache or no cc here")


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """In use, and empty."""
    before = [part for part in os.environ["PATH"].split(os.pathsep) if Path(part).name not in ("compilers", "ccache")]
    monkeypatch.setenv("PATH", os.pathsep.join(before))
    monkeypatch.setenv("CCACHE_DIR", str(tmp_path / "kept"))
    compiler_cache.use(tmp_path)
    return tmp_path


def hits() -> int:
    told = subprocess.run(["ccache", "--print-stats"], capture_output=True, text=True, check=True).stdout
    counts = dict(line.split("\t") for line in told.splitlines())
    return int(counts["direct_cache_hit"]) + int(counts["preprocessed_cache_hit"])


def compiled(folder: Path, text: str) -> bytes:
    (folder / "one.c").write_text(text)
    subprocess.run(["cc", "-c", "one.c", "-o", "one.o"], cwd=folder, check=True)
    return (folder / "one.o").read_bytes()


def test_the_same_source_is_compiled_once_and_another_anew(cache):
    first = compiled(cache, "int one(void) { return 1; }\n")
    assert hits() == 0
    assert compiled(cache, "int one(void) { return 1; }\n") == first
    assert hits() == 1
    assert compiled(cache, "int one(void) { return 2; }\n") != first
    assert hits() == 1


def test_compilers_are_found_whatever_the_path_is_later(cache, monkeypatch):
    """Each names the compiler itself, not what a search would find then."""
    assert shutil.which("cc") == str(cache / "compilers" / "cc")
    monkeypatch.setenv("PATH", str(cache / "compilers"))
    done = subprocess.run([cache / "compilers" / "cc", "--version"], capture_output=True, check=False)
    assert done.returncode == 0
