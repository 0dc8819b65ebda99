"""What all members of a round must agree on."""

from dataclasses import dataclass

from ml.errors import UserError
from ml.native.fleet import LARGEST, MAX_RATE

LEAST, MOST = 3, 16  # members of a group, as lib/fleet has them
UPDATES, SUMS = "updates", "sums"
SHAPE = (("most", 1, LARGEST), ("epochs", 1, 1000), ("rate", 0, MAX_RATE))


@dataclass(frozen=True)
class Settings:
    """Of a round. The sum of a group is exact: `most` times its members stays below 2^31."""

    kind: str = UPDATES  # what members send
    most: int = (
        1 << 20
    )  # length of an update after clipping, in 2^-24 of a logit for a step of a feature; of sums, in steps
    epochs: int = 16  # times that a board goes through its examples
    rate: int = 11  # bits by which a step is made smaller
    group: int = 6  # members of a group; those left over make some larger
    least: int = LEAST  # members in a sum
    momentum: float = 0.7  # of the gateway (Hsu, Qi and Brown, 2019): what a round keeps of the last one's change
    step: float = 2.0  # of the gateway: by which a round's update is multiplied
    trim: float = 0.2  # of the groups, left out at each end, value by value

    def __post_init__(self) -> None:
        if self.kind not in (UPDATES, SUMS):
            raise UserError(f"expected {UPDATES} or {SUMS}, found {self.kind!r}")
        for name, least, most in SHAPE:
            if not least <= getattr(self, name) <= most:
                raise UserError(f"expected {name} from {least} to {most}, found {getattr(self, name)}")
        if not LEAST <= self.least <= self.group <= MOST // 2:
            raise UserError(
                f"expected groups of {LEAST} to {MOST // 2}, and sums of {LEAST} of them at least, found {self.group} "
                f"and {self.least}; the sum of fewer says too much of each"
            )
        if not (0 <= self.momentum < 1 and 0 <= self.trim < 0.5):
            raise UserError(
                f"expected momentum below 1 and trim below 0.5, found {self.momentum} and {self.trim}; see --help"
            )


assert LARGEST * MOST < 1 << 31  # whatever a board adds, a sum of clipped updates does not wrap around


@dataclass(frozen=True)
class Offer:
    """A round, as members are told of it."""

    number: int  # above that of every round before it, 1..2^32 - 1
    model: bytes  # the first 8 bytes of the hash of the model whose layer is learnt
    settings: Settings
    size: int  # values of an update
    logit_unit: int  # what a step of the layer's int8 output is, in 2^-20 of a logit

    def __post_init__(self) -> None:
        if not 1 <= self.number < 1 << 32:
            raise UserError(
                f"expected a round from 1 to {(1 << 32) - 1:,}, found {self.number}; the fleet needs new seeds"
            )
