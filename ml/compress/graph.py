"""A Keras functional model as a list of layers, and models rebuilt from one.

made = rebuilt(model, lambda node, *tensors: apply(copied(node.layer, **changes), tensors))
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ml.errors import UserError
from ml.train.keras import keras_module

WEIGHTED = ("Conv1D", "Conv2D", "DepthwiseConv1D", "DepthwiseConv2D", "Dense")  # they multiply by what they learned
DEPTHWISE = ("DepthwiseConv1D", "DepthwiseConv2D")
MERGING = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")  # element by element
PASSING = (  # values come out as they went in, or the mean or the largest of several
    *("AveragePooling1D", "AveragePooling2D", "MaxPooling1D", "MaxPooling2D", "Cropping1D", "Cropping2D"),
    *("ZeroPadding1D", "ZeroPadding2D", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "Flatten", "Reshape"),
)


@dataclass(frozen=True)
class Node:
    """A layer and where its inputs come from."""

    layer: Any
    inputs: tuple[str, ...]  # names of layers

    @property
    def name(self) -> str:
        return self.layer.name

    @property
    def kind(self) -> str:
        """The name of the layer's class, for a fake-quantised one that of what it imitates."""
        return getattr(self.layer, "imitates", type(self.layer).__name__)

    @property
    def weighted(self) -> bool:
        return self.kind in WEIGHTED


def nodes(model) -> list[Node]:
    """The layers in the order in which they run. UserError, with a layer's name, unless the model is functional (or
    Sequential), has one input and one output, and runs each layer once, on one array or a list of them."""
    keras = keras_module()
    if isinstance(model, keras.Sequential) and model.built:
        model = keras.Model(model.inputs, model.outputs, name=model.name)
    if not hasattr(model, "_nodes_by_depth") or len(model.inputs) != 1 or len(model.outputs) != 1:
        raise UserError(f"{model.name}: expected a functional Keras model with one input and one output")
    used: dict[str, list] = {}
    for runs in model._nodes_by_depth.values():
        for run in runs:
            used.setdefault(run.operation.name, []).append(run)
    return [_node(layer, used[layer.name]) for layer in model.layers]


def _node(layer, used: list) -> Node:
    if isinstance(layer, keras_module().Model):
        raise UserError(f"layer {layer.name}: expected plain layers, found a model within the model; take its layers")
    if len(used) != 1 or len(used[0].outputs) != 1:
        raise UserError(f"layer {layer.name}: expected to run once with one output, found {len(used)} runs of it")
    return Node(layer, tuple(tensor._keras_history.operation.name for tensor in used[0].input_tensors))


def readers(given: Iterable[Node]) -> dict[str, list[Node]]:
    """Layer -> the layers that read it."""
    found: dict[str, list[Node]] = {}
    for node in given:
        found.setdefault(node.name, [])
        for name in node.inputs:
            found.setdefault(name, []).append(node)
    return found


def output_name(model) -> str:
    """The layer whose output is the model's."""
    return model.outputs[0]._keras_history.operation.name


def rebuilt(model, make: Callable[..., Any], first: Callable[..., Any] | None = None):
    """A new model: `make(node, *tensors)` says what stands for each layer, `tensors` being what its inputs became;
    `first(node, tensor)` what stands for the input."""
    keras = keras_module()
    tensors: dict[str, Any] = {}
    for node in nodes(model):
        if node.inputs:
            tensors[node.name] = make(node, *(tensors[one] for one in node.inputs))
        else:
            given = keras.Input(batch_shape=node.layer.batch_shape, name=node.name)
            tensors[node.name] = first(node, given) if first else given
    return keras.Model(given, tensors[output_name(model)], name=model.name)


def copied(layer, **changes):
    """A layer of the same class, name and settings but for `changes`; its weights are its own and new."""
    return type(layer).from_config(layer.get_config() | changes)


def apply(layer, tensors: tuple[Any, ...], weights: list | None = None):
    """The layer's output; `weights` become its own."""
    made = layer(tensors[0] if len(tensors) == 1 else list(tensors))
    if weights is not None:
        layer.set_weights(weights)
    return made


def again(node: Node, *tensors):
    """What stands for a layer that does not change: a copy with the same weights."""
    return apply(copied(node.layer), tensors, node.layer.get_weights())


def activation_of(layer) -> str:
    """The name of a layer's own activation; "linear" where it has none."""
    function = getattr(layer, "activation", None)
    return "linear" if function is None else getattr(function, "__name__", str(function))
