"""The two readers of manifests, that of a board and that of this computer, judge changed ones alike:
`python -m tests.update.agreement --count 1000000`."""

from __future__ import annotations

import ctypes
from pathlib import Path
from random import Random

import click

from ml.cli import run_cli
from ml.errors import UserError
from ml.native.build import load
from ml.paths import ROOT
from ml.update.errors import UpdateError
from ml.update.manifest import Manifest
from ml.update.numbers import FIELDS, Field, Kind

UPDATE = ROOT / "lib" / "update"
KEYS = max(FIELDS) + 1
WHOLE = Manifest("pump", "keyword_spotting", 4, Kind.IMAGE, "1.4.2", 3, bytes(range(32)), 75320, b"keys", 8,
                 ((1, 1), (5, 1), (33, 1), (300, 2)), 3008, 3014, 160, 1132)  # fmt: skip
CHANGE = Manifest(
    "p", "app", 8, Kind.ARRAYS, "v+1", 2**32 - 1, bytes(32), 1, b"\0\0\0\0", 65535, base=b"12345678", payload=0
)


class Value(ctypes.Structure):
    """update_value."""

    _fields_ = (("number", ctypes.c_uint32), ("bytes", ctypes.c_void_p))


class Values(ctypes.Structure):
    """update_manifest."""

    _fields_ = (("value", Value * KEYS),)


def library(source: Path = UPDATE / "src" / "manifest.c") -> ctypes.CDLL:
    """The board's reader on this computer."""
    structures = {"update_manifest": Values, "update_value": Value}
    return load("update_manifest", [source], includes=[UPDATE / "include"], structures=structures)


def of_board(c: ctypes.CDLL, data: bytes) -> dict[str, object] | None:
    """What the board reads; None: it refuses the manifest."""
    found, memory = Values(), ctypes.create_string_buffer(data, len(data))
    if c.update_manifest_read(ctypes.byref(found), memory, len(data)):
        return None
    read: dict[str, object] = {}
    for field, bounds in FIELDS.items():
        value, name = found.value[field], field.name.lower()
        if bounds.when != "always" and (bounds.when == "image") != (found.value[Field.KIND].number == Kind.IMAGE):
            read[name] = None
        elif bounds.type == "uint":
            read[name] = value.number
        elif bounds.type == "pairs":
            read[name] = value.number  # how many
        else:
            told = ctypes.string_at(value.bytes, value.number)
            read[name] = told.decode() if bounds.type == "text" else told
    return read


def of_this_computer(data: bytes) -> dict[str, object] | None:
    """The same by ml/update."""
    try:
        manifest = Manifest.parse(data)
    except UpdateError:
        return None
    read: dict[str, object] = {"format": 1}
    for field in list(FIELDS)[1:]:
        read[field.name.lower()] = getattr(manifest, field.name.lower())
    read["kernels"] = None if manifest.kernels is None else len(manifest.kernels)
    return read


def changed(chance: Random, data: bytes, other: bytes) -> bytes:
    """One to three changes: bits, bytes, a part that is gone, repeated, or of another manifest."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        at, length = chance.randrange(len(made) or 1), chance.randint(1, 6)
        kind = chance.randrange(6)
        if kind == 0 and made:
            made[at] ^= 1 << chance.randrange(8)
        elif kind == 1 and made:
            made[at] = chance.choice((0, 1, 23, 24, 25, 26, 27, 31, 255, chance.randrange(256)))
        elif kind == 2:
            del made[at : at + length]
        elif kind == 3:
            made[at:at] = made[at : at + length]
        elif kind == 4:
            made[at:at] = chance.randbytes(length)
        else:
            start = chance.randrange(len(other))
            made[at : at + length] = other[start : start + length]
    return bytes(made)


def disagreements(c: ctypes.CDLL, count: int, seed: int) -> tuple[int, list[bytes]]:
    """How many of the changed manifests the board takes, and those that only one of both takes, or reads otherwise."""
    chance, taken, wrong = Random(seed), 0, []
    for number in range(count):
        pair = [WHOLE.encode(), CHANGE.encode()]
        data = changed(chance, pair[number % 2], pair[1 - number % 2])
        board, computer = of_board(c, data), of_this_computer(data)
        if board != computer:
            wrong.append(data)
        taken += board is not None
    return taken, wrong


@click.command()
@click.option("--count", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
def main(count: int, seed: int) -> None:
    """Let both readers judge so many changed manifests."""
    taken, wrong = disagreements(library(), count, seed)
    click.echo(f"{count:,} changed manifests, {taken:,} of them taken by both")
    if wrong:
        raise UserError(
            f"expected two readers that agree, found {len(wrong)} manifests that they read otherwise: {wrong[0].hex()}"
        )


if __name__ == "__main__":
    run_cli(main, "tests.update.agreement")
