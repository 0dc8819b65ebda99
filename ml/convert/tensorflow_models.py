"""Keras models, SavedModels, and what other converters leave as one: TensorFlow's own converter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ml.convert.original import Original, refused, single
from ml.errors import UserError
from ml.train.keras import keras_module, quiet, tensorflow


def keras_model(path: Path) -> Original:
    """A `.keras` or `.h5` file. Layers of somebody's own code are refused: the file cannot run code here."""
    try:
        with quiet(show=False):
            model = keras_module().models.load_model(path, compile=False)
    except (ValueError, TypeError, OSError, KeyError, ImportError, NotImplementedError) as error:
        raise refused(path.name, "Keras", error) from None
    single(path.name, "input", len(model.inputs))
    single(path.name, "output", len(model.outputs))

    def converter(shape: tuple[int, ...]):
        given = keras_module().Input(batch_shape=(1, *shape))
        return tensorflow().lite.TFLiteConverter.from_keras_model(keras_module().Model(given, model(given)))

    answers = partial(_answers, path.name, lambda x: model(x, training=False), model.inputs[0].shape)
    return Original("Keras", answers, partial(_converted, path.name, "Keras", converter))


def saved_model(path: Path, framework: str = "TensorFlow") -> Original:
    """A folder with saved_model.pb and one signature of one input and one output."""
    tf = tensorflow()
    try:
        with quiet(show=False):
            model = tf.saved_model.load(str(path))
        signature = model.signatures["serving_default"]
    except (OSError, ValueError, KeyError, AttributeError, tf.errors.OpError) as error:
        raise refused(path.name, framework, error) from None
    inputs = signature.structured_input_signature[1]
    single(path.name, "input", len(inputs))
    single(path.name, "output", len(signature.structured_outputs))
    given, output = next(iter(inputs)), next(iter(signature.structured_outputs))

    def call(x):
        return signature(**{given: x})[output]

    def converter(shape: tuple[int, ...]):
        concrete = tf.function(call).get_concrete_function(tf.TensorSpec((1, *shape), tf.float32))
        return tf.lite.TFLiteConverter.from_concrete_functions([concrete], model)

    answers = partial(_answers, path.name, call, inputs[given].shape)
    return Original(framework, answers, partial(_converted, path.name, framework, converter))


def _answers(name: str, call: Callable, takes: Sequence[int | None], examples: np.ndarray) -> np.ndarray:
    tf = tensorflow()
    try:
        return np.concatenate([np.asarray(call(tf.constant(one[None]))) for one in examples])
    except (ValueError, TypeError, tf.errors.OpError):
        raise UserError(
            f"{name}: expected examples of the shape that it takes, {tuple(takes)}, found {examples.shape}"
        ) from None


def _converted(name: str, framework: str, converter: Callable, examples: np.ndarray, bits: int) -> bytes:
    tf = tensorflow()
    try:
        with quiet(show=False):
            converter(examples.shape[1:]).convert()  # names what it cannot convert, of which the calibration may die
            return _quantised(converter(examples.shape[1:]), examples, bits)
    except (ValueError, RuntimeError, tf.errors.OpError, _converter_error()) as error:
        raise refused(name, framework, error) from None


def _quantised(converter, examples: np.ndarray, bits: int) -> bytes:
    """Weights of 8 bits, activations of `bits`, integers at both ends."""
    tf = tensorflow()
    int16 = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([one[None]] for one in examples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8 if bits == 8 else int16]
    converter.inference_input_type = converter.inference_output_type = tf.int8 if bits == 8 else tf.int16
    return converter.convert()


def _converter_error() -> type[Exception]:
    from tensorflow.lite.python.convert_phase import ConverterError  # noqa: PLC0415 - optional and slow

    return ConverterError
