"""What a user of the header alone needs: scales and zero points, to the last bit, in the text and in nn_model."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.compiler import emit
from ml.compiler.compile import prepare
from ml.compiler.header import Identity, header
from ml.compiler.streaming.header import HEAD
from ml.compiler.upgrade import upgrade
from ml.errors import UserError
from ml.paths import ROOT
from tests.compiler.builder import Builder
from tests.compiler.parity import host_program
from tests.compiler.test_edges import weights


def network(scale: float, out: float) -> bytes:
    b = Builder()
    x, y = b.tensor((1, 4, 4, 4), scale=scale, zero=-7), b.tensor((1, 4, 4, 8), scale=out, zero=3)
    w = b.const(weights(8, 1, 1, 4), scales=0.01)
    b.op("CONV_2D", [x, w], [y], padding=0, stride_height=1, stride_width=1)
    return b.model([x], [y])


def text(scale: float, out: float) -> str:
    return header(prepare(network(scale, out), "net"), Identity("net", "0" * 16), 0)


@given(st.floats(min_value=0, exclude_min=True, width=32, allow_infinity=False))
def test_a_scale_is_written_to_the_last_bit(scale):
    parts = re.split(r" ([*/]) ", emit.real(np.float32(scale)))
    value = np.float32(parts[0].rstrip("f"))
    for sign, number in zip(parts[1::2], parts[2::2], strict=True):
        assert np.isfinite(np.float32(number.rstrip("f")))
        value = value * np.float32(number.rstrip("f")) if sign == "*" else value / np.float32(number.rstrip("f"))
    assert value == np.float32(scale)


def test_the_model_and_the_constants_tell_scales_and_zero_points():
    with host_program(prepare(network(0.0235, 1e-7), "net")) as host:
        ends = host.model.input_quantisation, host.model.output_quantisation
        assert [(end.scale, end.zero) for end in ends] == [(np.float32(0.0235), -7), (np.float32(1e-7), 3)]
    assert "#define NET_INPUT_ZERO (-7)\n" in text(0.5, 0.25)
    assert "#define NET_OUTPUT_SCALE (1.0f / 4.0f)\n" in text(0.5, 0.25)


def test_packed_words_are_written_in_hexadecimal():
    packed = re.search(r"static const uint32_t \w+_packed\[\d+\] = \{.*\n([^}]*)\}", text(0.5, 0.25))[1]
    assert all(re.fullmatch("0x[0-9A-F]{8}", word) for word in packed.replace(",", " ").split())


def as_it_was(today: str) -> str:
    """What a compiler wrote that knew neither the constants nor hexadecimal words."""
    old = re.sub(r"// What the integers mean.*\n(#define .*\n)*\n", "", today)
    old = re.sub(r"    \{NET_.*\n", "", old).replace("(const int32_t *)net", "net")
    array = re.compile(r"static const uint32_t (\w+_packed\[\d+\] = \{.*\n)([^}]*)\}")

    def decimal(found: re.Match) -> str:
        words = np.array([int(word, 16) for word in found[2].replace(",", " ").split()], np.uint32)
        return f"static const int32_t {found[1]}{emit.numbers(words.view(np.int32).tolist())}}}"

    return array.sub(decimal, old)


def test_a_header_of_an_earlier_compiler_is_brought_up_to_date():
    today = text(0.5, 0.25)
    assert as_it_was(today) != today
    assert upgrade(as_it_was(today)) == today
    assert upgrade(today) == today


def test_a_streaming_header_of_an_earlier_compiler_has_no_head():
    today = (ROOT / "lib/keyword_spotting_model/keyword_spotting_model.h").read_text()
    without = re.sub(rf" +\d+, // {HEAD}\n", "", today)
    assert without != today
    assert upgrade(without) == re.sub(rf"\d+, // {HEAD}\n", f"0, // {HEAD}: not known\n", today)


def test_a_scale_that_the_earlier_header_rounds_is_refused():
    with pytest.raises(UserError, match="rounded; compile the model again"):
        upgrade(as_it_was(text(0.0235, 0.25)))
