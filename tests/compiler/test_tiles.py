"""Two layers in strips: TFLM's bytes from a smaller arena, and the same header where nothing is won."""

from collections import defaultdict

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ml.compiler import HostModel, Options, compile_model, lowering, tflm
from ml.compiler.compile import prepare
from ml.compiler.header import Identity, header
from ml.compiler.passes import run_passes
from ml.compiler.reader import read
from ml.compiler.tiling import LEAST_GAIN, MOST_WORK
from ml.compiler.tiling.strips import cut, heights, pair_at
from ml.evaluate import parity
from tests.compiler.parity import assert_same_as_tflm, host_program, inputs, needs_tflm
from tests.compiler.strategies import channel_scales, weights
from tests.compiler.streaming.stacks import SAME, VALID, Stack
from tests.compiler.test_header import COMPILERS, assert_no_warning
from tests.compiler.test_models import MODELS, model_bytes


def wide_between(padding=SAME, kernel=(3, 3), stride=(2, 2), shape=(1, 24, 20, 4)) -> bytes:
    """Pointwise to four times the channels, then depthwise: what is between them is the peak."""
    stack = Stack(shape).conv(4 * shape[3], (1, 1)).depthwise(kernel, stride, padding=padding)
    return stack.dense(3).model()


def multiplied(padding=SAME, stride=(1, 1), shape=(1, 21, 17, 3)) -> bytes:
    """Depthwise to eight times the channels, then pointwise back to few."""
    stack, channels = Stack(shape), 8 * shape[3]
    filters = stack.builder.const(weights(5, (1, 3, 3, channels)), scales=channel_scales(5, channels), axis=3)
    read, sides = stack.last, stack.sides((3, 3), stride, (1, 1), padding)
    stack.last = stack.made((1, *sides, channels), zero=-100)
    options = {"padding": padding, "stride_height": stride[0], "stride_width": stride[1], "depth_multiplier": 8}
    stack.builder.op("DEPTHWISE_CONV_2D", [read, filters], [stack.last], **options)
    return stack.conv(2, (1, 1)).dense(2).model()


CHAINS = {
    "pw -> dw, SAME, stride 2": wide_between,
    "pw -> dw, VALID": lambda: wide_between(VALID),
    "pw -> dw, odd sides, even kernel": lambda: wide_between(kernel=(4, 2), shape=(1, 23, 13, 4)),
    "pw -> dw, stride beyond the kernel": lambda: wide_between(kernel=(2, 2), stride=(3, 3), shape=(1, 25, 11, 4)),
    "pw -> dw, stride along the rows only": lambda: wide_between(stride=(2, 1), shape=(1, 31, 9, 4)),
    "dw -> pw, SAME": multiplied,
    "dw -> pw, VALID": lambda: multiplied(VALID),
    "dw -> pw, stride 2": lambda: multiplied(stride=(2, 2), shape=(1, 30, 23, 2)),
    "conv -> max pool": lambda: (
        Stack((1, 26, 18, 2)).conv(16, (3, 3), padding=SAME).pool("MAX", (2, 2), (2, 2)).dense(2).model()
    ),
    "conv -> average pool, SAME": lambda: (
        Stack((1, 27, 15, 2)).conv(16, (3, 3)).pool("AVERAGE", (3, 3), (2, 2), SAME).dense(2).model()
    ),
    "int16": lambda: (
        Stack((1, 24, 20, 4), dtype="int16")
        .conv(16, (1, 1))
        .depthwise((3, 3), (2, 2), padding=SAME)
        .mean((1, 2))
        .model()
    ),
}


def untiled(tflite: bytes, options: Options | None = None):
    return lowering.build(run_passes(read(tflite, "model")), options or Options(), "model")


def assert_smaller(tflite: bytes, options: Options):
    tiled, whole = prepare(tflite, "model", options), untiled(tflite, options)
    assert tiled.graph.tiles
    assert tiled.plan.size <= (1 - LEAST_GAIN) * whole.plan.size
    if options.optimise == "speed":
        assert tiled.macs <= MOST_WORK * whole.macs
    return tiled


@needs_tflm
@pytest.mark.parametrize("name", CHAINS)
def test_strips_give_the_bytes_of_tflm_in_a_smaller_arena(name):
    assert_smaller(CHAINS[name](), Options("size"))
    assert_same_as_tflm(CHAINS[name](), options=Options("size"))


@needs_tflm
@pytest.mark.parametrize("name", ["pw -> dw, SAME, stride 2", "conv -> max pool", "pw -> dw, stride beyond the kernel"])
def test_speed_takes_strips_of_little_more_work(name):
    assert_smaller(CHAINS[name](), Options("speed"))
    assert_same_as_tflm(CHAINS[name](), options=Options("speed"))


@needs_tflm
@settings(max_examples=25)
@given(st.data())
def test_every_height_of_strips_gives_the_bytes_of_tflm(data):
    """Whether it pays or not: kernels, strides, dilation and padding of both layers at random."""
    sides, small = st.integers(5, 14), st.tuples(st.integers(1, 4), st.integers(1, 4))
    stack = Stack((1, data.draw(sides), data.draw(sides), 2), seed=data.draw(st.integers(0, 99)))
    for kind in data.draw(st.sampled_from([("conv", "depthwise"), ("depthwise", "conv"), ("conv", "conv")])):
        kernel, padding = data.draw(small), data.draw(st.sampled_from([SAME, VALID]))
        stride = data.draw(st.sampled_from([(1, 1), (2, 2), (2, 1), (3, 2)]))
        dilation = data.draw(st.sampled_from([(1, 1), (2, 1)])) if stride == (1, 1) else (1, 1)
        assume(min(stack.sides(kernel, stride, dilation, padding)) > 0)
        extra = {"channels": 5} if kind == "conv" else {}
        getattr(stack, kind)(kernel=kernel, stride=stride, dilation=dilation, padding=padding, **extra)
    tflite = stack.model()
    graph = run_passes(read(tflite, "model"))
    rows = graph.outputs[0].shape[1]
    assume(rows > 1 and (pair := pair_at(graph, 0)) is not None)
    tiled = cut(graph, pair, data.draw(st.sampled_from(heights(rows, 32))))
    assume(tiled is not None)
    reference, program = tflm.Reference(tflite), lowering.build(tiled, Options(), "model")
    with host_program(program) as host:
        for given_row in inputs(program, 2):
            assert_strips_make_the_tensors(host.layers(given_row), reference.run(given_row), program)


@needs_tflm
def test_an_input_that_is_read_again_is_not_overwritten():
    stack = Stack((1, 12, 10, 3)).conv(4, (1, 1))
    base = stack.last
    tflite = stack.conv(12, (3, 3), padding=SAME).conv(4, (1, 1)).add(base).model()
    graph = run_passes(read(tflite, "model"))
    program = lowering.build(cut(graph, pair_at(graph, 1), 2), Options(), "model")
    assert program.plan.size >= 2 * 12 * 10 * 4
    with host_program(program) as host:
        for row in inputs(program, 2):
            assert_strips_make_the_tensors(host.layers(row), tflm.Reference(tflite).run(row), program)


def assert_strips_make_the_tensors(layers, tensors, program) -> None:
    """Every strip is the tensor's part, and together they leave no byte out that a later layer reads."""
    covered = defaultdict(set)
    for layer in layers:
        assert layer.data == tensors[layer.tensor][layer.first : layer.first + len(layer.data)], layer.name
        covered[layer.tensor] |= set(range(layer.first, layer.first + len(layer.data)))
    made = program.output.storage
    assert len(covered[made.index]) == made.size


def test_the_fewest_strips_that_reach_the_lowest_peak_are_taken():
    """What is left of the peak is another layer's: more strips would cost work and win nothing."""
    tiled = prepare(wide_between(), "model", Options("size"))
    count, (pair, graph) = len(tiled.graph.tiles[0].first), _pair(wide_between())
    sizes = {}
    for height in heights(pair[1].output.shape[1], 32):
        one = cut(graph, pair, height)
        sizes[len(one.tiles[0].first)] = lowering.build(one, Options("size"), "model").plan.size
    assert tiled.plan.size == min(sizes.values())
    assert count == min(strips for strips, size in sizes.items() if size == tiled.plan.size)


def _pair(tflite: bytes):
    graph = run_passes(read(tflite, "model"))
    return pair_at(graph, 0), graph


def test_a_tensor_that_others_read_stays_whole():
    stack = Stack((1, 16, 16, 2)).conv(16, (1, 1))
    between = stack.last
    stack.depthwise((3, 3), padding=SAME).add(between)
    tflite = stack.dense(2).model()
    assert not prepare(tflite, "model", Options("size")).graph.tiles


def test_the_layers_say_why_they_are_strips(tmp_path):
    compiled = compile_model(wide_between(), "net", tmp_path, options=Options("size"))
    whole = untiled(wide_between(), Options("size")).plan.size
    layers = compiled.program.layers
    count = len(compiled.program.graph.tiles[0].first)
    assert layers[0].lowered.reason.endswith(
        f"strip 1 of {count}: arena {compiled.program.plan.size:,} B, not {whole:,} B"
    )
    assert f"strip {count} of {count}" in layers[2 * count - 1].lowered.reason


def test_weights_are_written_once():
    tiled, whole = prepare(wide_between(), "model", Options("size")), untiled(wide_between(), Options("size"))
    arrays = [sum(a.data.nbytes for layer in p.layers for a in layer.lowered.arrays) for p in (tiled, whole)]
    assert arrays[0] == arrays[1]


@pytest.mark.parametrize("standard", ["c99", "c++11"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_header_compiles_without_a_warning(tmp_path, compiler, standard):
    assert_no_warning(tmp_path, compiler, standard, [prepare(wide_between(), "model", Options("size"))])


@needs_tflm
def test_parity_names_the_strip_that_differs(tmp_path):
    """A layer's bytes are compared with its part of the tensor, on this computer as on a board."""
    tflite = wide_between()
    host = HostModel(compile_model(tflite, "net", tmp_path, options=Options("size")).header)
    stages, reference = parity.layers(host), tflm.Reference(tflite)
    row = inputs(prepare(tflite, "model"), 1)[0]
    spoilt = next(stage.number for stage in stages if stage.first)

    class Target:
        def __init__(self, wrong):
            self.wrong = wrong

        def front_end(self, case, expected):
            self.outputs = iter(host.layers(row))
            return expected

        def layer(self, layer, expected):
            made = bytearray(next(self.outputs).data)
            made[0] ^= 1 if layer.number == self.wrong else 0
            return bytes(made)

    for wrong, found in ((None, 0), (spoilt, 1)):
        check = parity.Parity(reference, stages, Target(wrong))
        check.compare([parity.Case("window", row, 0, row)])
        assert len(check.mismatches) == found
    mismatch = check.mismatches[0]
    assert (mismatch.stage.split()[1], mismatch.differing) == (str(spoilt), 1)
    assert mismatch.index[1] > 0  # its row in the tensor, not in the strip


@pytest.mark.parametrize("optimise", ["speed", "size"])
def test_person_detection_needs_little_more_than_its_input(shared, tmp_path, optimise):
    tflite = model_bytes(shared, "vww")
    compiled = compile_model(tflite, "vww", tmp_path, options=Options(optimise))
    assert compiled.check == MODELS["vww"][1]
    assert untiled(tflite, Options(optimise)).plan.size > 36_864
    assert compiled.program.input.size == 27_648
    assert compiled.program.plan.size <= 1.02 * compiled.program.input.size
    assert compiled.program.macs <= 1.02 * untiled(tflite).macs


@pytest.mark.parametrize("name", ["kws", "ad", "sww", "ic"])
def test_a_model_whose_peak_stays_keeps_its_header(shared, name):
    tflite, who = model_bytes(shared, name), Identity("model", "0" * 16)
    assert header(prepare(tflite, "model"), who, 0) == header(untiled(tflite), who, 0)
