"""Training aware of quantisation: a Keras model whose layers round as the microcontroller will, and its `.tflite`.

aware = wrap(model, inputs, bits={"conv1": 8, "conv2": 4})   # folded, with ranges from examples
tune(aware, lessons, epochs=6, seed=0)                       # moves weights, limits and ranges
tflite = export(aware)                                       # exactly these ranges; no examples needed

B. Jacob et al., CVPR 2018, with the learned limits of ml/compress/fake.py. Without `tune` it is quantisation after
training, by any method of ml/compress/calibrate.py.
"""

import numpy as np

from ml.compress.calibrate import Ranges, check_method, limits, ranges
from ml.compress.folding import by_output, folded
from ml.compress.graph import Node, again, apply, nodes, rebuilt
from ml.compress.points import fixed, points
from ml.errors import UserError
from ml.train.keras import quiet, tensorflow
from ml.train.training import INPUT_SCALE

FRONT_END = (-128 * INPUT_SCALE, 127 * INPUT_SCALE)  # what the front ends' int8 mean
WEIGHT_BITS, ACTIVATION_BITS = (4, 8), (8, 16)

Bits = dict[str, int]


def wrap(
    model,
    inputs: np.ndarray,
    bits: int | Bits = 8,
    *,
    activations: str = "mse",
    weights: str = "mse",
    activation_bits: int = 8,
    input_range: tuple[float, float] | None = FRONT_END,
    learned: bool = True,
):
    """A fake-quantised model that computes what its int8 (int16) form will: batch normalisation folded, a rounded
    kernel in each weighted layer, a range after each layer at which the converter rounds.

    `inputs` float (n, ...) are examples for the ranges; `bits` of the weights, 4 or 8, for all layers (depthwise ones
    stay at 8) or layer -> bits (8 where not named); `activations` and `weights` are methods of calibration;
    `input_range` None takes that of the inputs; `learned` lets training move the ranges of activations.
    UserError for a layer, a number of bits or a method that cannot be.
    """
    check_method(activations)
    check_method(weights)
    plain = folded(model)
    listed = nodes(plain)
    at = points(listed)
    planned = planned_bits(listed, bits)
    if activation_bits not in ACTIVATION_BITS:
        raise UserError(f"expected activations of 8 or 16 bits, found {activation_bits}")
    known = _ranges(plain, listed, at, inputs, activations, activation_bits, input_range)
    return _faked(plain, at, known, planned, weights, (activation_bits, learned))


def planned_bits(listed: list[Node], bits: int | Bits) -> Bits:
    """Layer -> bits of its weights, for every weighted layer."""
    weighted = [node for node in listed if node.weighted]
    if isinstance(bits, int):
        bits = {node.name: 8 if node.kind.startswith("Depthwise") else bits for node in weighted}
    strange = sorted(set(bits) - {node.name for node in weighted})
    if strange:
        raise UserError(f"bits: expected layers with weights, found {', '.join(strange)}")
    for name, count in bits.items():
        if count not in WEIGHT_BITS:
            raise UserError(f"layer {name}: expected weights of 4 or 8 bits, found {count}")
    return {node.name: bits.get(node.name, 8) for node in weighted}


def _ranges(plain, listed: list[Node], at: list[str], inputs, method: str, bits: int, given) -> Ranges:
    known = ranges(plain, inputs, method, bits, at)
    for node in listed:
        if node.kind == "InputLayer" and given is not None:
            known[node.name] = given
        span = fixed(node)
        if span:
            known[node.name] = span
    return known


def _faked(plain, at: list[str], known: Ranges, bits: Bits, method: str, how: tuple[int, bool]):
    from ml.compress.fake import FakeRange  # noqa: PLC0415  loads TensorFlow

    activation_bits, learned = how

    def rounded(node: Node, tensor):
        if node.name not in at:
            return tensor
        free = learned and node.kind != "InputLayer" and fixed(node) is None
        return FakeRange(*known[node.name], activation_bits, free, name=f"{node.name}_range")(tensor)

    def make(node: Node, *tensors):
        new = _fake(node, tensors, bits[node.name], method) if node.weighted else again(node, *tensors)
        return rounded(node, new)

    return rebuilt(plain, make, first=rounded)


def _fake(node: Node, tensors: tuple, bits: int, method: str):
    from ml.compress.fake import FAKES  # noqa: PLC0415  loads TensorFlow

    layer = FAKES[node.kind].from_config(node.layer.get_config() | {"weight_bits": bits})
    kernel, bias = node.layer.get_weights()
    rows = by_output(node.kind, kernel)
    limit = limits(rows.reshape(-1, rows.shape[-1]).T, bits, method)
    return apply(layer, tensors, [kernel, bias, limit.astype(np.float32)])


def settle(model) -> None:
    """Rounds the biases, in place, to the integers that they become: in steps of the input's scale times the weights'.
    The model then computes what its `.tflite` does, bit for bit but where an average ends in a half."""
    listed = nodes(model)
    by_name = {node.name: node for node in listed}
    for node in listed:
        if node.weighted:
            scale = np.float64(_range_before(node, by_name).scale()[0]) * node.layer.integers()[1].astype(np.float64)
            kernel, bias, limit = node.layer.get_weights()
            node.layer.set_weights([kernel, (np.rint(bias / scale) * scale).astype(np.float32), limit])


def _range_before(node: Node, by_name: dict[str, Node]):
    while node.kind != "FakeRange":
        node = by_name[node.inputs[0]]
    return node.layer


def export(model) -> bytes:
    """The `.tflite` of a model that `wrap` made, trained or not: int8 (int16) from input to output, its scales those of
    the model's ranges and limits. Packed INT4 where weights have four bits. Rounds the biases, see `settle`."""
    tf = tensorflow()
    bits = {layer.bits for layer in model.layers if type(layer).__name__ == "FakeRange"}
    if len(bits) != 1:
        raise UserError(f"{model.name}: expected a fake-quantised model, as ml/compress/qat.py makes it, found none")
    settle(model)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    wide = bits == {16}
    if wide:
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        ]
    converter.inference_input_type = converter.inference_output_type = tf.int16 if wide else tf.int8
    with quiet():
        return converter.convert()
