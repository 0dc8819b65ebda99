"""The five models, layers with state and int16 activations give TensorFlow Lite Micro's bytes on emulated boards:
Cortex-M4 (DSP kernels) and Cortex-M3 (portable kernels)."""

import shutil
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest

from ml.compiler import compile_model
from ml.evaluate import tflm
from ml.paths import ROOT
from ml.profile.boards import machines
from tests.compiler.parity import needs_tflm
from tests.compiler.test_damaged_families import MODELS as FAMILIES
from tests.compiler.test_models import MODELS, model_bytes

BOARDS = {"cortex-m4": machines()["virtual"], "cortex-m3": machines()["virtual-m3"]}
COUNT = 4
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


def flags(core: str) -> list[str]:
    return [TOOLS[0], f"-mcpu={core}", "-mthumb", "-O2", "-std=gnu99", f"-I{ROOT}/lib/nn/include"]


@pytest.fixture(scope="session")
def kernels(tmp_path_factory) -> dict[str, list[str]]:
    """The object files of lib/nn for each core."""
    sources = sorted((ROOT / "lib/nn/src").rglob("*.c"))
    objects = {}
    for core in BOARDS:
        folder = tmp_path_factory.mktemp(core)
        subprocess.run([*flags(core), "-c", *map(str, sources)], check=True, cwd=folder)
        objects[core] = sorted(map(str, folder.glob("*.o")))
    return objects


def run_on(core: str, header: Path, objects: list[str], folder: Path) -> str:
    """What the board writes."""
    (folder / "model.h").write_text(header.read_text())
    sources = [f"-DCOUNT={COUNT}", str(Path(__file__).parent / "board_main.c"), *objects]
    places = "-Wl,--section-start=.vectors=0,-Ttext=0x100,-Tdata=0x20000000,-e,reset,--defsym=stack_top=0x20200000"
    link = ["-nostartfiles", "--specs=nano.specs", places, "-Wl,-n"]
    image = folder / "model.elf"
    subprocess.run([*flags(core), f"-I{folder}", *sources, *link, "-o", str(image)], check=True)
    emulator = [TOOLS[1], "-M", BOARDS[core], "-nographic", "-monitor", "none", "-serial", "null"]
    semihosting = ["-semihosting-config", "enable=on,target=native"]
    done = subprocess.run(
        [*emulator, *semihosting, "-kernel", str(image)], capture_output=True, text=True, check=False, timeout=120
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("core", BOARDS)
@pytest.mark.parametrize("name", MODELS)
def test_outputs_on_the_board_equal_tflm(shared, tmp_path, kernels, name, core):
    assert_same_on(core, model_bytes(shared, name), tmp_path, kernels)


@pytest.mark.parametrize("core", BOARDS)
@pytest.mark.parametrize("name", FAMILIES)
def test_state_and_int16_on_the_board_equal_tflm(tmp_path, kernels, name, core):
    assert_same_on(core, FAMILIES[name], tmp_path, kernels)


def assert_same_on(core: str, tflite: bytes, tmp_path: Path, kernels) -> None:
    """One inference after the other from a reset, on the board and in TFLM."""
    compiled = compile_model(tflite, "net", tmp_path / "lib")
    program, reference = compiled.program, tflm.Reference(tflite)
    expected = b"".join(reference.run(row)[program.output.index] for row in generated_inputs(program.input.size))
    written = run_on(core, compiled.header, kernels[core], tmp_path)
    assert written == f"self test 1, outputs {zlib.crc32(expected):08x}\n"
