"""Resource variables, as streaming models have them: the state of a compiled model, with TFLM's bytes step by step."""

import numpy as np
import pytest

from ml.compiler import tflm
from ml.compiler.compile import compile_model, prepare
from ml.errors import UserError
from ml.image import pack
from tests.compiler import strategies as draw_from
from tests.compiler.builder import Builder
from tests.compiler.parity import host_model, needs_tflm

pytestmark = needs_tflm
FRAME, HISTORY, CHANNELS = 3, 2, 4
Q = {"scale": 0.1, "zero": -5}


def history(b: Builder, x: int, *, first=None, once: bool = True) -> tuple[int, int]:
    """The rows of `x` behind those that a variable keeps; returns the tensor and the variable's value."""
    if once:
        b.op("CALL_ONCE", [], [], init_subgraph_index=1)
        start = b.subgraph()
        value = np.full((1, HISTORY, 1, CHANNELS), Q["zero"], np.int8) if first is None else first
        start.op("ASSIGN_VARIABLE", [start.variable("history"), start.const(value, scales=[0.1], zeros=[-5])], [])
    handle, kept = b.variable("history"), b.tensor((1, HISTORY, 1, CHANNELS), **Q)
    b.op("READ_VARIABLE", [handle], [kept])
    whole = b.tensor((1, HISTORY + FRAME, 1, CHANNELS), **Q)
    b.op("CONCATENATION", [kept, x], [whole], axis=1)
    newest = b.tensor((1, HISTORY, 1, CHANNELS), **Q)
    begin, end = ([0, FRAME, 0, 0], [1, FRAME + HISTORY, 1, CHANNELS])
    bounds = [b.const(np.array(one, np.int32)) for one in (begin, end, [1, 1, 1, 1])]
    b.op("STRIDED_SLICE", [whole, *bounds], [newest])
    b.op("ASSIGN_VARIABLE", [handle, newest], [])
    return whole, newest


def wake_word(**how) -> bytes:
    """What microWakeWord makes of a layer: a ring of rows, parts of their channels through depthwise filters, uint8."""
    b = Builder()
    x = b.tensor((1, FRAME, 1, CHANNELS), **Q)
    whole, _ = history(b, x, **how)
    rows = HISTORY + FRAME
    parts = [b.tensor((1, rows, 1, count), **Q) for count in (1, 3)]
    sizes, axis = b.const(np.array([1, 3], np.int32)), b.const(np.int32(3))
    b.op("SPLIT_V", [whole, sizes, axis], parts, num_splits=2)
    made = []
    for part, (taps, count) in zip(parts, ((3, 1), (3, 3)), strict=True):
        w = b.const(draw_from.weights(count, (1, taps, 1, count)), scales=[0.01], axis=3)
        y = b.tensor((1, rows - taps + 1, 1, count), scale=0.05, zero=3)
        options = draw_from.convolution_options({"padding": 1, "stride": (1, 1), "dilation": (1, 1)}, "none", 1)
        b.op("DEPTHWISE_CONV_2D", [part, w, b.const(np.zeros(count, np.int32), scales=[0.001])], [y], **options)
        made.append(y)
    joined = b.tensor((1, FRAME, 1, CHANNELS), scale=0.05, zero=3)
    b.op("CONCATENATION", made, [joined], axis=3)
    score = b.tensor((1, FRAME, 1, CHANNELS), scale=1 / 256, zero=-128)
    b.op("LOGISTIC", [joined], [score])
    out = b.tensor((1, FRAME, 1, CHANNELS), dtype="uint8", scale=1 / 256)
    b.op("QUANTIZE", [score], [out])
    return b.model([x], [out])


def assert_steps_equal_tflm(model: bytes, steps: int = 12) -> None:
    """Every layer, step by step; then again after a reset, as at the start."""
    with host_model(model) as (program, host):
        for start in range(2):
            truth, chance = tflm.Reference(model), np.random.default_rng(start)
            for step in range(steps):
                row = chance.integers(-128, 128, program.input.shape).astype(np.int8)
                expected = truth.run(row)
                for layer in host.layers(row):
                    assert layer.data == expected[layer.tensor], f"start {start}, step {step}, layer {layer.name}"
            host.reset()


def test_a_streaming_model_equals_tflm_over_many_steps_and_after_a_reset():
    model = wake_word()
    assert_steps_equal_tflm(model)
    program = prepare(model, "model")
    assert program.state == HISTORY * CHANNELS
    kinds = [layer.op.kind for layer in program.layers]
    assert "READ_VARIABLE" not in kinds and "ASSIGN_VARIABLE" not in kinds  # no copy is needed
    assert kinds.count("SPLIT_V") == 2


@pytest.mark.parametrize("first", [np.full((1, 2, 1, 4), 17, np.int8), np.arange(8, dtype=np.int8).reshape(1, 2, 1, 4)])
def test_a_variable_starts_with_what_is_assigned_once(first):
    assert_steps_equal_tflm(wake_word(first=first), 4)


def test_an_image_refuses_a_variable_of_several_first_values(tmp_path):
    """A header holds them."""
    first = np.arange(8, dtype=np.int8).reshape(1, 2, 1, 4)
    made = compile_model(wake_word(first=first), "wake", tmp_path)
    assert made.verified
    with pytest.raises(UserError, match="expected a state of one value after a reset, found part_0"):
        pack(made.header, host=True)


def test_a_variable_without_a_first_value_starts_at_its_zero_point():
    assert_steps_equal_tflm(wake_word(once=False), 4)


def counter(order: str, kind: str = "int8") -> bytes:
    """total = total + x; which of the copies can be left out depends on the order of the operators: r(ead), a(ssign the
    sum), x (assign the input), o(utput from what was read)."""
    b, q = Builder(), {"scale": 0.1, "zero": 0, "dtype": kind}
    x, old, out = (b.tensor((1, 6), **q) for _ in range(3))
    total, handle = b.tensor((1, 6), **q), b.variable("total")
    steps = {
        "r": lambda: (b.op("READ_VARIABLE", [handle], [old]), b.op("ADD", [old, x], [total])),
        "a": lambda: b.op("ASSIGN_VARIABLE", [handle, total], []),
        "x": lambda: b.op("ASSIGN_VARIABLE", [handle, x], []),
        "o": lambda: b.op("ADD", [old, total], [out]),
    }
    for step in order:
        steps[step]()
    return b.model([x], [out])


@pytest.mark.parametrize("order", ["rao", "roa", "rxao", "raxo", "xrao", "raox", "rxoa"])
def test_whatever_the_order_of_reads_and_assignments(order):
    assert_steps_equal_tflm(counter(order), 5)


def test_a_copy_is_made_where_an_order_needs_it():
    """What was read is read once more behind the assignment."""
    kinds = [layer.op.kind for layer in prepare(counter("rao"), "model").layers]
    assert kinds == ["READ_VARIABLE", "ADD", "ADD"]
    kinds = [layer.op.kind for layer in prepare(counter("roa"), "model").layers]
    assert kinds == ["ADD", "ADD", "ASSIGN_VARIABLE"]


def refusal(model: bytes) -> str:
    with pytest.raises(UserError) as refused:
        prepare(model, "model.tflite")
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_variable_that_nothing_assigns_is_refused_by_name():
    b = Builder()
    x, y, z = (b.tensor((1, 4), **Q) for _ in range(3))
    b.op("READ_VARIABLE", [b.variable("lonely")], [y])
    b.op("ADD", [x, y], [z])
    said = refusal(b.model([x], [z]))
    assert "operator 1 READ_VARIABLE at tensor 1 '': nothing assigns its variable 'lonely'" in said


def test_a_variable_of_another_shape_or_type_is_refused_by_name():
    for shape, kind in (((1, 5), "int8"), ((1, 4), "int16"), ((1, 4), "int64")):
        b = Builder()
        x, y, z = b.tensor((1, 4), **Q), b.tensor(shape, scale=0.1, dtype=kind), b.tensor((1, 4), **Q)
        handle = b.variable("count")
        b.op("READ_VARIABLE", [handle], [y])
        b.op("ADD", [x, y], [z])
        b.op("ASSIGN_VARIABLE", [handle, x], [])
        said = refusal(b.model([x], [z]))
        expected = f"at tensor 1 '': it is {kind} {list(shape)}, but its variable 'count' is int8 [1, 4]"
        assert f"operator 1 READ_VARIABLE {expected}" in said


def test_a_first_value_of_another_shape_is_refused_by_name():
    said = refusal(wake_word(first=np.zeros((1, 3, 1, 4), np.int8)))
    assert "operator 0 CALL_ONCE: it assigns int8 [1, 3, 1, 4] to the variable 'history'" in said


def test_a_type_that_no_state_can_have_is_refused_by_name():
    b = Builder()
    x, y = b.tensor((1, 4), **Q), b.tensor((1, 4), dtype="int64")
    handle = b.variable("count")
    b.op("READ_VARIABLE", [handle], [y])
    b.op("ASSIGN_VARIABLE", [handle, y], [])
    assert "READ_VARIABLE at tensor 1 '': it is int64, expected int8" in refusal(b.model([x], [x]))


def test_a_subgraph_that_does_more_than_assign_constants_is_refused_by_name():
    b = Builder()
    x, y = b.tensor((1, 4), **Q), b.tensor((1, 4), **Q)
    b.op("CALL_ONCE", [], [], init_subgraph_index=1)
    once = b.subgraph()
    made = once.tensor((1, 4), **Q)
    once.op("RELU", [once.const(np.zeros((1, 4), np.int8), scales=[0.1])], [made])
    once.op("ASSIGN_VARIABLE", [once.variable("v"), made], [])
    b.op("RELU", [x], [y])
    assert "operator 0 CALL_ONCE: subgraph 1 has a RELU; only constants" in refusal(b.model([x], [y]))


def test_a_subgraph_that_is_not_there_or_that_nobody_runs_is_refused():
    b = Builder()
    x, y = b.tensor((1, 4), **Q), b.tensor((1, 4), **Q)
    b.op("CALL_ONCE", [], [], init_subgraph_index=3)
    b.op("RELU", [x], [y])
    assert "CALL_ONCE: it runs subgraph 3, which the model has not" in refusal(b.model([x], [y]))
    b.subgraph().variable("v")
    assert "expected one subgraph, found 2" in refusal(b.model([x], [y]))
