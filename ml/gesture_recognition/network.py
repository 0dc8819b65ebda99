"""The gesture network: built so that int8 costs it nothing (convolution, batch normalisation, ReLU; no residuals)."""

from ml.gesture_recognition.config import Network
from ml.keras import keras_module


def build(config: Network, window: int, axes: int, classes: int):
    """A Keras model: float (n, window, axes), the front end's int8 over 64 -> float (n, classes), softmax."""
    keras = keras_module()
    layers = keras.layers
    x = given = keras.Input((window, axes), name="window")
    for number, filters in enumerate(config.filters):
        name, kernel, stride = f"conv{number + 1}", config.kernels[number], config.strides[number]
        decay = keras.regularizers.l2(config.weight_decay)
        x = layers.Conv1D(filters, kernel, stride, "same", use_bias=False, kernel_regularizer=decay, name=name)(x)
        x = layers.BatchNormalization(name=f"{name}_norm")(x)
        x = layers.ReLU(name=f"{name}_relu")(x)
    x = layers.Dropout(config.dropout, name="dropout")(layers.Flatten(name="flatten")(x))
    # Every name is given: Keras would count on from the last network, and names end up in the generated code.
    return keras.Model(given, layers.Dense(classes, activation="softmax", name="scores")(x), name="gesture_recognition")
