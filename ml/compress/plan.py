"""Bits per layer: as many bytes saved for each point lost as can be had under a limit."""

from collections.abc import Callable

from ml.compress.sensitivity import Row
from ml.errors import UserError

WIDE, NARROW = 8, 4
LEAST_LOSS = 1e-6  # a layer that loses less costs nothing

Bits = dict[str, int]


def choose(
    rows: list[Row],
    *,
    budget_bytes: int | None = None,
    most_lost: float | None = None,
    judge: Callable[[Bits], float] | None = None,
) -> Bits:
    """Layer -> 4 or 8 bits, from the rows of `sensitivity.table` with both.

    Layers go to 4 bits in the order of the bytes that they save for what the loss rises, until all weights fit
    `budget_bytes`, or for as long as no more than `most_lost` points are lost. Points are those that `judge(bits)`
    measures with all layers together; without it the layers' own are added. Where both limits are given the bytes must
    come true within the points. UserError where they cannot: it says how near it comes.

    The greedy order is that of HAWQ's trade (Z. Dong et al., ICCV 2019), with measured losses for its Hessian. Sixteen
    bits are no choice for weights here: they are of a whole network's activations (`qat.wrap`).
    """
    if budget_bytes is None and most_lost is None:
        raise UserError("a plan of bits: expected a limit of bytes, of points lost, or both; found none")
    by_bits = {bits: {row.layer: row for row in rows if row.bits == bits} for bits in (WIDE, NARROW)}
    if by_bits[WIDE].keys() != by_bits[NARROW].keys() or not rows:
        raise UserError("a plan of bits: expected a row with 4 and one with 8 bits for each layer")
    bits: Bits = dict.fromkeys(by_bits[WIDE], WIDE)
    for layer in sorted(bits, key=lambda name: _worth(by_bits, name), reverse=True):
        if budget_bytes is not None and size(rows, bits) <= budget_bytes:
            break
        tried = bits | {layer: NARROW}
        if most_lost is None or (judge or (lambda one: lost(rows, one)))(tried) <= most_lost:
            bits = tried
    if budget_bytes is not None and size(rows, bits) > budget_bytes:
        within = "" if most_lost is None else f" within {most_lost:g} points"
        raise UserError(
            f"expected weights of at most {budget_bytes:,} bytes{within}, found {size(rows, bits):,} at best; allow "
            "more bytes or points, or prune channels first"
        )
    return bits


def _worth(by_bits: dict[int, dict[str, Row]], layer: str) -> float:
    wide, narrow = by_bits[WIDE][layer], by_bits[NARROW][layer]
    return (wide.bytes - narrow.bytes) / max(narrow.loss - wide.loss, LEAST_LOSS)


def size(rows: list[Row], bits: Bits) -> int:
    """Bytes of all weights."""
    return sum(row.bytes for row in rows if bits[row.layer] == row.bits)


def lost(rows: list[Row], bits: Bits) -> float:
    """Points, if the layers' own add up."""
    return sum(max(row.lost, 0.0) for row in rows if bits[row.layer] == row.bits)
