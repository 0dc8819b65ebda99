"""What it costs when one layer alone has fewer bits: a table, and a plot of it.

rows = table(model, lessons)        # layer by layer, 4 and 8 bits, all others in float
svg = plot(rows)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ml.compress.calibrate import limits
from ml.compress.folding import by_output, folded
from ml.compress.graph import Node, nodes
from ml.train.lessons import Lessons

AT_ONCE = 256
EXAMPLES = 1000  # that judge, drawn evenly over the lessons


@dataclass(frozen=True)
class Row:
    """One layer at so many bits, the others in float."""

    layer: str
    kind: str  # the class of the Keras layer
    bits: int
    weights: int
    lost: float  # points: of 100 answers, or of 100 % of the variance that is explained
    loss: float  # how much the lessons' loss rises

    @property
    def bytes(self) -> int:
        """Of the layer's weights."""
        return -(-self.weights * self.bits // 8)


@dataclass(frozen=True)
class Judged:
    """How good a network is."""

    points: float  # right answers of 100; of a reconstruction, per cent of the variance explained
    loss: float


def answers(model, inputs: np.ndarray) -> np.ndarray:
    """float (n, ...) to inputs float (n, ...). `predict` would compile each of the many models anew."""
    parts = [inputs[at : at + AT_ONCE] for at in range(0, len(inputs), AT_ONCE)]
    return np.concatenate([np.asarray(model(part, training=False)) for part in parts])


def judge(model, lessons: Lessons, examples: int = EXAMPLES) -> Judged:
    """On some of the lessons, always the same ones."""
    chosen = np.unique(np.linspace(0, len(lessons) - 1, examples).astype(int))
    targets = lessons.targets[chosen]
    made = answers(model, lessons.real(lessons.inputs[chosen]))
    loss = float(np.mean(lessons.function()(targets, made)))
    if not lessons.makes_again:
        return Judged(100 * float((made.argmax(1) == targets.argmax(1)).mean()), loss)
    spread = float(((targets - targets.mean(0)) ** 2).sum())
    return Judged(100 * (1 - float(((targets - made) ** 2).sum()) / max(spread, 1e-12)), loss)


def table(model, lessons: Lessons, bits: Iterable[int] = (4, 8), method: str = "mse") -> list[Row]:
    """A row for each weighted layer and number of bits, in the order of the layers. `method` is one of
    ml/compress/calibrate.py; `lessons` are best of people who did not train the network."""
    plain, bits = folded(model), tuple(bits)
    whole = judge(plain, lessons)
    rows = []
    for node in nodes(plain):
        if node.weighted:
            kept = node.layer.get_weights()
            for count in bits:
                node.layer.set_weights([rounded(node, count, method), *kept[1:]])
                found = judge(plain, lessons)
                node.layer.set_weights(kept)
                loss, lost = found.loss - whole.loss, round(whole.points - found.points, 6)
                rows.append(Row(node.name, node.kind, count, kept[0].size, lost, loss))
    return rows


def rounded(node: Node, bits: int, method: str = "mse") -> np.ndarray:
    """The layer's kernel with a scale for each output channel and 2^bits - 1 levels."""
    kernel = node.layer.get_weights()[0]
    flat = by_output(node.kind, kernel)
    rows, steps = flat.reshape(-1, flat.shape[-1]), 2 ** (bits - 1) - 1
    step = limits(rows.T, bits, method) / steps
    made = np.clip(np.rint(rows / step), -steps, steps) * step
    return made.reshape(kernel.shape).astype(np.float32)


def with_bits(model, bits: Mapping[str, int], method: str = "mse"):
    """The folded network with the weights of the layers in `bits` rounded together."""
    made = folded(model)
    for node in nodes(made):
        if node.weighted and node.name in bits:
            node.layer.set_weights([rounded(node, bits[node.name], method), *node.layer.get_weights()[1:]])
    return made


def plot(rows: list[Row]) -> str:
    """SVG: how much the loss rises, a bar for each layer and number of bits."""
    from ml.report.bars import bars  # noqa: PLC0415  loads matplotlib

    layers = list(dict.fromkeys(row.layer for row in rows))
    series = {f"{bits} bits": [] for bits in sorted({row.bits for row in rows})}
    for row in rows:
        series[f"{row.bits} bits"].append(max(row.loss, 0.0))
    return bars(layers, series, "the loss rises by, one layer alone")
