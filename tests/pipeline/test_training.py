"""How Keras is started and trained: less work for it, the same weights."""

import importlib
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ml.train import keras
from ml.train.keras import compiled, keras_module


def network(steps: list):
    """A small classifier, the same at every call, that notes each time Keras traces or runs it from Python."""

    class Noted(keras_module().layers.ReLU):
        def call(self, inputs):
            steps.append(inputs)
            return super().call(inputs)

    keras_module().utils.set_random_seed(4)
    layers = keras_module().layers
    given = layers.Input((12, 3))
    x = layers.BatchNormalization()(layers.Conv1D(4, 3)(given))
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling1D()(Noted()(x)))
    return keras_module().Model(given, layers.Dense(3, activation="softmax")(x))


def trained(compiling) -> tuple[int, dict, list[np.ndarray]]:
    """How often a step was traced, what `fit` tells, and the weights."""
    steps, rng = [], np.random.default_rng(0)
    made = network(steps)
    steps.clear()
    compiling(made, keras_module().optimizers.Adam(0.01), "categorical_crossentropy", ["accuracy"])
    inputs, targets = rng.normal(size=(64, 12, 3)), np.eye(3)[rng.integers(0, 3, 64)]
    history = made.fit(inputs, targets, 16, epochs=2, shuffle=False, verbose=0).history
    return len(steps), history, made.get_weights()


def test_a_training_step_is_traced_once_and_the_weights_are_those_of_keras_alone():
    traced, history, weights = trained(compiled)
    alone = trained(lambda made, optimizer, loss, metrics: made.compile(optimizer, loss, metrics=metrics))
    assert traced == 1
    assert history == alone[1]
    assert all(np.array_equal(one, other) for one, other in zip(weights, alone[2], strict=True))


def test_a_package_is_hidden_from_what_is_imported_in_the_block_and_in_this_thread_alone():
    sys.modules.pop("colorsys", None)
    with keras._without("colorsys"), ThreadPoolExecutor(1) as beside:
        with pytest.raises(ImportError):
            importlib.import_module("colorsys")
        assert beside.submit(importlib.import_module, "colorsys").result().rgb_to_hsv
        del sys.modules["colorsys"]
    assert importlib.import_module("colorsys").rgb_to_hsv
