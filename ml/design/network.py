"""The Keras network of blocks: the operators of `layers.py` one by one, so that it costs what was predicted."""

from ml.compiler.predict import Layer
from ml.compiler.predict.sketch import middle
from ml.design import layers
from ml.design.blocks import Blocks
from ml.train.keras import keras_module

INPUT, SCORES = "window", "scores"


def keras_network(blocks: Blocks, name: str, shape: tuple[int, ...], outputs: int):
    """Freshly initialised: float (n, *shape), the front end's int8 over 64 -> float (n, outputs)."""
    keras = keras_module()
    drawn = layers.network(blocks, shape, outputs).layers
    made = [keras.Input(shape, name=INPUT)]
    for number, layer in enumerate(drawn, 1):
        given = [made[one] for one in layer.inputs or (number - 1,)]
        if number == len(drawn) - 1:
            given = [keras.layers.Dropout(blocks.dropout, name="dropout")(given[0])]
        made.append(_made(layer, layer_name(drawn, number), given, blocks.weight_decay))
    return keras.Model(made[0], made[-1], name=name)


def layer_name(drawn: tuple[Layer, ...], number: int) -> str:
    """Of the number-th layer. Every name is given: Keras would count on from the last network, and names end up in the
    generated code."""
    return SCORES if number == len(drawn) - 1 else f"{drawn[number - 1].kind}{number}"


def narrow(blocks: Blocks, shape: tuple[int, ...], outputs: int) -> dict[str, int]:
    """Layer -> 4, for those whose weights have four bits: what the step `round` or `qat` of a recipe takes."""
    drawn = layers.network(blocks, shape, outputs).layers
    return {layer_name(drawn, number): layer.bits for number, layer in enumerate(drawn, 1) if layer.bits == 4}


def _made(layer: Layer, name: str, given: list, decay: float):
    keras = keras_module()
    kinds = keras.layers
    if layer.kind in ("conv", "depthwise"):
        x = _convolution(layer, name, decay)(given[0])
        x = kinds.BatchNormalization(momentum=0.95, name=f"{name}_norm")(x)
    elif layer.kind == "dense":
        x = kinds.Dense(layer.size, name=name)(given[0])
    elif layer.kind == "add":
        x = kinds.Add(name=name)(given)
    elif layer.kind == "crop":
        x = kinds.Cropping2D([middle(side) for side in layer.kernel], name=name)(given[0])
    elif layer.kind == "reshape":
        x = kinds.Reshape(layer.shape or (-1,), name=name)(given[0])
    elif layer.kind == "average_pool":
        x = kinds.AveragePooling2D(layer.kernel, layer.stride, layer.padding, name=name)(given[0])
    elif layer.kind == "matmul":
        x = kinds.Dot(axes=(2, 2) if layer.size else (2, 1), name=name)(given)
    else:
        return kinds.Activation(layer.kind, name=name)(given[0])
    relu = layer.activation == "relu" and layer.kind in ("conv", "depthwise", "dense", "add")
    return kinds.ReLU(name=f"{name}_relu")(x) if relu else x


def _convolution(layer: Layer, name: str, decay: float):
    keras = keras_module()
    how = {"strides": layer.stride, "padding": layer.padding, "use_bias": False}
    if layer.kind == "depthwise":
        return keras.layers.DepthwiseConv2D(layer.kernel, name=name, **how)
    decayed = keras.regularizers.l2(decay) if decay else None
    return keras.layers.Conv2D(layer.size, layer.kernel, kernel_regularizer=decayed, name=name, **how)
