"""The facts of boards/<board>.ini, and which boards are virtual (platforms/virtual/boards/<board>.json)."""

from __future__ import annotations

import configparser
import functools
import json

from ml.errors import UserError
from ml.paths import ROOT


@functools.cache
def machines() -> dict[str, str]:
    """The virtual boards, the default first: name -> what plays them, a machine of QEMU or "host" for a process."""
    found = {
        path.stem: json.loads(path.read_text())["build"]["mcu"]
        for path in (ROOT / "platforms" / "virtual" / "boards").glob("*.json")
    }
    return {name: found[name] for name in sorted(found, key=lambda name: (found[name] == "host", name))}


VIRTUAL = tuple(machines())  # ("virtual", "virtual-m3", "host")
EMULATED = tuple(name for name, machine in machines().items() if machine != "host")  # those that QEMU plays


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


@functools.cache
def _read() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    parser.read(sorted((ROOT / "boards").glob("*.ini")))
    return parser
