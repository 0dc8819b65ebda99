"""Networks that several applications share: built so that int8 costs them nothing (convolution, batch normalisation,
ReLU; no residuals)."""

from dataclasses import dataclass

from ml.errors import UserError
from ml.train.keras import keras_module


@dataclass(frozen=True)
class Convolutions:
    """Convolutions over time, then one dense layer that still knows what came first."""

    filters: tuple[int, ...] = (16, 24, 24)
    kernels: tuple[int, ...] = (5, 5, 3)
    strides: tuple[int, ...] = (2, 2, 2)
    dropout: float = 0.2  # before the dense layer
    weight_decay: float = 1e-3  # L2, of the convolutions

    def __post_init__(self) -> None:
        if not len(self.filters) == len(self.kernels) == len(self.strides):
            raise UserError("network: expected as many kernels and strides as filters")


def convolutions(config: Convolutions, name: str, window: int, values: int, classes: int):
    """A Keras model: float (n, window, values), the front end's int8 over 64 -> float (n, classes), softmax."""
    keras = keras_module()
    layers = keras.layers
    x = given = keras.Input((window, values), name="window")
    for number, filters in enumerate(config.filters):
        conv, kernel, stride = f"conv{number + 1}", config.kernels[number], config.strides[number]
        decay = keras.regularizers.l2(config.weight_decay)
        x = layers.Conv1D(filters, kernel, stride, "same", use_bias=False, kernel_regularizer=decay, name=conv)(x)
        x = layers.BatchNormalization(name=f"{conv}_norm")(x)
        x = layers.ReLU(name=f"{conv}_relu")(x)
    x = layers.Dropout(config.dropout, name="dropout")(layers.Flatten(name="flatten")(x))
    # Every name is given: Keras would count on from the last network, and names end up in the generated code.
    return keras.Model(given, layers.Dense(classes, activation="softmax", name="scores")(x), name=name)
