"""Pruning that makes a network smaller: channels (filters, neurons) and whole layers go, through residuals, depthwise
layers and concatenations (ml/compress/coupling.py).

smaller = channels(model, lessons, keep=0.5, criterion="taylor")   # then tune(smaller, lessons, ...)

| criterion | what goes | source |
|---|---|---|
| magnitude | the channel with the smallest folded weights | H. Li et al., ICLR 2017, arXiv:1608.08710 |
| taylor | the channel without which the loss changes least, to first order | P. Molchanov et al., CVPR 2019 |
"""

from collections.abc import Mapping

import numpy as np

from ml.compress.coupling import Coupling, makes
from ml.compress.folding import folded
from ml.compress.graph import DEPTHWISE, Node, again, apply, copied, nodes, rebuilt
from ml.errors import UserError
from ml.train.keras import tensorflow
from ml.train.lessons import Lessons, tune

CRITERIA = ("magnitude", "taylor")
MULTIPLE = 4  # channels that the kernels take at once (docs/kernels.md)
BATCHES, BATCH = 16, 64  # of lessons, for the gradient


def channels(
    model,
    lessons: Lessons | None = None,
    *,
    keep: float | Mapping[str, float] = 0.5,
    criterion: str = "magnitude",
    multiple: int = MULTIPLE,
    seed: int = 0,
):
    """A smaller model with `keep` of the channels of each group, rounded to a `multiple`, at least one of them; before
    any training it computes what the old one does with those channels' readers at zero.

    `keep` is a share, or shares by layer (of a group the smallest share; 1 where no layer is named). `taylor` needs
    lessons. UserError for a share outside of 0..1, an unknown layer or criterion, and where no channel may go.
    """
    coupled = Coupling(model)
    shares = _shares(coupled, keep)
    worth = importance(model, coupled, criterion, lessons, seed)
    gone: set[int] = set()
    for group, classes in coupled.groups.items():
        count = _rounded(shares[group] * len(classes), multiple, len(classes))
        order = sorted(classes, key=lambda one: worth[one])
        gone.update(order[: len(classes) - count])
    return without(model, coupled, gone)


def _shares(coupled: Coupling, keep: float | Mapping[str, float]) -> dict[tuple[str, ...], float]:
    if not coupled.groups:
        raise UserError("pruning: expected a layer whose channels may go, found only those of the input and the output")
    known = {name for group in coupled.groups for name in group}
    shares = dict.fromkeys(known, keep) if isinstance(keep, int | float) else dict(keep)
    strange = sorted(set(shares) - known)
    if strange:
        raise UserError(f"pruning: expected layers of {', '.join(sorted(known))}, found {', '.join(strange)}")
    for name, share in shares.items():
        if not 0 < share <= 1:
            raise UserError(f"pruning: expected a share above 0 and up to 1 to keep of {name}, found {share}")
    return {group: min(shares.get(name, 1.0) for name in group) for group in coupled.groups}


def _rounded(count: float, multiple: int, most: int) -> int:
    return min(most, max(multiple * round(count / multiple), min(multiple, most), 1))


def importance(
    model, coupled: Coupling, criterion: str, lessons: Lessons | None = None, seed: int = 0
) -> dict[int, float]:
    """Class of channels -> how much it matters, the sum over the layers that make it; see the table above."""
    if criterion not in CRITERIA:
        raise UserError(f"pruning: expected the criterion {' or '.join(CRITERIA)}, found {criterion!r}")
    if criterion == "taylor" and lessons is None:
        raise UserError("pruning: expected lessons for the criterion taylor, found none; or take magnitude")
    plain = folded(model)
    made = _magnitudes(plain) if lessons is None or criterion == "magnitude" else _taylor(plain, lessons, seed)
    worth: dict[int, float] = {}
    for name, values in made.items():
        for one, value in zip(coupled.classes[name], values, strict=True):
            worth[int(one)] = worth.get(int(one), 0.0) + float(value)
    return worth


def _magnitudes(plain) -> dict[str, np.ndarray]:
    return {
        node.name: np.sqrt((node.layer.get_weights()[0] ** 2).reshape(-1, node.layer.output.shape[-1]).mean(axis=0))
        for node in nodes(plain)
        if makes(node)
    }


def _taylor(plain, lessons: Lessons, seed: int) -> dict[str, np.ndarray]:
    """The square of the sum of gradient times weight over a channel's weights, the mean over batches."""
    tf, rng, loss = tensorflow(), np.random.default_rng(seed), lessons.function()
    layers = [node.layer for node in nodes(plain) if makes(node)]
    found = {layer.name: np.zeros(layer.output.shape[-1]) for layer in layers}
    for _ in range(BATCHES):
        chosen = rng.integers(0, len(lessons), BATCH)
        with tf.GradientTape() as tape:
            value = loss(lessons.targets[chosen], plain(lessons.shown(chosen, rng), training=False))
        kernels, biases = [one.kernel for one in layers], [one.bias for one in layers]
        slopes = tape.gradient(value, [one.value for one in (*kernels, *biases)])
        products = [slope.numpy() * one.numpy() for slope, one in zip(slopes, (*kernels, *biases), strict=True)]
        for layer, kernel, bias in zip(layers, products, products[len(layers) :], strict=False):
            found[layer.name] += (kernel.reshape(-1, len(bias)).sum(axis=0) + bias) ** 2 / BATCHES
    return found


def without(model, coupled: Coupling, gone: set[int]):
    """The model without some classes of channels."""
    kept = {name: ~np.isin(classes, list(gone)) for name, classes in coupled.classes.items()}

    def make(node: Node, *tensors):
        layer, weights = node.layer, node.layer.get_weights()
        here, before = kept[node.name], kept[node.inputs[0]]
        if node.kind == "Reshape" and here.size:
            return apply(copied(layer, target_shape=(*layer.target_shape[:-1], int(here.sum()))), tensors)
        if node.kind == "BatchNormalization":
            return apply(copied(layer), tensors, [one[here] for one in weights])
        if node.kind in DEPTHWISE:
            return apply(copied(layer), tensors, [weights[0][..., before, :], *(one[here] for one in weights[1:])])
        if makes(node):
            size = "units" if node.kind == "Dense" else "filters"
            kernel = weights[0][..., before, :][..., here]
            return apply(
                copied(layer, **{size: int(here.sum())}), tensors, [kernel, *(one[here] for one in weights[1:])]
            )
        return again(node, *tensors)

    return rebuilt(model, make)


def masked(model, coupled: Coupling, gone: set[int]):
    """The model in which those channels are still computed, but nothing reads them: what pruning must equal."""
    lost = {name: np.isin(classes, list(gone)) for name, classes in coupled.classes.items()}

    def make(node: Node, *tensors):
        weights = node.layer.get_weights()
        if makes(node):
            weights[0] = np.where(lost[node.inputs[0]][:, None], 0, weights[0]).astype(np.float32)
            return apply(copied(node.layer), tensors, weights)
        return again(node, *tensors)

    return rebuilt(model, make)


def layers(model, drop: tuple[str, ...]):
    """The model without the layers whose names begin with one of `drop` (a block's name drops the block): what each
    reads goes on in its place. UserError where nothing has the name, or where shapes do not allow it."""
    listed = nodes(model)
    for name in drop:
        if not any(node.name.startswith(name) for node in listed):
            raise UserError(f"pruning: expected a layer whose name begins with {name!r}, found none in {model.name}")

    def make(node: Node, *tensors):
        if not node.name.startswith(tuple(drop)):
            return again(node, *tensors)
        same = [one for one in tensors if one.shape == node.layer.output.shape]
        if not same:
            raise UserError(
                f"layer {node.name}: expected an input of its output's shape {list(node.layer.output.shape[1:])}, "
                f"found {list(tensors[0].shape[1:])}; it cannot be dropped"
            )
        return same[-1]

    try:
        return rebuilt(model, make)
    except (ValueError, TypeError) as error:
        raise UserError(f"pruning {', '.join(drop)}: what is left does not fit together: {error!s:.200}") from None


def gradual(
    model,
    lessons: Lessons,
    *,
    keep: float = 0.5,
    epochs: int = 6,
    rounds: int = 3,
    criterion: str = "taylor",
    seed: int = 0,
    rate: float | None = None,
):
    """Channels go in `rounds`, most of them early (M. Zhu and S. Gupta, arXiv:1710.01878: a cubic), with an equal part
    of the `epochs` after each."""
    if not 1 <= rounds <= epochs:
        raise UserError(f"pruning: expected 1 to {epochs} rounds in {epochs} epochs, found {rounds}")
    left = 1.0
    for number in range(1, rounds + 1):
        share = 1 - (1 - keep) * (1 - (1 - number / rounds) ** 3)
        multiple = MULTIPLE if number == rounds else 1
        model = channels(model, lessons, keep=share / left, criterion=criterion, multiple=multiple, seed=seed)
        left = share
        tune(model, lessons, epochs * number // rounds - epochs * (number - 1) // rounds, seed, rate)
    return model
