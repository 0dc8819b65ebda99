"""A file in a canonical Huffman code, for its way to a device: `pack`, `unpack`, and what that saves.

    python -m ml.compress.huffman MODEL.tflite MODEL.thuf

lib/huffman/include/huffman/huffman.h has the layout, and the decoder in C, which `unpack` calls. Lengths of codes are
limited to 15 bits by package-merge (L. L. Larmore and D. S. Hirschberg, J. ACM 37, 1990).
"""

import ctypes
import functools
import zlib
from pathlib import Path

import click
import numpy as np

from ml.cli import run_cli
from ml.errors import UserError
from ml.files import replace_file
from ml.native.build import load
from ml.paths import ROOT
from ml.progress import say

MAGIC, HEADER, LONGEST = b"THUF", 140, 15
LARGEST = 1 << 26  # bytes that a packed file may become: no model for a microcontroller is near it
FAULTS = {
    1: "the start of a packed file",
    2: "a code that its table has",
    3: "all of its codes: it is cut off",
    4: "an end behind its last code",
    5: "bytes with the CRC-32 that it states",
}


def pack(data: bytes) -> bytes:
    """The bytes in a code of their own; at least 140 more than the codes."""
    symbols = np.frombuffer(data, np.uint8)
    lengths = code_lengths(np.bincount(symbols, minlength=256))
    codes = canonical(lengths)
    header = MAGIC + len(data).to_bytes(4, "little") + zlib.crc32(data).to_bytes(4, "little")
    table = (lengths[0::2] | lengths[1::2] << 4).astype(np.uint8).tobytes()
    places = np.arange(LONGEST)
    wide = codes[symbols][:, None] >> np.maximum(lengths[symbols][:, None] - 1 - places, 0) & 1
    bits = wide[places < lengths[symbols][:, None]].astype(np.uint8)
    return header + table + np.packbits(bits).tobytes()


def code_lengths(counts: np.ndarray) -> np.ndarray:
    """int (symbols,): the length of each symbol's code, at most 15 bits, 0 where it does not occur: package-merge."""
    lengths = np.zeros(len(counts), int)
    used = np.flatnonzero(counts)
    if len(used) < 2:
        lengths[used] = 1
        return lengths
    leaves: list[tuple[int, tuple[int, ...]]] = sorted((int(counts[one]), (int(one),)) for one in used)
    level: list[tuple[int, tuple[int, ...]]] = list(leaves)
    for _ in range(LONGEST - 1):
        pairs = [(a[0] + b[0], a[1] + b[1]) for a, b in zip(level[0::2], level[1::2], strict=False)]
        level = sorted([*leaves, *pairs], key=lambda one: one[0])
    for _, symbols in level[: 2 * len(used) - 2]:
        np.add.at(lengths, list(symbols), 1)
    return lengths


def canonical(lengths: np.ndarray) -> np.ndarray:
    """int (symbols,): the codes, shorter ones first, equally long ones in the order of their symbols."""
    codes, code, before = np.zeros(len(lengths), int), 0, 0
    for symbol in np.lexsort((np.arange(len(lengths)), lengths)):
        if lengths[symbol]:
            code = code + 1 << int(lengths[symbol]) - before if before else 0
            before = int(lengths[symbol])
            codes[symbol] = code
    return codes


def unpack(packed: bytes, name: str = "file", flags: tuple[str, ...] = ()) -> bytes:
    """The bytes again, by the decoder in C; UserError for anything that `pack` did not make."""
    size = int.from_bytes(packed[4:8], "little") if len(packed) >= HEADER else 0
    if size > LARGEST:
        raise UserError(f"{name}: expected at most {LARGEST:,} bytes in it, found {size:,}")
    made = ctypes.create_string_buffer(max(size, 1))
    fault = _library(flags).unpack(packed, len(packed), made)
    if fault:
        raise UserError(f"{name}: expected {FAULTS[fault]}, found none; pack it again")
    return made.raw[:size]


@functools.cache
def _library(flags: tuple[str, ...] = ()) -> ctypes.CDLL:
    folder = ROOT / "lib" / "huffman"
    sources = [folder / "src" / "huffman.c", ROOT / "ml" / "native" / "huffman.c"]
    library = load("huffman", sources, includes=[folder / "include"], flags=flags)
    library.unpack.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p)
    return library


def entropy(data: bytes) -> float:
    """Bits for each byte below which no code of single bytes can come."""
    counts = np.bincount(np.frombuffer(data, np.uint8), minlength=256)
    shares = counts[counts > 0] / max(len(data), 1)
    return float(-(shares * np.log2(shares)).sum())


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("packed", type=click.Path(dir_okay=False, path_type=Path))
def _command(file: Path, packed: Path) -> None:
    """Pack FILE, a model on its way to a device; write PACKED."""
    data = file.read_bytes()
    made = pack(data)
    replace_file(packed, made)
    share = len(made) / max(len(data), 1)
    say(f"{len(data):,} bytes, packed {len(made):,} ({share:.0%}); {entropy(data):.2f} bits a byte")


if __name__ == "__main__":
    run_cli(_command, "huffman")
