"""The keys of the nodes that send datagrams: a file that only its owner may read, a line `NODE KEY NAME` each.

Keys are secret on both sides (BLAKE2b with a key); who can read this file can speak for every node in it.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from ml.errors import UserError
from ml.files import replace_file
from ml.gateway.tables import NAME
from ml.link.datagram import KEY

OTHERS_MAY = 0o077
MOST = 1 << 26  # bytes of a file: a million nodes have 90 MB at most


@dataclass(frozen=True, slots=True)
class NodeKey:
    """`name` is what people call the node."""

    node: int
    key: bytes
    name: str


def read(path: Path) -> dict[int, NodeKey]:
    """UserError for a file that others may read, and for each line that is no key."""
    if os.name != "nt" and path.stat().st_mode & OTHERS_MAY:
        raise UserError(f"{path}: expected keys that only you may read, found others may; run: chmod 600 {path}")
    if path.stat().st_size > MOST:
        raise UserError(f"{path}: expected at most {MOST:,} bytes of keys, found more")
    found: dict[int, NodeKey] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            one = _line(line, f"{path}:{number}")
            if one.node in found:
                raise UserError(f"{path}:{number}: expected each node once, found {one.node} again")
            found[one.node] = one
    return found


def _line(line: str, where: str) -> NodeKey:
    words = line.split()
    try:
        node, key = int(words[0]), bytes.fromhex(words[1])
        name = words[2] if len(words) > 2 else f"node-{node}"
    except (ValueError, IndexError):
        node, key, name = -1, b"", ""
    if not 0 <= node < 2**32 or len(key) != KEY or not NAME.fullmatch(name) or len(words) > 3:
        raise UserError(f"{where}: expected NODE, {2 * KEY} hex digits and a name, found another line")
    return NodeKey(node, key, name)


def add(path: Path, first: int, count: int, name: str) -> list[NodeKey]:
    """New nodes with new keys, beside those that are in the file; they are called NAME-NODE, one alone NAME."""
    known = read(path) if path.exists() else {}
    made = [
        NodeKey(node, secrets.token_bytes(KEY), f"{name}-{node}" if count > 1 else name)
        for node in range(first, first + count)
    ]
    if again := [one.node for one in made if one.node in known]:
        raise UserError(f"{path}: expected new nodes, found {again[0]}, which has a key; take another number")
    write(path, [*known.values(), *made])
    return made


def write(path: Path, keys: list[NodeKey]) -> None:
    """The whole file or none, for its owner alone."""
    before = os.umask(OTHERS_MAY)
    try:
        replace_file(path, "".join(f"{one.node} {one.key.hex()} {one.name}\n" for one in keys).encode())
    finally:
        os.umask(before)
