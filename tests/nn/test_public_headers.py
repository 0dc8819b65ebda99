"""Every public header of lib/ is C++11 as well, to the letter: sketches include them."""

import shutil
import subprocess

import pytest

from ml.paths import ROOT

DECLARED = ROOT / "tests/engine_tflm/declared"  # of TensorFlow Lite Micro, whose checkout is the user's
COMPILER = shutil.which("g++")
FLAGS = ("-std=c++11", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c++", "-")


def test_public_headers_are_plain_cpp11():
    if COMPILER is None:
        pytest.skip("g++ is not installed")
    folders = sorted(ROOT.glob("lib/*/include"))
    headers = [header.relative_to(folder) for folder in folders for header in sorted(folder.rglob("*.h"))]
    assert len(headers) > 30
    text = "".join(f'#include "{header}"\n' for header in headers)
    made = subprocess.run(
        [COMPILER, *(f"-I{folder}" for folder in folders), "-isystem", str(DECLARED), *FLAGS],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
