"""Float Keras model -> int8 `.tflite`, after training, with a look at what each layer loses.

Weights per channel, activations per tensor, biases int32: B. Jacob et al., "Quantization and Training of Neural
Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018, as TensorFlow Lite's converter does it.
"""

from dataclasses import dataclass

import numpy as np

from ml.compiler.reader import read
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
    given = read(model).inputs[0]  # an interpreter would abort the process where a layer is not of its own
    scale, zero = given.scale, given.zero
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
    """Compares float outputs with those in integers of each activation and of the scores, on int8 inputs (n, ...), in
    order. A layer that the converter has put into another is left out."""
    layers = [layer for layer in network.layers if layer.name.endswith("_relu") or layer is network.layers[-1]]
    inner = type(network)(network.inputs[0], [layer.output for layer in layers])
    given = inner(real(inputs, scale), training=False)  # of one layer alone Keras gives no list
    wanted = [one.numpy() for one in (given if isinstance(given, list) else [given])]
    made = _tensors(model, inputs, [layer.name for layer in layers[:-1]], scale)
    return [
        LayerError(layer.name, round(_sqnr_db(np.reshape(one, (len(inputs), -1)), other), 1))
        for layer, one, other in zip(layers, wanted, made, strict=True)
        if other is not None
    ]


def _tensors(model: bytes, inputs: np.ndarray, names: list[str], scale: float) -> list[np.ndarray | None]:
    """Real values float (n, size) of the named layers' outputs and of the model's; None where a layer has become a
    part of another."""
    interpreter = _interpreter(model, experimental_preserve_all_tensors=True)
    given, output = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    details = [_tensor_of(name, interpreter) for name in names] + [output]
    kept: list[list[np.ndarray]] = [[] for _ in details]
    for one in real(inputs, scale):
        interpreter.set_tensor(given["index"], _as_asked(one[None], given))
        interpreter.invoke()
        for values, detail in zip(kept, details, strict=True):
            if detail:
                values.append(_real_of(interpreter.get_tensor(detail["index"]), detail).ravel())
    return [np.array(values) if values else None for values in kept]


def _tensor_of(layer: str, interpreter) -> dict | None:
    """The last tensor of integers that the converter named after a layer: what the layers after it read. A name has
    several parts where layers were fused; the first counts, and any where none does.
    """
    named = [detail for detail in interpreter.get_tensor_details() if detail["dtype"] in (np.int8, np.int16)]
    for parts in (1, None):
        found = [one for one in named if any(f"/{layer}_1/" in f"/{part}" for part in one["name"].split(";")[:parts])]
        if found:
            return found[-1]
    return None


def _as_asked(values: np.ndarray, detail: dict) -> np.ndarray:
    """Real values as an interpreter's input takes them: float32, or integers of its scale."""
    if detail["dtype"] == np.float32:
        return values.astype(np.float32)
    (scale, zero), ends = detail["quantization"], np.iinfo(detail["dtype"])
    return np.clip(np.rint(values / scale + zero), ends.min, ends.max).astype(detail["dtype"])


def _real_of(values: np.ndarray, detail: dict) -> np.ndarray:
    """The reverse."""
    if detail["dtype"] == np.float32:
        return values
    scale, zero = detail["quantization"]
    return (values.astype(float) - zero) * scale


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


FOR_HOSTS = {"float16": float16, "dynamic-range": dynamic_range}  # forms that no board here runs


class Interpreted:
    """A `.tflite` in TensorFlow's interpreter, where an application expects a compiled header. Not for int16: its
    kernels read biases of 64 bits, and `qat.export` has 32, as TensorFlow Lite Micro takes them."""

    def __init__(self, model: bytes, scale: float = INPUT_SCALE) -> None:
        self._interpreter, self._scale = _interpreter(model), scale

    def run(self, inputs: np.ndarray) -> np.ndarray:
        """int8 inputs (n, ...) -> real outputs, float (n, ...)."""
        asked, made = self._interpreter.get_input_details()[0], self._interpreter.get_output_details()[0]
        outputs = []
        for one in real(inputs, self._scale):
            self._interpreter.set_tensor(asked["index"], _as_asked(one[None], asked))
            self._interpreter.invoke()
            outputs.append(_real_of(self._interpreter.get_tensor(made["index"])[0], made))
        return np.array(outputs)

    def answers(self, inputs: np.ndarray) -> np.ndarray:
        """The same in the unit of a softmax's int8: scale 1/256, zero point -128; not rounded."""
        return self.run(inputs) * 256 - 128
