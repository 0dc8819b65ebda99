"""Which folders are a checkout of TensorFlow Lite Micro, and what of one is compiled. The folders have the names of the
repository's files, and nothing in them: its sources are not at hand."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ml.engine import checkout
from ml.engine.checkout import find
from ml.errors import UserError
from ml.paths import ROOT

MAKEFILE = """\
MICROLITE_CC_KERNEL_SRCS := \\
$(TENSORFLOW_ROOT)tensorflow/lite/micro/kernels/add.cc \\
$(TENSORFLOW_ROOT)tensorflow/lite/micro/kernels/conv.cc \\
$(TENSORFLOW_ROOT)tensorflow/lite/micro/kernels/kernel_util.cc

MICROLITE_TEST_HDRS := \\
$(TENSORFLOW_ROOT)tensorflow/lite/micro/kernels/never.cc
"""
MICRO = [
    "micro_interpreter.h",
    "micro_interpreter.cc",
    "micro_mutable_op_resolver.h",
    "kernels/kernel_util.h",
    "kernels/kernel_util.cc",
    "kernels/conv.cc",
    "kernels/add.cc",
    "kernels/cmsis_nn/conv.cc",
    "kernels/cmsis_nn/conv_test.cc",
    "memory_planner/greedy_memory_planner.cc",
    "arena_allocator/ibuffer_allocator.h",
    "arena_allocator/single_arena_buffer_allocator.cc",
    "tflite_bridge/bridge.cc",
    "micro_interpreter_test.cc",
    "test_helpers.cc",
    "mock_micro_graph.cc",
    "examples/hello_world/main.cc",
]
SHARED = ("core/api/flatbuffer_conversions.cc", "c/common.cc", "array.cc", "experimental/microfrontend/lib/fft.cc")
THIRD = [
    "flatbuffers/include/flatbuffers/flatbuffers.h",
    "gemmlowp/fixedpoint/fixedpoint.h",
    "ruy/ruy/profiler/instrumentation.h",
    "cmsis_nn/Include/arm_nnfunctions.h",
    "cmsis_nn/Source/ConvolutionFunctions/arm_convolve_s8.c",
    "cmsis/CMSIS/Core/Include/cmsis_gcc.h",
]


def fill(root: Path, third_party: str, *, cmsis_nn: bool = True) -> Path:
    names = [f"tensorflow/lite/micro/{name}" for name in MICRO] + [f"tensorflow/lite/{name}" for name in SHARED]
    names += [f"{third_party}/{name}" for name in THIRD if cmsis_nn or not name.startswith("cmsis")]
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """github.com/tensorflow/tflite-micro behind third_party_downloads; its kernels beside one that nobody compiles."""
    root = fill(tmp_path / "tflite-micro", checkout.DOWNLOADS.as_posix())
    (root / checkout.MAKEFILE).write_text(MAKEFILE)
    (root / "tensorflow/lite/micro/kernels/never.cc").touch()
    monkeypatch.setenv(checkout.VARIABLE, str(root))
    return root


@pytest.fixture
def tree(tmp_path, monkeypatch) -> Path:
    """What create_tflm_tree.py makes for CMSIS-NN."""
    root = fill(tmp_path / "tree", "third_party")
    (root / "tensorflow/lite/micro/kernels/conv.cc").unlink()
    monkeypatch.setenv(checkout.VARIABLE, str(root))
    return root


def names(paths: list[Path], root: Path) -> list[str]:
    return [
        path.relative_to(root / "tensorflow/lite").as_posix()
        for path in paths
        if "cmsis_nn/Source" not in path.as_posix()
    ]


@pytest.mark.parametrize("form", ["repository", "tree"])
def test_the_core_is_the_makefiles_without_tests_and_examples(form, request):
    root = request.getfixturevalue(form)
    assert names(find().core, root) == [
        "c/common.cc",
        "core/api/flatbuffer_conversions.cc",
        "micro/arena_allocator/single_arena_buffer_allocator.cc",
        "micro/memory_planner/greedy_memory_planner.cc",
        "micro/micro_interpreter.cc",
        "micro/tflite_bridge/bridge.cc",
    ]


@pytest.mark.parametrize("form", ["repository", "tree"])
def test_cmsis_nn_takes_the_place_of_the_kernels_that_it_has(form, request):
    root = request.getfixturevalue(form)
    found = find()
    assert found.cmsis_nn and "CMSIS_NN" in found.defines
    kernels = names(found.kernel_sources, root)
    assert kernels == ["micro/kernels/add.cc", "micro/kernels/cmsis_nn/conv.cc", "micro/kernels/kernel_util.cc"]
    assert any(path.name == "arm_convolve_s8.c" for path in found.kernel_sources)


def test_reference_kernels_on_request_are_those_that_the_makefile_lists(repository, monkeypatch):
    monkeypatch.setenv(checkout.KERNELS, "reference")
    found = find()
    assert not found.cmsis_nn and "CMSIS_NN" not in found.defines
    kernels = names(found.kernel_sources, repository)
    assert kernels == ["micro/kernels/add.cc", "micro/kernels/conv.cc", "micro/kernels/kernel_util.cc"]


@pytest.mark.parametrize("form", ["repository", "tree"])
def test_includes_are_folders_that_are_there(form, request):
    request.getfixturevalue(form)
    assert [path for path in find().includes if not path.is_dir()] == []


def test_without_one_a_line_says_what_is_missing(monkeypatch):
    monkeypatch.delenv(checkout.VARIABLE, raising=False)
    with pytest.raises(UserError, match="found none: set THIMBLE_TFLM=DIR"):
        find([None, "", "nowhere"])


def test_a_folder_that_is_none_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv(checkout.VARIABLE, str(tmp_path))
    with pytest.raises(UserError, match=r"found no tensorflow/lite/micro/micro_interpreter\.h"):
        find()


def test_a_repository_without_downloads_names_the_command(repository):
    shutil.rmtree(repository / checkout.DOWNLOADS)
    with pytest.raises(UserError, match="third_party_downloads"):
        find()


def test_kernels_that_are_not_there_are_refused(tree, tmp_path, monkeypatch):
    with pytest.raises(UserError, match="a tree made for others"):
        find(kernels="reference")
    with pytest.raises(UserError, match="expected cmsis_nn or reference"):
        find(kernels="xtensa")
    monkeypatch.setenv(checkout.VARIABLE, str(fill(tmp_path / "plain", "third_party", cmsis_nn=False)))
    with pytest.raises(UserError, match="found none; run there: make"):
        find(kernels="cmsis_nn")


def test_a_build_without_a_checkout_ends_in_one_line(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != checkout.VARIABLE}
    environment |= {"PLATFORMIO_WORKSPACE_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "platformio", "run", "-e", "gesture_recognition-virtual-tflm"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert done.returncode == 1
    assert len(lines) == 1 and "set THIMBLE_TFLM=DIR" in lines[0]
    assert "Traceback" not in done.stderr
