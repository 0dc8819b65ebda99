"""Float Keras model -> int8 `.tflite`, after training, with a look at what each layer loses.

Weights per channel, activations per tensor, biases int32: B. Jacob et al., "Quantization and Training of Neural
Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018, as TensorFlow Lite's converter does it.
"""

from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.train.examples import Examples
from ml.train.keras import quiet, tensorflow
from ml.train.lessons import Lessons
from ml.train.training import INPUT_SCALE

CALIBRATION = 500  # windows that set the ranges of the activations


@dataclass(frozen=True)
class LayerError:
    """How well the int8 output of a layer follows the float one."""

    name: str
    sqnr_db: float  # signal to quantisation noise; above 20 dB a layer is no suspect


def calibration_set(examples: Examples | Lessons, seed: int, count: int = CALIBRATION) -> np.ndarray:
    """Inputs int8 (count, ...) drawn evenly over the classes, one of them with both ends of the range."""
    rng = np.random.default_rng(seed)
    classes = np.unique(examples.labels)
    each = max(1, count // len(classes))
    chosen = [rng.permutation(np.flatnonzero(examples.labels == one))[:each] for one in classes]
    inputs = examples.inputs[np.sort(np.concatenate(chosen))].copy()
    flat = inputs.reshape(len(inputs), -1)
    widest = np.argmax(flat.astype(int).max(1) - flat.min(1))
    flat[widest, [flat[widest].argmin(), flat[widest].argmax()]] = [-128, 127]
    return inputs


def int8(network, calibration: np.ndarray, input_scale: float = INPUT_SCALE) -> bytes:
    """Converts; the input of the result takes int8 of that scale, the front ends', as they are."""
    tf = tensorflow()
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([real(one[None], input_scale)] for one in calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    with quiet():
        model = converter.convert()
    _check_input(model, input_scale)
    return model


def real(inputs: np.ndarray, scale: float = INPUT_SCALE) -> np.ndarray:
    """int8 inputs as the network takes them."""
    return inputs.astype(np.float32) * np.float32(scale)


def _check_input(model: bytes, wanted: float) -> None:
    scale, zero = _interpreter(model).get_input_details()[0]["quantization"]
    if not np.isclose(scale, wanted, rtol=1e-5) or zero != 0:
        raise UserError(
            f"the converter gave the input scale {scale} and zero point {zero}, expected {wanted} and 0, those of "
            "the inputs; use the pinned TensorFlow"
        )


def run_int8(model: bytes, inputs: np.ndarray) -> np.ndarray:
    """Runs the `.tflite` in TensorFlow's interpreter: int8 (n, ...) -> int8 (n, classes). For development only: the
    device's kernels may differ from it in the last bit, and are what is reported.
    """
    interpreter = _interpreter(model)
    given, made = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    outputs = []
    for one in inputs:
        interpreter.set_tensor(given, one[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(made)[0])
    return np.array(outputs)


def _interpreter(model: bytes, **options):
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415  takes a second: only where it is needed

    with quiet():
        interpreter = Interpreter(model_content=model, num_threads=1, **options)
        interpreter.allocate_tensors()
    return interpreter


def layer_errors(network, model: bytes, inputs: np.ndarray, scale: float = INPUT_SCALE) -> list[LayerError]:
    """Compares float and int8 outputs of each activation and of the scores on int8 inputs (n, ...), in order."""
    layers = [layer for layer in network.layers if layer.name.endswith("_relu") or layer is network.layers[-1]]
    inner = type(network)(network.inputs[0], [layer.output for layer in layers])
    wanted = [layer.numpy() for layer in inner(real(inputs, scale), training=False)]
    made = _tensors(model, inputs, [layer.name for layer in layers[:-1]])
    return [
        LayerError(layer.name, round(_sqnr_db(np.reshape(one, (len(inputs), -1)), other), 1))
        for layer, one, other in zip(layers, wanted, made, strict=True)
    ]


def _tensors(model: bytes, inputs: np.ndarray, names: list[str]) -> list[np.ndarray]:
    """Real values float (n, size) of the named layers' outputs and of the model's."""
    interpreter = _interpreter(model, experimental_preserve_all_tensors=True)
    given, output = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]
    details = [_tensor_of(name, interpreter) for name in names] + [output]
    kept: list[list[np.ndarray]] = [[] for _ in details]
    for one in inputs:
        interpreter.set_tensor(given, one[None])
        interpreter.invoke()
        for values, detail in zip(kept, details, strict=True):
            scale, zero = detail["quantization"]
            values.append((interpreter.get_tensor(detail["index"]).ravel().astype(float) - zero) * scale)
    return [np.array(values) for values in kept]


def _tensor_of(layer: str, interpreter) -> dict:
    """The last int8 tensor that the converter named after a layer: what the layers after it read. A name has several
    parts where layers were fused; the first counts, and any where none does.
    """
    named = [detail for detail in interpreter.get_tensor_details() if detail["dtype"] == np.int8]
    for parts in (1, None):
        found = [one for one in named if any(f"/{layer}_1/" in f"/{part}" for part in one["name"].split(";")[:parts])]
        if found:
            break
    return found[-1]


def _sqnr_db(wanted: np.ndarray, made: np.ndarray) -> float:
    noise = np.mean((wanted - made) ** 2)
    return float(10 * np.log10(np.mean(wanted**2) / noise)) if noise else float("inf")


def float16(network) -> bytes:
    """Weights of 16 bits, sums in float: half the file, for a host. No microcontroller here has float kernels."""
    return _for_hosts(network, [tensorflow().float16])


def dynamic_range(network) -> bytes:
    """Weights of 8 bits, activations in float that an interpreter rounds as it goes: a quarter of the file, for a host.
    The ranges that it finds while it runs are what integer kernels want to know beforehand."""
    return _for_hosts(network, [])


def _for_hosts(network, types: list) -> bytes:
    converter = tensorflow().lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tensorflow().lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = types
    with quiet():
        return converter.convert()


def run_floats(model: bytes, inputs: np.ndarray) -> np.ndarray:
    """Runs a `.tflite` whose inputs are float (n, ...): its answers, float (n, ...)."""
    interpreter = _interpreter(model)
    given, made = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    outputs = []
    for one in inputs:
        interpreter.set_tensor(given, one[None].astype(np.float32))
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(made)[0])
    return np.array(outputs)
