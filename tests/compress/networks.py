"""Small networks at random, with every way in which channels are coupled, and inputs for them."""

import numpy as np

from ml.train.keras import keras_module
from ml.train.lessons import Lessons, classes

SHAPE, OVER_TIME = (8, 6, 3), (16, 4)
CLASSES = 4


class Drawing:
    """Blocks whose sizes chance decides; names count up."""

    def __init__(self, seed: int) -> None:
        self.chance, self.layers, self.number = np.random.default_rng(seed), keras_module().layers, 0
        keras_module().utils.set_random_seed(seed)

    def name(self, kind: str) -> str:
        self.number += 1
        return f"{kind}{self.number}"

    def conv(self, x, filters: int, kernel: int = 3, stride: int = 1, relu: bool = True):
        x = self.layers.Conv2D(filters, kernel, stride, "same", use_bias=False, name=self.name("conv"))(x)
        return self.normed(x, relu)

    def depthwise(self, x):
        return self.normed(self.layers.DepthwiseConv2D(3, padding="same", name=self.name("depthwise"))(x))

    def normed(self, x, relu: bool = True):
        x = self.layers.BatchNormalization(momentum=0.8, name=self.name("norm"))(x)
        return self.layers.ReLU(name=self.name("relu"))(x) if relu else x

    def residual(self, x):
        y = self.conv(self.depthwise(x), x.shape[-1], 1, relu=False)
        return self.layers.ReLU(name=self.name("relu"))(self.layers.Add(name=self.name("sum"))([x, y]))

    def joined(self, x):
        parts = [self.conv(x, int(self.chance.integers(3, 7)), kernel) for kernel in (1, 3)]
        return self.layers.Concatenate(name=self.name("joined"))(parts)


def network(seed: int, end: str = "mean"):
    """Keras: float (n, 8, 6, 3) -> (n, 4). Convolution, depthwise residual, concatenation, `mean` or `flat`, dense."""
    drawing = Drawing(seed)
    layers, keras = drawing.layers, keras_module()
    x = given = keras.Input(SHAPE, name="window")
    x = drawing.conv(x, int(drawing.chance.integers(5, 9)), stride=2)
    x = drawing.joined(drawing.residual(x))
    x = drawing.conv(x, int(drawing.chance.integers(4, 8)), 1)
    x = layers.GlobalAveragePooling2D(name="mean")(x) if end == "mean" else layers.Flatten(name="flat")(x)
    x = layers.Dense(6, activation="relu", name="hidden")(layers.Dropout(0.1, name="dropout")(x))
    made = keras.Model(given, layers.Dense(CLASSES, activation="softmax", name="scores")(x), name="small")
    settle_norms(made, drawing.chance)
    return made


def recurring(seed: int = 0):
    """Keras, over time: float (n, 16, 4) -> (n, 4), two Conv1D and a dense layer that knows what came first."""
    drawing = Drawing(seed)
    layers, keras = drawing.layers, keras_module()
    x = given = keras.Input(OVER_TIME, name="window")
    for filters in (6, 8):
        x = layers.Conv1D(filters, 3, 2, "same", use_bias=False, name=drawing.name("conv"))(x)
        x = drawing.normed(x)
    x = layers.Dense(CLASSES, activation="softmax", name="scores")(layers.Flatten(name="flat")(x))
    made = keras.Model(given, x, name="over_time")
    settle_norms(made, drawing.chance)
    return made


def tiny(seed: int, hidden: int = 12):
    """Keras: float (n, 8, 6, 3) -> (n, 4), two dense layers: quick to train."""
    layers, keras = keras_module().layers, keras_module()
    keras.utils.set_random_seed(seed)
    given = keras.Input(SHAPE, name="window")
    x = layers.Dense(hidden, activation="relu", name="hidden")(layers.Flatten(name="flat")(given))
    return keras.Model(given, layers.Dense(CLASSES, activation="softmax", name="scores")(x), name="tiny")


def settle_norms(model, chance: np.random.Generator) -> None:
    """As if it had been trained: no two channels alike."""
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":
            count = layer.moving_mean.shape[0]
            spread = [chance.uniform(0.5, 1.5, count), *(chance.normal(0, 0.3, (2, count)))]
            layer.set_weights([*spread, chance.uniform(0.5, 2, count)])


def inputs(count: int = 32, seed: int = 0, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """int8 (count, *shape) with both ends of the range."""
    made = np.clip(np.rint(np.random.default_rng(seed).normal(0, 40, (count, *shape))), -128, 127)
    made.flat[:2] = -128, 127
    return made.astype(np.int8)


def real(given: np.ndarray) -> np.ndarray:
    """As the network sees them."""
    return given.astype(np.float32) / 64


def lessons(count: int = 240, seed: int = 0, shape: tuple[int, ...] = SHAPE) -> Lessons:
    """Four classes that a small network learns in seconds: which quarter of the window is bright."""
    chance = np.random.default_rng(seed)
    labels = np.arange(count) % CLASSES
    given, high, wide = inputs(count, seed, shape).astype(int) // 2, shape[0] // 2, shape[1] // 2
    for one, label in zip(given, labels, strict=True):
        top, left = high * (label // 2), wide * (label % 2)
        one[top : top + high, left : left + wide] += chance.integers(20, 60)
    return classes(np.clip(given, -128, 127).astype(np.int8), labels, CLASSES, batch=16, rate=5e-3, epochs=6)
