"""The firmware's learning for a fleet (lib/fleet) in Python.

update = learn(layer, examples, epochs=5, rate=12)   # int32 (classes, features + 1)
clipped(update, most=1 << 20)                        # as long as that at most
"""

import ctypes
import functools
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.native.build import ROOT, load
from ml.native.imu import check_range

MAX_CLASSES = 32
MAX_FEATURES = 2000
BIAS = 64  # the input of an update's last column
LARGEST = 1 << 23  # no value of an update is beyond it
UNIT = 1 << 24  # of an update: one of a logit for a step of a feature
LOGIT = 1 << 20  # one of a logit
MAX_RATE = 24
MAX_COUNT = 65535  # values of an update


@dataclass(frozen=True)
class LayerConfig:
    """The last layer, as `fleet_layer` describes it."""

    features: int
    classes: int
    feature_zero: int
    logit_zero: int
    logit_unit: int  # 2^-20

    def __post_init__(self) -> None:
        check_range("features", self.features, 1, MAX_FEATURES)
        check_range("classes", self.classes, 2, MAX_CLASSES)


@dataclass(frozen=True)
class Examples:
    """What a board keeps of its examples."""

    features: np.ndarray  # int8 (n, features)
    logits: np.ndarray  # int8 (n, classes): the layer's own output for them
    labels: np.ndarray  # (n,): the classes that they are shown for

    def __len__(self) -> int:
        return len(self.labels)


def learn(layer: LayerConfig, examples: Examples, epochs: int, rate: int) -> np.ndarray:
    """What a board would change, int32 (classes, features + 1), after `epochs` times all its examples in order."""
    check_range("rate", rate, 0, MAX_RATE)
    check_range("epochs", epochs, 0, 10_000)
    update = np.zeros((layer.classes, layer.features + 1), np.int32)
    features, logits = (np.ascontiguousarray(one, np.int8) for one in (examples.features, examples.logits))
    labels = np.ascontiguousarray(examples.labels, np.uint16)
    shapes = (features.shape, logits.shape, labels.shape)
    count = len(examples)
    if shapes != ((count, layer.features), (count, layer.classes), (count,)) or np.any(labels >= layer.classes):
        raise UserError(f"expected examples of {layer.features} features and {layer.classes} classes, found {shapes}")
    settings = _Layer(layer.features, layer.classes, layer.feature_zero, layer.logit_zero, layer.logit_unit)
    given = (ctypes.byref(settings), features.ctypes, logits.ctypes, labels.ctypes)
    _library().fleet_learn_all(update.ctypes, *given, count, epochs, ctypes.c_uint8(rate))
    return update


def clipped(values: np.ndarray, most: int) -> np.ndarray:
    """int32 values of the same shape, `most` long at most."""
    check_range("clip", most, 1, LARGEST)
    check_range("values", values.size, 1, MAX_COUNT)
    made = np.array(values, np.int32, order="C")
    _library().fleet_clip_all(made.ctypes, made.size, most)
    return made


class _Layer(ctypes.Structure):
    _fields_ = (
        ("features", ctypes.c_uint16),
        ("classes", ctypes.c_uint16),
        ("feature_zero", ctypes.c_int16),
        ("logit_zero", ctypes.c_int16),
        ("logit_unit", ctypes.c_int32),
    )


@functools.cache
def _library() -> ctypes.CDLL:
    folder = ROOT / "lib" / "fleet"
    sources = [folder / "src/update.c", folder / "src/clip.c", ROOT / "ml/native/fleet.c"]
    return load("fleet", sources, includes=[folder / "include"], structures={"fleet_layer": _Layer})
