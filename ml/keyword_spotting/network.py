"""The network, of operators that the compiler can run a few frames at a time: no padding over time.

After Choi et al., "Temporal convolution for real-time keyword spotting on mobile devices", Interspeech 2019, and
Zhang et al., "Hello Edge: keyword spotting on microcontrollers", arXiv:1711.07128: plain convolutions while there is
frequency, depthwise-separable ones with residuals over time. The constants are what is scarce (80 kB), so frequency is
kept for two layers, whose weights serve many bands, and the blocks after them are separable.
"""

from ml.design.blocks import Blocks
from ml.design.network import keras_network
from ml.keyword_spotting.config import Config
from ml.train.keras import keras_module

MOMENTUM = 0.98  # of the means that batch normalisation keeps


def build(config: Config, classes: int):
    """A Keras model: float (n, frames, bands), the front end's int8 over 64 -> float (n, classes), softmax."""
    keras = keras_module()
    layers, network = keras.layers, config.network
    frames, bands = config.front_end.frames, config.front_end.log_mel.outputs
    if isinstance(network, Blocks):
        return keras_network(network, "keyword_spotting", (frames, bands), classes)
    given = keras.Input((frames, bands), name="window")
    x = layers.Reshape((frames, bands, 1), name="picture")(given)
    for number, (filters, kernel, stride) in enumerate(
        zip(network.filters, network.kernels, network.strides, strict=True)
    ):
        x = _conv(x, f"conv{number + 1}", filters, kernel, stride)
    x = _conv(x, "over_bands", network.channels, (1, x.shape[2]))
    for number, size in enumerate(network.blocks):
        x = _block(x, f"block{number + 1}", size)
    x = _conv(x, "wide", network.last, (1, 1))
    x = layers.AveragePooling2D((x.shape[1], 1), name="mean")(x)
    x = layers.Dropout(network.dropout, name="dropout")(layers.Flatten(name="flatten")(x))
    return keras.Model(given, layers.Dense(classes, activation="softmax", name="scores")(x), name="keyword_spotting")


def _conv(x, name: str, filters: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1), relu: bool = True):
    layers = keras_module().layers
    x = layers.Conv2D(filters, kernel, stride, "valid", use_bias=False, name=name)(x)
    x = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def _block(x, name: str, size: int):
    """Over `size` frames; the residual is what lies in the middle of them."""
    layers, before = keras_module().layers, (size - 1) // 2
    same = layers.Cropping2D(((before, size - 1 - before), (0, 0)), name=f"{name}_same")(x)
    y = layers.DepthwiseConv2D((size, 1), padding="valid", use_bias=False, name=f"{name}_over_time")(x)
    y = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_over_time_norm")(y)
    y = _conv(y, f"{name}_mixed", x.shape[-1], (1, 1), relu=False)
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_sum")([y, same]))
