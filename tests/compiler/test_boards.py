"""The five models, layers with state and int16 activations give TensorFlow Lite Micro's bytes on emulated boards:
Cortex-M4 (DSP kernels) and Cortex-M3 (portable kernels)."""

import shutil
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest

from ml.compiler import compile_model, tflm
from ml.paths import ROOT
from ml.profile import image
from ml.profile.boards import machines
from tests.compiler.parity import needs_tflm
from tests.compiler.test_damaged_families import MODELS as FAMILIES
from tests.compiler.test_models import MODELS, model_bytes

BOARDS = {"cortex-m4": machines()["virtual"], "cortex-m3": machines()["virtual-m3"]}
COUNT = 4
ELSEWHERE = ("further operators", "further operators on int16")  # test_further.py: TFLM has no TILE
TOOLS = ("arm-none-eabi-gcc", "qemu-system-arm")
missing = [tool for tool in TOOLS if not shutil.which(tool)]
pytestmark = [needs_tflm, pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")]


def generated_inputs(size: int) -> np.ndarray:
    """The inputs of board_main.c, int8 [COUNT, size]."""
    x, values = 1, []
    for _ in range(COUNT * size):
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
        values.append(x >> 24)
    return np.array(values, np.uint8).view(np.int8).reshape(COUNT, size)


def run_on(core: str, header: Path, folder: Path) -> str:
    """What the board writes."""
    (folder / "model.h").write_text(header.read_text())
    flags = [*image.CPUS[core], "-O2", "-std=gnu99", f"-I{ROOT}/lib/nn/include", f"-I{folder}", f"-DCOUNT={COUNT}"]
    sources = [str(Path(__file__).parent / "board_main.c"), *map(str, image.kernels(core))]
    places = "-Wl,--section-start=.vectors=0,-Ttext=0x100,-Tdata=0x20000000,-e,reset,--defsym=stack_top=0x20200000"
    link = ["-nostartfiles", "--specs=nano.specs", places, "-Wl,-n"]
    program = folder / "model.elf"
    subprocess.run([TOOLS[0], *flags, *sources, *link, "-o", str(program)], check=True)
    emulator = [TOOLS[1], "-M", BOARDS[core], "-nographic", "-monitor", "none", "-serial", "null"]
    semihosting = ["-semihosting-config", "enable=on,target=native"]
    done = subprocess.run(
        [*emulator, *semihosting, "-kernel", str(program)], capture_output=True, text=True, check=False, timeout=120
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("core", BOARDS)
@pytest.mark.parametrize("name", MODELS)
def test_outputs_on_the_board_equal_tflm(shared, tmp_path, name, core):
    assert_same_on(core, model_bytes(shared, name), tmp_path)


@pytest.mark.parametrize("core", BOARDS)
@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in ELSEWHERE])
def test_state_and_int16_on_the_board_equal_tflm(tmp_path, name, core):
    assert_same_on(core, FAMILIES[name], tmp_path)


def assert_same_on(core: str, tflite: bytes, tmp_path: Path) -> None:
    """One inference after the other from a reset, on the board and in TFLM."""
    compiled = compile_model(tflite, "net", tmp_path / "lib")
    program, reference = compiled.program, tflm.Reference(tflite)
    expected = b"".join(reference.run(row)[program.output.index] for row in generated_inputs(program.input.size))
    written = run_on(core, compiled.header, tmp_path)
    assert written == f"self test 1, outputs {zlib.crc32(expected):08x}\n"
