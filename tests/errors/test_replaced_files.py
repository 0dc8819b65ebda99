"""A file that several threads and processes write at the same time is always one of the contents, whole."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from ml.files import replace_file, replacing
from ml.paths import ROOT

TIMES, BYTES = 80, 100_000
WRITERS = b"abcd"
WRITES = f"""
import sys
from pathlib import Path
from ml.files import replace_file
for _ in range({TIMES}):
    replace_file(Path(sys.argv[1]), sys.argv[2].encode() * {BYTES})
"""


def whole(path):
    found = path.read_bytes()
    assert len(found) == BYTES
    assert len(set(found)) == 1
    return True


def in_threads(path):
    def write(letter):
        for _ in range(TIMES):
            replace_file(path, bytes([letter]) * BYTES)

    with ThreadPoolExecutor(len(WRITERS)) as pool:
        writing = [pool.submit(write, letter) for letter in WRITERS]
        while not all(one.done() for one in writing):
            assert not path.exists() or whole(path)
        [one.result() for one in writing]


def in_processes(path):
    words = [sys.executable, "-c", WRITES, str(path)]
    writing = [subprocess.Popen([*words, letter], cwd=ROOT, stderr=subprocess.PIPE, text=True) for letter in "ab"]
    while any(one.poll() is None for one in writing):
        assert not path.exists() or whole(path)
    assert [one.communicate()[1] for one in writing] == ["", ""]


@pytest.mark.parametrize("write", [in_threads, in_processes])
def test_a_file_with_several_writers_is_always_whole_and_they_leave_nothing(tmp_path, write):
    path = tmp_path / "file"
    write(path)
    assert whole(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_that_fails_takes_nothing_of_another_one(tmp_path):
    path = tmp_path / "file"
    with replacing(path) as first:
        first.write_text("first")
        with pytest.raises(ZeroDivisionError), replacing(path) as second:
            second.write_text("half")
            raise ZeroDivisionError
        assert list(tmp_path.iterdir()) == [first]
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]
