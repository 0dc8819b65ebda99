"""What a search may change of the keyword model: networks built as the application's own (network.py) of other widths,
reaches and bits. Nothing is padded, so a few frames at a time are all that a step computes."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ml.design.blocks import Block, Blocks
from ml.design.design import Design
from ml.design.space import Choose, Space
from ml.keyword_spotting.config import Network


@dataclass(frozen=True)
class OverTime(Space):
    """Two convolutions over time and frequency, one over all bands, `depth` residual blocks over time, one of 1x1, a
    mean over time. Widths and kernels of `Space` are not used."""

    filters: tuple[int, ...] = (8, 12, 16, 24)  # of the first convolution
    bands: tuple[int, ...] = (16, 24, 32, 40, 48)  # of the second
    second: tuple[tuple[int, int], ...] = ((3, 3), (3, 4), (3, 5))  # its kernel
    channels: tuple[int, ...] = (32, 48, 64, 80, 92, 112, 128, 144)  # once frequency is used up
    reaches: tuple[int, ...] = (3, 5, 7, 9)  # frames that a block sees
    last: tuple[int, ...] = (48, 64, 80, 96, 112, 136, 160, 192)  # channels that are averaged

    def design(self, choose: Choose) -> Design:
        def bits(part: str) -> int:
            return choose(f"{part}.bits", self.bits)

        first = Block("plain", choose("filters", self.filters), (4, 5), (2, 2))
        second = Block("plain", choose("bands", self.bands), choose("second", self.second), (1, 2), bits=bits("bands"))
        channels, depth, inner = choose("channels", self.channels), choose("depth", self.depth), bits("blocks")
        over_bands = Block("temporal", channels, 1, bits=bits("channels"))
        over_time = (choose(f"block{number}.reach", self.reaches) for number in range(1, depth + 1))
        blocks = [Block("residual", channels, (reach, 1), bits=inner) for reach in over_time]
        last = Block("plain", choose("last", self.last), 1, bits=bits("last"))
        front_end = {name: choose(f"front_end.{name}", choices) for name, choices in self.front_end.items()}
        return Design(front_end, _network((first, second, over_bands, *blocks, last), bits("head"), self.network))

    def ends(self) -> Iterator[Design]:
        """The narrowest, of each number of bits, with the first and the last choices for the front end."""
        for at, bits in itertools.product((0, -1), self.bits):
            fixed = {"depth": min(self.depth)} | {f"front_end.{name}": one[at] for name, one in self.front_end.items()}

            def smallest(name: str, choices: tuple, fixed: dict = fixed, bits: int = bits) -> Any:
                return bits if name.endswith(".bits") else fixed.get(name, choices[0])

            yield self.design(smallest)


def _network(blocks: tuple[Block, ...], bits: int, other: Blocks) -> Blocks:
    return Blocks(blocks, "average", "softmax", True, "valid", bits, other.dropout, other.weight_decay)


def of_own(network: Network, bits: int = 8) -> Blocks:
    """The application's own network as blocks; `bits` are of the layers that hold most weights, 4 by its recipe."""
    shown = zip(network.filters, network.kernels, network.strides, strict=True)
    blocks = [Block("plain", filters, kernel, stride) for filters, kernel, stride in shown]
    blocks += [Block("temporal", network.channels, 1, bits=bits)]
    blocks += [Block("residual", network.channels, (reach, 1), bits=bits) for reach in network.blocks]
    blocks += [Block("plain", network.last, 1, bits=bits)]
    return _network(tuple(blocks), 8, Blocks((), dropout=network.dropout, weight_decay=0.0))


SPACE = OverTime(
    front_end={"log_mel.bands": (30, 40)},
    depth=(2, 3, 4),
    bits=(8, 4),
    network=Blocks((), dropout=0.1, weight_decay=0.0),
)
