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


def compiled(folder: Path, text: str, *more: str) -> bytes:
    (folder / "one.c").write_text(text)
    subprocess.run(["cc", *more, "-c", "one.c", "-o", "one.o"], cwd=folder, check=True)
    return (folder / "one.o").read_bytes()


def test_the_same_source_is_compiled_once_and_another_anew(cache):
    first = compiled(cache, "int one(void) { return 1; }\n")
    assert hits() == 0
    assert compiled(cache, "int one(void) { return 1; }\n") == first
    assert hits() == 1
    assert compiled(cache, "int one(void) { return 2; }\n") != first
    assert hits() == 1


def test_a_copy_of_the_source_elsewhere_is_not_compiled_anew(cache, tmp_path):
    for count, name in enumerate(("copy", "other")):
        (tmp_path / name / "include").mkdir(parents=True)
        (tmp_path / name / "include" / "two.h").write_text("enum { TWO = 2 };\n")
        text = '#include "two.h"\nint one(void) { return TWO; }\n'
        compiled(tmp_path / name, text, "-g", f"-I{tmp_path / name / 'include'}")
        assert hits() == count
    (tmp_path / "other" / "include" / "two.h").write_text("enum { TWO = 3 };\n")
    compiled(tmp_path / "other", text, "-g", f"-I{tmp_path / 'other' / 'include'}")
    assert hits() == 1


def test_of_a_program_of_several_sources_only_those_that_changed_are_compiled_anew(cache, tmp_path):
    def answer(two: str) -> int:
        (tmp_path / "two.c").write_text(f"int two(void) {{ return {two}; }}\n")
        command = ["cc", "-I", str(tmp_path), '-DHEADER="a header.h"', "main.c", "two.c", "-lm", "-o", "the program"]
        subprocess.run(command, cwd=tmp_path, check=True)
        return subprocess.run([tmp_path / "the program"], check=False).returncode

    (tmp_path / "a header.h").write_text("int two(void);\n")
    (tmp_path / "main.c").write_text("#include HEADER\nint main(void) { return two() + 1; }\n")
    assert (answer("2"), hits()) == (3, 0)
    assert (answer("4"), hits()) == (5, 1)
    assert (answer("4"), hits()) == (5, 3)
    with pytest.raises(subprocess.CalledProcessError):
        answer("nothing")


@pytest.mark.parametrize("how", ["-c", "-fsyntax-only"])
def test_several_sources_without_a_program_are_looked_at_one_by_one(cache, tmp_path, how):
    def status(*texts: str) -> int:
        names = [f"{number}.c" for number in range(len(texts))]
        for name, text in zip(names, texts, strict=True):
            (tmp_path / name).write_text(text)
        return subprocess.run(["cc", how, *names], cwd=tmp_path, capture_output=True, check=False).returncode

    assert (status("int one;\n", "int two;\n"), hits()) == (0, 0)
    assert (status("int one;\n", "int three;\n"), hits()) == (0, 1)
    assert status("int one;\n", "nothing at all;\n", "int two;\n") == 1
    assert all((tmp_path / f"{number}.o").exists() for number in range(2)) == (how == "-c")


def test_compilers_are_found_whatever_the_path_is_later(cache, monkeypatch):
    """Each names the compiler itself, not what a search would find then."""
    assert shutil.which("cc") == str(cache / "compilers" / "cc")
    monkeypatch.setenv("PATH", str(cache / "compilers"))
    done = subprocess.run([cache / "compilers" / "cc", "--version"], capture_output=True, check=False)
    assert done.returncode == 0


def test_a_copy_of_several_sources_elsewhere_is_found_again(cache, tmp_path):
    for count, name in enumerate(("a", "b/c")):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "two.h").write_text("int two(void);\n")
        (folder / "main.c").write_text("#include <two.h>\nint main(void) { return two(); }\n")
        (folder / "two.c").write_text("int two(void) { return 2; }\n")
        command = ["cc", "-isystem", folder, folder / "main.c", folder / "two.c", "-o", folder / "program"]
        subprocess.run(command, cwd=cache, check=True)
        assert hits() == 2 * count
