"""The image in QEMU: the model checks its own output, on a processor with the DSP extension and on one without."""

import shutil
import subprocess

import pytest

from ml.compiler.compile import compile_model
from ml.profile.boards import machines
from ml.profile.image import build

MODELS = {"kws": "kws_ref_model", "sww": "str_ww_ref_model", "ad": "ad01_int8"}
BOARDS = {"cortex-m4": machines()["virtual"], "cortex-m3": machines()["virtual-m3"]}


@pytest.mark.skipif(shutil.which("qemu-system-arm") is None, reason="qemu-system-arm is not installed")
@pytest.mark.parametrize("name", MODELS)
def test_one_header_gives_the_same_output_with_and_without_dsp_instructions(name, shared, tmp_path):
    data = (shared / f"models/{MODELS[name]}.tflite").read_bytes()
    header = compile_model(data, name, tmp_path).header
    for cpu, board in BOARDS.items():
        image = build(header, name, tmp_path / cpu, cpu)
        qemu = ["qemu-system-arm", "-M", board, "-display", "none", "-semihosting", "-kernel", str(image.path)]
        assert subprocess.run(qemu, timeout=60, check=False).returncode == 0, cpu
