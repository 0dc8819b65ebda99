"""Operator families and kernels: the contract between the compiler and `lib/nn` (see docs/compiler.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from ml.compiler import cycles
from ml.compiler.graph import Op
from ml.compiler.unsupported import Unsupported


@dataclass(frozen=True)
class Options:
    """What the user chose."""

    # or "size"; or "code": kernels without an unrolled twin, 4 kB less; or "reference": what others are proved against
    optimise: str = "speed"
    tries: int = 3000  # at a smaller arena, where the first are not the smallest possible
    weights: str = "auto"  # 4 bits where they cost next to no cycles; or "4": wherever they can; or "8": nowhere


@dataclass(frozen=True)
class Array:
    """A constant array of the generated header: `static const <type> <prefix>_<name>[shape]`."""

    name: str
    data: np.ndarray  # of a type in emit.C_TYPES; its shape is the C array's
    comment: str = ""


@dataclass(frozen=True)
class Struct:
    """A constant struct: rows of C text, each with what it means. `{name}` stands for the layer's prefix."""

    type: str  # nn_conv
    rows: tuple[tuple[str, str], ...]  # ("{25, 5, 64}, {25, 5, 64}", "input and output: height, width, channels")
    bytes: int = 0  # of flash on a 32-bit processor


@dataclass
class Lowered:
    """One operator made into C calls."""

    calls: list[str]  # "nn_conv_2d(&{name}, {0}, {out})"
    arrays: list[Array] = field(default_factory=list)
    struct: Struct | None = None
    headers: tuple[str, ...] = ()  # "nn/conv.h"
    kernel: str = ""  # the C function, filled in by the registry
    reason: str = "the reference kernel"
    cycles: float = float("inf")  # estimate on a Cortex-M4; from `work` where that is known
    scratch: int = 0  # bytes of arena during the call only
    # input -> bytes by which the output must start before it; None where it must start at the same place exactly
    overlap: Mapping[int, int | None] = field(default_factory=dict)
    work: dict[str, float] = field(default_factory=dict)  # how often its loops turn, see loops.py
    parameters: int = 0  # bytes of raw weights and biases, as the model states them
    bits: int = 8  # of a weight

    @property
    def flash(self) -> int:
        """Bytes of constants."""
        return sum(array.data.nbytes for array in self.arrays) + (self.struct.bytes if self.struct else 0)


class Declined(str):
    """What an offer answers that would apply but for a reason which the user should see."""


Offer = Callable[[Op, Options], "Lowered | Declined | None"]
Check = TypeVar("Check", bound=Callable[..., None])  # of an Op; it may take more when another check calls it


@dataclass(frozen=True)
class Family:
    """One kind of operator: what it supports and how it is counted."""

    kind: str
    check: Callable[[Op], None]  # raises Unsupported; after it the op's shapes and types can be relied on
    macs: Callable[[Op], int]
    types: str  # for docs/operators.md
    limits: str


FAMILIES: dict[str, Family] = {}
KERNELS: dict[str, list[tuple[str, Offer]]] = {}
FAST = ("_packed", "_equal", "_equal_int16", "_all")  # ends of the names of kernels beside a reference kernel
INT16, UINT8 = " int16", " uint8"  # behind the kind of an operator: the form on such activations, a family of its own


def form(op: Op) -> str:
    """The family's key in FAMILIES and KERNELS: the operator's kind, or "CONV_2D int16" where its first input or its
    output is int16 and such a family exists; likewise "QUANTIZE uint8"."""
    ends = {t.dtype for t in (*op.inputs[:1], *op.outputs[:1]) if t is not None}
    own = (op.kind + other for other in (INT16, UINT8) if other.strip() in ends)
    return next((key for key in own if key in FAMILIES), op.kind)


def family(kind: str, *, types: str = "int8", limits: str = "", macs: Callable[[Op], int] = lambda op: 0):
    """Registers the decorated check as the family of `kind`."""

    def register(check: Check) -> Check:
        FAMILIES[kind] = Family(kind, check, macs, types, limits)
        return check

    return register


def kernel(kind: str, function: str):
    """Registers the decorated offer: the C function `function` runs operators of `kind` where it is not None."""

    def register(offer: Offer) -> Offer:
        KERNELS.setdefault(kind, []).append((function, offer))
        return offer

    return register


Work = dict[str, float]  # how often each part of a kernel runs, by the name that ml/compiler/cycles.py has for it
LOOPS: dict[str, Callable[[Op, Lowered], Work]] = {}


def loops(*functions: str):
    """Registers the decorated function: how often the loops of those C functions turn for an operator."""

    def register(counted: Callable[[Op, Lowered], Work]) -> Callable[[Op, Lowered], Work]:
        LOOPS.update(dict.fromkeys(functions, counted))
        return counted

    return register


def _price(op: Op, lowered: Lowered) -> None:
    """Cycles from how often its loops turn."""
    if lowered.kernel in LOOPS:
        lowered.work = LOOPS[lowered.kernel](op, lowered)
    if lowered.work and lowered.kernel in cycles.COSTS:
        lowered.cycles = cycles.priced(lowered.kernel, lowered.work)


def lower_with(op: Op, options: Options, function: str) -> Lowered | None:
    """The offer of one kernel, without its price."""
    for one, offer in KERNELS[form(op)]:
        if one == function and isinstance(lowered := offer(op, options), Lowered):
            lowered.kernel = function
            return lowered
    return None


def lower(op: Op, options: Options) -> Lowered:
    """The best offer for an operator: fewest estimated cycles, or bytes of flash and RAM; of equals the first."""
    offers, declined = [], []
    for function, offer in KERNELS[form(op)]:
        made = offer(op, options)
        if isinstance(made, Declined):
            declined.append(made)
        elif made is not None:
            made.kernel = function
            _price(op, made)
            offers.append(made)
    if not offers:
        raise Unsupported("no kernel takes it", op.output)
    best = _choose(op, offers, options)
    if declined and best.bits == 8 and options.weights != "8":
        best.reason = "; ".join([best.reason, *dict.fromkeys(declined)])
    return best


MORE_CYCLES = 1.05  # that weights of 4 bits may cost where the user has not asked for them


def _choose(op: Op, offers: list[Lowered], options: Options) -> Lowered:
    if options.optimise == "reference":
        offers = [one for one in offers if not one.kernel.endswith(FAST)] or offers
    if options.optimise == "code":
        offers = [one for one in offers if not one.kernel.endswith("_packed")] or offers
    whole = [one for one in offers if one.bits == 8] or offers
    narrow = [one for one in offers if one.bits < 8]
    if options.weights == "8":
        narrow = []
    elif options.weights == "4" and narrow:
        whole = narrow
    if options.optimise == "size":
        return min([*whole, *narrow], key=lambda one: (one.flash + one.scratch - _shared(op, one), one.cycles))
    best = min(whole, key=lambda one: one.cycles)
    cheap = [one for one in narrow if one.cycles <= MORE_CYCLES * best.cycles and one.flash < best.flash]
    return min(cheap, key=lambda one: one.cycles, default=best)


def _shared(op: Op, lowered: Lowered) -> int:
    """Bytes of RAM that the output can have in common with an input."""
    best = 0
    for position, distance in lowered.overlap.items():
        given, made = op.inputs[position].size, op.output.size
        best = max(best, given + made - max(given + (distance or 0), made))
    return best
