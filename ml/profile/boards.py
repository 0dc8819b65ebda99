"""What boards/<board>.ini says of a board."""

from __future__ import annotations

import configparser

from ml.errors import UserError
from ml.paths import ROOT


def names() -> list[str]:
    """Of all boards."""
    return [name.partition(":")[2] for name in _read().sections()]


def section(board: str) -> dict[str, str]:
    """`[board:...]` with what it takes over by `extends`."""
    parser, found = _read(), {}
    name = f"board:{board}"
    if not parser.has_section(name):
        known = ", ".join(section.partition(":")[2] for section in parser.sections())
        raise UserError(f"expected a board of boards/ ({known}), found {board!r}")
    while name:
        found = dict(parser[name]) | found
        name = parser[name].get("extends", "")
    return found


def _read() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    parser.read(sorted((ROOT / "boards").glob("*.ini")))
    return parser
