"""Layers of random networks that only move bytes, or that are a table."""

import numpy as np

from tests.compiler.fuzz.networks import BOTH, MOST_VALUES, Draft, layer


@layer(*BOTH, often=0.2)
def tile(draft: Draft, chance) -> None:
    times = [1, *chance.choice((1, 2, 3), len(draft.at.shape) - 1).tolist()]
    shape = tuple(n * side for n, side in zip(times, draft.at.shape, strict=True))
    if np.prod(shape) <= MOST_VALUES:
        draft.op("TILE", [draft.at.index, draft.ints(times)], shape)


def _divided(draft: Draft, chance) -> tuple[int, int, int] | None:
    """(block, height and width in blocks) of an image that is cut to whole blocks."""
    image, block = draft.image(), int(chance.choice((2, 2, 3)))
    if not image or min(image[:2]) < block:
        return None
    height, width = image[0] // block, image[1] // block
    size = [1, height * block, width * block, image[2]]
    bounds = [draft.ints(one) for one in ([0, 0, 0, 0], size, [1, 1, 1, 1])]
    draft.op("STRIDED_SLICE", [draft.at.index, *bounds], tuple(size))
    return block, height, width


@layer(often=0.2)
def to_depth(draft: Draft, chance) -> None:
    """And often back."""
    if (found := _divided(draft, chance)) is None:
        return
    block, height, width = found
    whole, channels = draft.at.shape, draft.at.shape[3]
    deep = (1, height, width, channels * block * block)
    draft.op("SPACE_TO_DEPTH", [draft.at.index], deep, block_size=block)
    if chance.random() < 0.6:
        draft.op("DEPTH_TO_SPACE", [draft.at.index], whole, block_size=block)


@layer(often=0.3)
def to_batch(draft: Draft, chance) -> None:
    """And back, with padding and crops."""
    image = draft.image()
    if not image:
        return
    block = chance.choice((1, 2, 3), 2).tolist()
    if plain := chance.random() < 0.7:  # TFLM pads with anything
        block = [int(chance.choice([n for n in (1, 2, 3) if side % n == 0])) for side in image[:2]]
    before = [0, 0] if plain else chance.integers(0, 3, 2).tolist()
    after = [
        -(side + b) % n + n * int(not plain and chance.integers(2))
        for side, b, n in zip(image[:2], before, block, strict=True)
    ]
    sides = [(side + b + a) // n for side, b, a, n in zip(image[:2], before, after, block, strict=True)]
    batches = block[0] * block[1]
    if batches * sides[0] * sides[1] * image[2] > MOST_VALUES:
        return
    edges = draft.builder.const(np.array(list(zip(before, after, strict=True)), np.int32))
    draft.op("SPACE_TO_BATCH_ND", [draft.at.index, draft.ints(block), edges], (batches, *sides, image[2]))
    whole = [side * n for side, n in zip(sides, block, strict=True)]
    crops = [[int(chance.integers(0, 2)), int(chance.integers(0, 2))] if side > 2 else [0, 0] for side in whole]
    made = tuple(side - sum(crop) for side, crop in zip(whole, crops, strict=True))
    crops = draft.builder.const(np.array(crops, np.int32))
    draft.op("BATCH_TO_SPACE_ND", [draft.at.index, draft.ints(block), crops], (1, *made, image[2]))


@layer(often=0.3)
def mirror(draft: Draft, chance) -> None:
    mode, shape = int(chance.integers(2)), draft.at.shape
    edges = [[int(chance.integers(0, min(side - (mode == 0), 3) + 1)) for _ in range(2)] for side in shape]
    edges[0] = [0, 0]
    made = tuple(side + sum(edge) for side, edge in zip(shape, edges, strict=True))
    if np.prod(made) <= MOST_VALUES:
        given = [draft.at.index, draft.builder.const(np.array(edges, np.int32))]
        draft.op("MIRROR_PAD", given, made, mode=mode)


@layer(*BOTH, often=0.2)
def pack(draft: Draft, chance) -> None:
    like = [v for v in draft.made if (v.scale, v.zero, v.type, v.shape) == (*_quantised(draft.at), draft.at.shape)]
    picked = [draft.at, *(like[chance.integers(len(like))] for _ in range(int(chance.integers(3))))]
    axis = int(chance.integers(0, len(draft.at.shape) + 1))
    shape = (*draft.at.shape[:axis], len(picked), *draft.at.shape[axis:])
    if np.prod(shape) <= MOST_VALUES:
        draft.op("PACK", [value.index for value in picked], shape, axis=axis, values_count=len(picked))


def _quantised(value):
    return value.scale, value.zero, value.type


@layer(*BOTH, often=0.3)
def cut(draft: Draft, chance) -> None:
    """One part of a SPLIT, SPLIT_V or UNPACK goes on; the others are made for nothing."""
    axes = [axis for axis, side in enumerate(draft.at.shape) if side > 1]
    if not axes:
        return
    axis, shape = int(chance.choice(axes)), draft.at.shape
    side, kind = shape[axis], str(chance.choice(("SPLIT", "SPLIT_V", "UNPACK")))
    counts = [n for n in (2, 3, 4, 5) if side % n == 0]
    if kind == "SPLIT" and not counts:
        kind = "SPLIT_V"
    first = int(chance.integers(1, side))
    sizes = {"SPLIT": [side // counts[0]] * counts[0] if counts else [], "SPLIT_V": [first, side - first]}
    lengths = sizes.get(kind, [1] * side)
    kept = (lambda n: (n,)) if kind != "UNPACK" else (lambda n: ())
    parts = [draft.like((*shape[:axis], *kept(n), *shape[axis + 1 :])) for n in lengths]
    given = {
        "SPLIT": lambda: [draft.builder.const(np.int32(axis)), draft.at.index],
        "SPLIT_V": lambda: [draft.at.index, draft.ints(lengths), draft.builder.const(np.int32(axis))],
        "UNPACK": lambda: [draft.at.index],
    }[kind]()
    options = {"num": side, "axis": axis} if kind == "UNPACK" else {"num_splits": len(parts)}
    draft.builder.op(kind, given, [part.index for part in parts], **options)
    draft.push(parts[int(chance.integers(len(parts)))])


@layer(often=0.3)
def elu(draft: Draft, chance) -> None:
    scale = draft.at.scale * float(np.exp(chance.uniform(-1, 1)))
    draft.op("ELU", [draft.at.index], None, value=draft.value(draft.at.shape, scale, draft.zero(chance)))


@layer(often=0.3)
def unsigned(draft: Draft, chance) -> None:
    """To uint8 and back."""
    at, scale = draft.at, draft.at.scale * float(chance.choice((1.0, 0.7)))
    made = draft.builder.tensor(at.shape, dtype="uint8", scale=scale, zero=at.zero + 128)
    draft.builder.op("QUANTIZE", [at.index], [made])
    draft.op("QUANTIZE", [made], at.shape)


@layer(*BOTH, often=0.2)
def slice_(draft: Draft, chance) -> None:
    shape = draft.at.shape
    begin = [int(chance.integers(0, side)) for side in shape]
    size = [int(chance.integers(1, side - at + 1)) for side, at in zip(shape, begin, strict=True)]
    asked = [
        -1 if at + n == side and chance.random() < 0.5 else n for side, at, n in zip(shape, begin, size, strict=True)
    ]
    draft.op("SLICE", [draft.at.index, draft.ints(begin), draft.ints(asked)], tuple(size))


@layer(often=0.2)
def reverse(draft: Draft, chance) -> None:
    draft.op("REVERSE_V2", [draft.at.index, draft.ints([int(chance.integers(0, len(draft.at.shape)))])], draft.at.shape)
