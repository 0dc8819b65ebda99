"""What `MODEL.keras --examples FILE.npz` hold, checked against each other.

inputs       float (n, ...), as the network takes them, or int8 of a known scale: see `scale`
labels       int (n,): the class of each, an index of the network's outputs
test_inputs, test_labels    optional: what judges; else every fifth example, none of which trains
scale        optional float: of int8 inputs; else the largest input is 127
"""

import hashlib
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ml.data.arrays import DAMAGED, unpacked
from ml.data.untrusted import MAX_EXAMPLES, why
from ml.errors import UserError
from ml.native.decide import MAX_CLASSES
from ml.train.keras import keras_module

EVERY = 5  # of the examples one judges, where nobody says which


@dataclass(frozen=True)
class Material:
    """What the two files hold, checked against each other."""

    inputs: np.ndarray  # int8 (n, ...)
    labels: np.ndarray
    test_inputs: np.ndarray
    test_labels: np.ndarray
    scale: float
    outputs: int
    hash: str


def load(path: Path):
    """The Keras model of a file; UserError for anything else, and for layers that are somebody's own."""
    try:
        return keras_module().models.load_model(path, compile=False)
    except OSError as error:
        raise UserError(f"{path}: expected a Keras model (.keras), found: {error.strerror or 'no such file'}") from None
    except (ValueError, TypeError, KeyError, AttributeError, BadZipFile, pickle.UnpicklingError) as error:
        raise UserError(f"{path}: expected a Keras model of Keras' own layers, found: {why(error)}") from None


@cache
def material(model: Path, given: Path) -> Material:
    arrays = _arrays(given)
    network = load(model)
    shape, outputs = _shapes(network, model)
    parts = [("inputs", "labels"), ("test_inputs", "test_labels")]
    if not {"test_inputs", "test_labels"} & arrays.keys():
        kept = np.arange(len(arrays["inputs"])) % EVERY == EVERY - 1
        arrays |= {f"test_{name}": arrays[name][kept] for name in parts[0] if name in arrays}
        arrays |= {name: arrays[name][~kept] for name in parts[0] if name in arrays}
    for inputs, labels in parts:
        _check(arrays, inputs, labels, (shape, outputs), given)
    scale, whole = _scale(arrays, given)
    made = hashlib.sha256(model.read_bytes() + given.read_bytes()).hexdigest()
    tested = arrays["test_labels"].astype(int)
    return Material(
        whole(arrays["inputs"]),
        arrays["labels"].astype(int),
        whole(arrays["test_inputs"]),
        tested,
        scale,
        outputs,
        made,
    )


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        found = unpacked(path, MAX_EXAMPLES)
    except DAMAGED as error:
        raise UserError(f"{path}: expected a .npz with `inputs` and `labels`, found: {why(error)}") from None
    missing = [name for name in ("inputs", "labels") if name not in found]
    if missing:
        names = ", ".join(sorted(found)) or "nothing"
        raise UserError(f"{path}: expected the arrays `inputs` and `labels`, found {names}; numpy.savez makes it")
    if not found["inputs"].ndim or found["labels"].shape != found["inputs"].shape[:1]:
        shapes = f"{found['inputs'].shape} and {found['labels'].shape}"
        raise UserError(f"{path}: expected `inputs` of shape (n, ...) and `labels` of shape (n,), found {shapes}")
    return found


def _shapes(network, path: Path) -> tuple[tuple[int, ...], int]:
    if len(network.inputs) != 1 or len(network.outputs) != 1 or len(network.output_shape) != 2:
        raise UserError(
            f"{path}: expected one input and one output of shape (n, classes), found {network.output_shape}"
        )
    shape, outputs = tuple(network.input_shape[1:]), network.output_shape[-1]
    if None in shape or not 2 <= outputs <= MAX_CLASSES:
        raise UserError(f"{path}: expected a fixed input and 2 to {MAX_CLASSES} classes, found {shape} and {outputs}")
    return shape, outputs


def _check(arrays: dict, inputs: str, labels: str, wanted: tuple[tuple[int, ...], int], path: Path) -> None:
    (shape, outputs), lacking = wanted, [name for name in (inputs, labels) if name not in arrays]
    if lacking:
        raise UserError(f"{path}: expected `{inputs}` and `{labels}` together, found no {lacking[0]}")
    given, labelled = arrays[inputs], arrays[labels]
    if given.shape[1:] != shape:
        raise UserError(f"{path}: expected {inputs} of shape (n, {', '.join(map(str, shape))}), found {given.shape}")
    if labelled.shape != given.shape[:1] or not len(labelled):
        raise UserError(f"{path}: expected a label for each of the {len(given)} {inputs}, found {labelled.shape}")
    if labelled.dtype.kind not in "iu" or labelled.min() < 0 or labelled.max() >= outputs:
        raise UserError(f"{path}: expected {labels} of 0 to {outputs - 1}, the network's outputs, found others")
    if given.dtype.kind not in "fiu" or not np.isfinite(given).all():
        raise UserError(f"{path}: expected {inputs} to be finite numbers, found others")


def _scale(arrays: dict, path: Path) -> tuple[float, Callable[[np.ndarray], np.ndarray]]:
    """The scale, and what makes int8 of inputs."""
    if "scale" in arrays:
        scale = float(arrays["scale"].reshape(-1)[0]) if arrays["scale"].size == 1 else 0.0
        if arrays["inputs"].dtype != np.int8 or arrays["test_inputs"].dtype != np.int8 or not 0 < scale < np.inf:
            raise UserError(
                f"{path}: expected `scale`, above 0, beside int8 inputs, found other inputs or another scale"
            )
        return scale, lambda inputs: inputs
    largest = float(np.abs(arrays["inputs"].astype(np.float64)).max())
    scale = (largest or 1.0) / 127
    return scale, lambda inputs: np.clip(np.rint(inputs / scale), -128, 127).astype(np.int8)
