"""The offer of nn_depthwise_line_packed: depthwise layers whose window runs along one axis, as those over time do."""

from __future__ import annotations

from ml.compiler import fixed_point, packing
from ml.compiler.graph import Op
from ml.compiler.operators.base import Array, Lowered, Options, Struct, kernel
from ml.compiler.operators.convolution import once_for, parameters, window
from ml.compiler.operators.packed import layer_shape, settled

LEAST_OUTPUTS = 32  # of a line: below, few cycles are saved, for 2 kB of code and six bytes a channel
LINE_BYTES = 40  # sizeof(nn_packed_line) on a 32-bit processor


@kernel("DEPTHWISE_CONV_2D", "nn_depthwise_line_packed")
def depthwise_line(op: Op, options: Options) -> Lowered | None:
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    if image.shape[0] != 1 or image.shape[3] != output.shape[3] or output.shape[3] % packing.CHANNELS:
        return None
    walk = window(op, weights.shape[1:3], image, output)
    low, high = fixed_point.activation_range(op.options["activation"], output)
    numbers = packing.line(layer_shape(op, walk, low, high))
    if numbers is None or numbers["out_length"] < LEAST_OUTPUTS:
        return None
    words = once_for(op, "line", lambda: packing.pack_line(*settled(op, low, high)))
    if words is None:
        return None
    taps = numbers["taps"]
    return Lowered(
        calls=["nn_depthwise_line_packed(&{name}, {0}, {out}, {scratch})"],
        arrays=[Array("packed", words, f"a channel: bias twice, multiplier, shift, {taps} taps; see packed.h")],
        struct=Struct("nn_packed_line", line_struct(numbers), LINE_BYTES),
        headers=("nn/packed.h",),
        reason="a window along one axis, channels taken apart, four outputs a loop",
        scratch=packing.line_scratch(numbers),
        overlap={0: None} if packing.line_in_place(numbers) else {},
        parameters=parameters(op),
    )


def line_struct(numbers: dict) -> tuple[tuple[str, str], ...]:
    """The rows of an nn_packed_line."""
    values = list(map(str, numbers.values()))
    return (
        (", ".join(values[:4]), "lines, length of one: input, output; channels"),
        (", ".join(values[4:6]), "taps, positions before the first"),
        (", ".join(values[6:10]), "zero points, smallest and largest output"),
        (", ".join(values[10:12]), "bytes from one position to the next: input, output"),
        (", ".join(values[12:]), "bytes from one line to the next: input, output"),
        ("{name}_packed", ""),
    )
