"""A `.tflite` of floats to integers, by litert-quantizer: what the converter of PyTorch leaves, and anybody's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ml.compiler.flatbuffer import Buffer
from ml.convert.original import Original, need, refused
from ml.errors import UserError
from ml.train.keras import quiet


def float_model(path: Path) -> Original:
    """A `.tflite` that takes and gives float32."""
    Buffer(path.read_bytes(), path.name).root()  # an interpreter would trust the file
    need("litert_quantizer", "import", ".tflite of floats")

    def answers(examples: np.ndarray) -> np.ndarray:
        runner, given = _runner(path)
        try:
            with quiet(show=False):
                return np.concatenate([next(iter(runner(**{given: one[None]}).values())) for one in examples])
        except ValueError as error:
            raise refused(path.name, "TensorFlow Lite, for these examples,", error) from None

    return Original("TensorFlow Lite", answers, lambda examples, bits: quantised(path, examples, bits))


def quantised(path: Path, examples: np.ndarray, bits: int) -> bytes:
    """Weights of 8 bits a channel, activations of `bits`."""
    from litert_quantizer import quantizer, recipe  # noqa: PLC0415 # pyright: ignore[reportMissingImports]

    _, given = _runner(path)
    try:
        with quiet(show=False):
            made = quantizer.Quantizer(str(path), recipe.static_wi8_ai8() if bits == 8 else recipe.static_wi8_ai16())
            ranges = made.calibrate({_key(path): [{given: one[None]} for one in examples]}, num_threads=1)
            return bytes(made.quantize(ranges).quantized_model)
    except (ValueError, RuntimeError, KeyError, TypeError) as error:
        raise refused(path.name, "litert-quantizer", error) from None


def _interpreter(path: Path):
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - slow

    try:
        with quiet(show=False):
            return Interpreter(str(path))
    except (ValueError, RuntimeError) as error:
        raise refused(path.name, "TensorFlow Lite", error) from None


def _key(path: Path) -> str:
    signatures = _interpreter(path).get_signature_list()
    if len(signatures) != 1:
        raise UserError(
            f"{path.name}: expected one signature, found {len(signatures)}; convert the model again with one"
        )
    return next(iter(signatures))


def _runner(path: Path):
    """Runs its signature, and the name of the input."""
    interpreter = _interpreter(path)
    key = _key(path)
    names = interpreter.get_signature_list()[key]["inputs"]
    if len(names) != 1:
        raise UserError(
            f"{path.name}: expected one input, found {len(names)}; convert a part of the model that has one"
        )
    with quiet(show=False):
        return interpreter.get_signature_runner(key), names[0]
