"""The header: the same bytes on every run, readable, and clean under every compiler at hand."""

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from ml.compiler import HostModel, Options, compile_model, emit
from ml.compiler.compile import prepare
from ml.compiler.header import Identity, header
from ml.errors import UserError
from ml.paths import ROOT
from tests.compiler.builder import Builder
from tests.compiler.fuzz import batch
from tests.compiler.parity import assert_same_as_tflm, needs_tflm
from tests.compiler.test_reader import GOOD, small_model

WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Werror"]
CORES = ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33"]
COMPILERS = {
    "gcc": ["gcc"],
    "clang": ["clang"],
    **{core: ["arm-none-eabi-gcc", f"-mcpu={core}", "-mthumb", "-O2", "-ffreestanding"] for core in CORES},
}


def kitchen_sink() -> bytes:
    """One model with an operator of every family that has a struct or an array of its own."""
    b = Builder()
    x = b.tensor((1, 8, 8, 4), scale=0.1, zero=3)

    def tensor(*shape, scale=0.1, zero=3):
        return b.tensor(shape, scale=scale, zero=zero)

    walk = {"padding": 0, "stride_width": 1, "stride_height": 1}
    grouped = tensor(1, 8, 8, 6)
    w = b.const(np.ones((6, 3, 3, 2), np.int8), scales=np.full(6, 0.01))
    b.op("CONV_2D", [x, w], [grouped], **walk, activation="relu6")
    deep = tensor(1, 8, 8, 6)
    w = b.const(np.ones((1, 3, 3, 6), np.int8), scales=np.full(6, 0.01), axis=3)
    b.op("DEPTHWISE_CONV_2D", [grouped, w], [deep], **walk, depth_multiplier=1)
    added = tensor(1, 8, 8, 6)
    b.op("ADD", [grouped, deep], [added])
    padded = tensor(1, 10, 10, 6)
    b.op("PAD", [added, b.const(np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32))], [padded])
    pooled = tensor(1, 5, 5, 6)
    window = {"padding": 1, "stride_width": 2, "stride_height": 2, "kernel_width": 2, "kernel_height": 2}
    b.op("MAX_POOL_2D", [padded, *[]], [pooled], **window)
    joined = tensor(1, 5, 5, 12)
    b.op("CONCATENATION", [pooled, pooled], [joined], axis=3)
    mean = tensor(1, 12)
    b.op("MEAN", [joined, b.const(np.array([1, 2], np.int32))], [mean])
    per_channel = tensor(1, 5)
    b.op("FULLY_CONNECTED", [mean, b.const(np.ones((5, 12), np.int8), scales=np.full(5, 0.02)), -1], [per_channel])
    dense = tensor(1, 3)
    b.op("FULLY_CONNECTED", [per_channel, b.const(np.ones((3, 5), np.int8), scales=[0.02]), -1], [dense])
    soft = tensor(1, 3, scale=1 / 256, zero=-128)
    b.op("SOFTMAX", [dense], [soft], beta=1.0)
    return b.model([x], [soft])


def second_sink() -> bytes:
    """The operators on int8 that `kitchen_sink` leaves out."""
    b = Builder()
    quantised = {"scale": 0.1, "zero": 3}

    def ints(*values):
        return b.const(np.array(values, np.int32))

    def then(kind, shape, *inputs, scale=0.1, zero=3, **options):
        made = b.tensor(shape, scale=scale, zero=zero)
        b.op(kind, list(inputs), [made], **options)
        return made

    image, row = (1, 4, 6, 3), np.arange(3, dtype=np.int8).reshape(1, 1, 1, 3)
    x = b.tensor(image, **quantised)
    constant = b.const(row, scales=[0.1], zeros=[3])
    y = then("SUB", image, x, constant)
    y = then("MUL", image, y, x)
    y = then("SQUARED_DIFFERENCE", image, y, x, scale=1.0, zero=-128)
    y = then("QUANTIZE", image, y)
    y = then("MAXIMUM", image, y, constant)
    y = then("MINIMUM", image, y, x)
    y = then("LEAKY_RELU", image, y, alpha=0.2)
    y = then("HARD_SWISH", image, y)
    y = then("TANH", image, y, scale=1 / 128, zero=0)
    y = then("QUANTIZE", image, y)
    padded = then(
        "PADV2", (1, 6, 6, 3), y, ints([0, 0], [1, 1], [0, 0], [0, 0]), b.const(np.int8(-5), scales=[0.1], zeros=[3])
    )
    turned = then("TRANSPOSE", (1, 3, 6, 6), padded, ints(0, 3, 1, 2))
    cut = then("STRIDED_SLICE", (1, 3, 3, 2), turned, ints(0, 0, 5, 0), ints(1, 3, -7, 6), ints(1, 1, -2, 3))
    big = then("RESIZE_NEAREST_NEIGHBOR", (1, 6, 5, 2), cut, ints(6, 5))
    parts = [b.tensor((1, 3, 5, 2), **quantised) for _ in range(2)]
    b.op("SPLIT", [ints(1), big], parts, num_splits=2)
    y = then("ADD", (1, 3, 5, 2), *parts)
    y = then("REDUCE_MAX", (1, 5, 2), y, ints(1))
    y = then("AVERAGE_POOL_2D", (1, 1, 5, 2), then("RESHAPE", (1, 1, 5, 2), y, ints(1, 1, 5, 2)), **{
        "padding": 0, "stride_width": 1, "stride_height": 1, "kernel_width": 3, "kernel_height": 1,
    })  # fmt: skip
    return b.model([x], [then("LOGISTIC", (1, 1, 5, 2), y, scale=1 / 256, zero=-128)])


SINKS = {"small": lambda: GOOD, "first": kitchen_sink, "second": second_sink}


def test_the_same_model_gives_the_same_bytes(tmp_path):
    first = compile_model(GOOD, "net", tmp_path / "a", labels=["a", "b", "c"]).header.read_bytes()
    assert compile_model(small_model(), "net", tmp_path / "b", labels=["a", "b", "c"]).header.read_bytes() == first


def test_no_line_is_too_long_and_no_path_or_date_is_in_it(tmp_path):
    text = compile_model(kitchen_sink(), "net", tmp_path).header.read_text()
    assert max(map(len, text.splitlines())) <= 120
    assert str(tmp_path) not in text
    assert str(ROOT) not in text
    assert " \n" not in text


def test_sections_labels_and_notes_arrive_whole(tmp_path):
    made = compile_model(
        GOOD, "net", tmp_path, labels=['say "yes"', "no\\", "?"], data_hash="abcd", notes=["int8 94.1 %"],
        sections=["#define NET_THRESHOLD 200"],
    )  # fmt: skip
    text = made.header.read_text()
    assert "// int8 94.1 %" in text
    assert "#define NET_THRESHOLD 200\n" in text
    model = HostModel(made.header).model
    assert [model.label[i].decode() for i in range(model.classes)] == ['say "yes"', "no\\", "?"]
    assert (model.hash.decode(), model.data_hash.decode()) == (made.hash, "abcd")


@pytest.mark.parametrize("sink", SINKS)
def test_layers_write_the_arena_to_its_end_and_not_into_the_guard(tmp_path, sink):
    guard, paint = 64, 0x35
    path = compile_model(SINKS[sink](), "net", tmp_path).header
    path.write_text(f"#define NN_GUARD {guard}\n{path.read_text()}")  # not as a flag: kernels are the same for any
    model = HostModel(path)
    arena = (ctypes.c_uint8 * (model.model.arena_size + guard)).from_address(model.model.arena)
    ctypes.memset(arena, paint, len(arena))
    for seed in range(3):  # a byte may happen to be the paint's
        values = np.random.default_rng(seed).integers(-128, 128, model.model.input_size)
        model.run(values.astype(np.int8)[None])
    touched = np.flatnonzero(np.frombuffer(arena, np.uint8) != paint)
    spare = 16  # bytes: a kernel's scratch is for its worst case
    assert model.model.arena_size - spare <= touched[-1] < model.model.arena_size


def test_a_comment_cannot_swallow_the_next_line():
    assert emit.comment("trigraph ??/\nsplice \\") == "// trigraph\n// splice"


@pytest.mark.parametrize("standard", ["c99", "c++11"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_it_compiles_without_a_warning(tmp_path, compiler, standard):
    assert_no_warning(tmp_path, compiler, standard, [prepare(sink(), "model") for sink in SINKS.values()])


USE = """const nn_model *use_{name}(void);
const nn_model *use_{name}(void) {{ return &{name}_model; }}
"""


def assert_no_warning(tmp_path, compiler, standard, programs, use=USE):
    """The headers alone, in C or C++, together in one source; `use` is how each is used, by its name."""
    command = COMPILERS[compiler]
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]} here")
    names = [f"net{number}" for number in range(len(programs))]
    for name, program in zip(names, programs, strict=True):
        (tmp_path / f"{name}.h").write_text(header(program, Identity(name, "0" * 16, labels=("a", "b", "c")), 1))
    source = tmp_path / ("main.c" if standard == "c99" else "main.cpp")
    source.write_text("".join(f'#include "{name}.h"\n' + use.format(name=name) for name in names))
    front = [command[0].replace("gcc", "g++"), *command[1:]] if standard == "c++11" else command
    include = [f"-I{ROOT}/lib/nn/include", f"-I{tmp_path}"]
    call = [*front, f"-std={standard}", *WARNINGS, *include, "-c", str(source), "-o", str(tmp_path / "out.o")]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_kernels_compile_without_a_warning(compiler):
    """What the optimiser would warn of ends other tests: they build the kernels with -Werror for this computer, for a
    Cortex-M3 and for a Cortex-M4."""
    command = COMPILERS[compiler]
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]} here")
    sources = sorted((ROOT / "lib/nn/src").rglob("*.c"))
    call = [*command, "-std=c99", *WARNINGS, f"-I{ROOT}/lib/nn/include", "-fsyntax-only", *map(str, sources)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_inference_has_no_floating_point_and_no_heap(tmp_path):
    if not shutil.which("arm-none-eabi-gcc"):
        pytest.skip("no arm-none-eabi-gcc here")
    sources = sorted((ROOT / "lib/nn/src").rglob("*.c"))
    call = ["arm-none-eabi-gcc", "-mcpu=cortex-m0plus", "-mthumb", "-O2", "-std=c99", f"-I{ROOT}/lib/nn/include", "-c"]
    subprocess.run([*call, *map(str, sources)], check=True, cwd=tmp_path)
    names = subprocess.run(
        ["arm-none-eabi-nm", "-u", *map(str, tmp_path.glob("*.o"))], capture_output=True, text=True, check=True
    ).stdout
    wanted = {line.split()[-1] for line in names.splitlines() if line.startswith(" ")}
    foreign = {
        name for name in wanted if not name.startswith(("nn_", "__aeabi_l", "__aeabi_i", "__aeabi_u", "__gnu_thumb"))
    }
    assert foreign <= {"memcpy", "memmove", "memset", "__clzsi2", "__clzdi2", "__aeabi_memset"}


def test_run_under_address_and_undefined_behaviour_sanitizers(tmp_path):
    if not shutil.which("gcc"):
        pytest.skip("no gcc here")
    made = compile_model(kitchen_sink(), "net", tmp_path)
    main = tmp_path / "main.c"
    main.write_text(f'#include "{made.header.name}"\nint main(void) {{ return nn_self_test(&net_model) ? 0 : 1; }}\n')
    assert_runs_clean(main)


def assert_runs_clean(main: Path) -> None:
    """A program around a model, its header beside it, ends well under both sanitizers."""
    kernels, program = batch.kernels("sanitized"), main.with_suffix("")
    include = [f"-I{ROOT}/lib/nn/include", f"-I{main.parent}"]
    build = ["gcc", "-std=c99", "-g", *batch.SANITIZERS, *include, str(main), *kernels, "-o", str(program)]
    subprocess.run(build, check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@needs_tflm
@pytest.mark.parametrize("optimise", ["speed", "size"])
@pytest.mark.parametrize("sink", SINKS)
def test_the_models_of_this_file_equal_tflm(sink, optimise):
    assert_same_as_tflm(SINKS[sink](), count=2, options=Options(optimise))


def test_a_name_that_is_no_c_identifier_is_refused(tmp_path):
    with pytest.raises(UserError, match="--name"):
        compile_model(GOOD, "my model", tmp_path)


def test_labels_must_match_the_outputs(tmp_path):
    with pytest.raises(UserError, match="expected 3 labels"):
        compile_model(GOOD, "net", tmp_path, labels=["a", "b"])
    assert not list(tmp_path.iterdir())
