"""The same bytes on this computer, with the portable C and with the DSP instructions; no undefined behaviour."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from c_frontend import SOURCES

from ml.native import logmel, vibration
from ml.native.build import ROOT
from ml.profile.boards import EMULATED
from tools.studies.frontend_bench import ask, build

HERE = Path(__file__).parent
CHECKSUM = re.compile(rb"checksum ([0-9a-f]{8})\n")
WARNINGS = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-c"]
COMPILED = [path for path in SOURCES if path.stem not in ("fft_64", "fft_128", "fft_256", "fft_1024")]
CORES = ["cortex-m0plus", "cortex-m3", "cortex-m4"]


def config_h() -> str:
    """Configurations that use every branch."""
    words = logmel.LogmelConfig(hop=160, noise_factor=20, gain_strength=200, gain_offset=1000)
    cepstra = logmel.LogmelConfig(rate_hz=8000, window=250, hop=80, fft=256, bands=21, cepstra=13)
    machine = vibration.VibrationConfig(
        rate_mhz=1_000_000, size=128, band_hz=(0, 100, 300, 500), envelope_hz=(10, 60, 200), hop=50
    )
    includes = '#include "frontend/logmel.h"\n#include "frontend/vibration.h"\n'
    sources = [
        logmel.c_source(words, "words"), logmel.c_source(cepstra, "cepstra"), vibration.c_source(machine, "machine")
    ]  # fmt: skip
    return includes + "\n".join(sources)


@pytest.fixture(scope="module")
def checksum(tmp_path_factory) -> bytes:
    """Of the exercise on this computer, where undefined behaviour or a wrong address ends it."""
    folder = tmp_path_factory.mktemp("exercise")
    (folder / "config.h").write_text(config_h())
    checks = ["-fsanitize=undefined,address", "-fno-sanitize-recover=all", "-g", "-O1", "-std=c99"]
    includes = [f"-I{folder}", f"-I{HERE / 'firmware'}", f"-I{ROOT / 'lib' / 'frontend' / 'include'}"]
    sources = [*SOURCES, HERE / "firmware" / "exercise.c", HERE / "exercise_main.c"]
    subprocess.run(["gcc", *checks, *includes, *sources, "-o", folder / "exercise"], check=True)
    done = subprocess.run([folder / "exercise"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return CHECKSUM.search(done.stdout)[1]


def test_no_undefined_behaviour_from_silence_to_extremes(checksum):
    assert len(checksum) == 8


@pytest.mark.parametrize("board", EMULATED)
def test_a_board_makes_the_same_bytes(board, checksum, tmp_path):
    program = build(tmp_path, HERE / "firmware", board, {"config.h": config_h()})
    assert ask(tmp_path, program, board, CHECKSUM) == (checksum,)


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.stem)
def test_sources_compile_without_a_warning(path, tmp_path):
    commands = [["gcc"], ["clang"], *(["arm-none-eabi-gcc", f"-mcpu={core}", "-mthumb"] for core in CORES)]
    commands.append(["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-O0"])  # constants in the instructions
    for command in commands:
        if shutil.which(command[0]):
            optimised = [flag for flag in WARNINGS if flag != "-O2" or "-O0" not in command]
            include = f"-I{ROOT / 'lib' / 'frontend' / 'include'}"
            subprocess.run([*command, *optimised, include, path, "-o", tmp_path / "made.o"], check=True)
