"""The designs among which a search chooses: choices, and how they become a design.

    SPACE = Space(
        front_end={"rate_hz": (25.0, 33.3), "window": (32, 40)},   # fields of the application's front end
        depth=(1, 2, 3), kinds=("plain", "separable"), widths=(4, 8, 16), kernels=(3, 5), strides=(1, 2),
    )

Numbers stand in order: a search takes neighbours for alike. An application's is `SPACE` in `ml/<app>/space.py`,
one's own `SPACE` in the file of `--space`. Whoever wants other networks overrides `design`.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ml.design.blocks import Block, Blocks
from ml.design.design import Design
from ml.errors import UserError

Choose = Callable[[str, tuple], Any]  # (name, choices) -> one of them
CORNERS = 256  # designs of `ends`, at most: the smallest figures of a space are read off these


@dataclass(frozen=True)
class Space:
    """What may be chosen. Each block is drawn for itself."""

    front_end: dict[str, tuple] = field(default_factory=dict)
    depth: tuple[int, ...] = (1, 2, 3)  # blocks
    kinds: tuple[str, ...] = ("plain", "separable", "inverted", "temporal", "attention")
    widths: tuple[int, ...] = (4, 8, 12, 16, 24, 32)
    kernels: tuple[int | tuple[int, int], ...] = (3, 5)
    strides: tuple[int | tuple[int, int], ...] = (1, 2)
    expands: tuple[int, ...] = (2, 4)
    bits: tuple[int, ...] = (8, 4)
    heads: tuple[str, ...] = ("flatten", "average")
    network: Blocks = field(default_factory=lambda: Blocks(()))  # what is not chosen: padding, picture, output, dropout

    def __post_init__(self) -> None:
        lists = {"depth": self.depth, "kinds": self.kinds, "widths": self.widths, "kernels": self.kernels}
        lists |= {"strides": self.strides, "expands": self.expands, "bits": self.bits, "heads": self.heads}
        for name, choices in {**lists, **self.front_end}.items():
            if not isinstance(choices, tuple) or not choices:
                raise UserError(f"space: expected a tuple of choices for {name}, found {choices!r}")

    def design(self, choose: Choose) -> Design:
        """A design of what `choose` chooses."""
        front_end = {name: choose(f"front_end.{name}", choices) for name, choices in self.front_end.items()}
        blocks = tuple(self.block(number, choose) for number in range(1, choose("depth", self.depth) + 1))
        head = {"head": choose("head", self.heads), "bits": choose("head.bits", self.bits)}
        kept = {name: getattr(self.network, name) for name in ("output", "picture", "padding", "dropout")}
        return Design(front_end, Blocks(blocks, weight_decay=self.network.weight_decay, **head, **kept))

    def block(self, number: int, choose: Choose) -> Block:
        """The number-th."""
        kind = choose(f"block{number}.kind", self.kinds)

        def of(what: str, choices: tuple) -> Any:
            return choose(f"block{number}.{what}", choices)

        made: dict[str, Any] = {"width": of("width", self.widths)}
        if kind not in ("attention", "dense"):
            made |= {"kernel": of("kernel", self.kernels), "stride": of("stride", self.strides)}
        if kind == "inverted":
            made["expand"] = of("expand", self.expands)
        if kind != "attention":
            made["bits"] = of("bits", self.bits)
        return Block(kind, **made)

    def ends(self) -> Iterator[Design]:
        """Designs at the ends of the choices, among which the smallest of each cost are: one block, as narrow as can
        be, every kind and head, and the ends of the others."""
        fronts = itertools.product(*(dict.fromkeys((one[0], one[-1])) for one in self.front_end.values()))
        rest = itertools.product(
            list(fronts), self.kinds, self.heads, _ends(self.kernels), _ends(self.strides), _ends(self.bits)
        )
        every = list(rest)
        for at in range(0, len(every), -(-len(every) // CORNERS)):
            front, kind, head, kernel, stride, bits = every[at]
            fixed = {"depth": min(self.depth), "head": head, "head.bits": bits}
            fixed |= {f"front_end.{name}": one for name, one in zip(self.front_end, front, strict=True)}
            told = {"kind": kind, "width": min(self.widths), "kernel": kernel, "stride": stride, "bits": bits}
            told["expand"] = min(self.expands)
            yield self.design(lambda name, _, f=fixed, t=told: f[name] if name in f else t[name.partition(".")[2]])


def _ends(choices: tuple) -> tuple:
    return tuple(dict.fromkeys((choices[0], choices[-1])))
