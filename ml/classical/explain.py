"""A tree as text, with the names of the inputs."""

from collections.abc import Iterator, Sequence

from ml.classical.trees import Leaf, Node, Trees
from ml.errors import UserError


def explain(model: object, names: Sequence[str], labels: Sequence[str], most_trees: int = 1) -> str:
    """The first trees of a tree, forest or boosted trees, a question a line. UserError for another family."""
    if not isinstance(model, Trees):
        raise UserError(
            f"--explain: expected trees, found {getattr(model, 'family', type(model).__name__)}; add --family tree"
        )
    lines = []
    for number, tree in enumerate(model.trees[:most_trees]):
        lines += [f"tree {number + 1} of {len(model.trees)}", *_lines(tree, names, labels, 0)]
    return "\n".join(lines)


def _lines(node: Node | Leaf, names: Sequence[str], labels: Sequence[str], depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(node, Leaf):
        yield f"{indent}-> {_votes(node, labels)}"
        return
    yield f"{indent}{names[node.feature]} <= {node.threshold}?"
    yield from _lines(node.left, names, labels, depth + 1)
    yield f"{indent}otherwise"
    yield from _lines(node.right, names, labels, depth + 1)


def _votes(leaf: Leaf, labels: Sequence[str]) -> str:
    given = [(int(value), label) for value, label in zip(leaf.add, labels, strict=True) if value]
    if len(given) == 1 and given[0][0] > 0:
        return given[0][1]
    return ", ".join(
        f"{label} {value:+d}" if value < 0 else f"{label} {value}" for value, label in sorted(given, reverse=True)
    )
