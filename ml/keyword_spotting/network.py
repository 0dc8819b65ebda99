"""The network, of operators that the compiler can run a few frames at a time: no padding over time.

A first convolution over time and frequency, so that a voice may be higher or lower; then frequency is channels, and
convolutions over time with residuals follow: Choi et al., "Temporal convolution for real-time keyword spotting on
mobile devices", Interspeech 2019. So a step of the device costs two rows of each layer, and training is a few large
products.
"""

from ml.keyword_spotting.config import Config, Network
from ml.train.keras import keras_module


def build(config: Config, classes: int):
    """A Keras model: float (n, frames, bands), the front end's int8 over 64 -> float (n, classes), softmax."""
    keras = keras_module()
    layers, network = keras.layers, config.network
    frames, bands = config.front_end.frames, config.front_end.log_mel.outputs
    given = keras.Input((frames, bands), name="window")
    x = layers.Reshape((frames, bands, 1), name="picture")(given)
    x = _conv(x, "conv1", network.filters, network.kernel, network.stride)
    x = _conv(x, "over_bands", network.channels, (1, x.shape[2]))
    for number in range(network.blocks):
        x = _block(x, f"block{number + 1}", network)
    x = _conv(x, "wide", network.last, (1, 1))
    x = layers.AveragePooling2D((x.shape[1], 1), name="mean")(x)
    x = layers.Dropout(network.dropout, name="dropout")(layers.Flatten(name="flatten")(x))
    return keras.Model(given, layers.Dense(classes, activation="softmax", name="scores")(x), name="keyword_spotting")


def _conv(x, name: str, filters: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1), relu: bool = True):
    layers = keras_module().layers
    x = layers.Conv2D(filters, kernel, stride, "valid", use_bias=False, name=name)(x)
    x = layers.BatchNormalization(momentum=0.98, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def _block(x, name: str, network: Network):
    """The residual is what lies in the middle of the kernel."""
    layers = keras_module().layers
    same = layers.Cropping2D(((1, 1), (0, 0)), name=f"{name}_same")(x)
    y = _conv(x, f"{name}_over_time", network.channels, (3, 1), relu=False)
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_sum")([y, same]))
