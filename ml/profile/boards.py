"""The facts of boards/<board>.ini, and which boards are virtual (platforms/virtual/boards/<board>.json).

An emulated AVR is virtual too, but runs the applications of `SMALL` boards alone.
"""

from __future__ import annotations

import configparser
import functools
import json
from pathlib import Path

from ml.errors import UserError
from ml.paths import ROOT

AVR = "simavr"


@functools.cache
def machines() -> dict[str, str]:
    """The virtual boards, the default first: name -> what plays them, a machine of QEMU or "host" for a process."""
    found = {name: build["mcu"] for name, build in _builds().items() if build["core"] != AVR}
    return {name: found[name] for name in sorted(found, key=lambda name: (found[name] == "host", name))}


def _builds() -> dict[str, dict[str, str]]:
    paths = (ROOT / "platforms" / "virtual" / "boards").glob("*.json")
    return {path.stem: json.loads(path.read_text())["build"] for path in paths}


VIRTUAL = tuple(machines())  # ("virtual", "virtual-m3", "host")
EMULATED = tuple(name for name, machine in machines().items() if machine != "host")  # those that QEMU plays
SMALL = tuple(sorted(name for name, build in _builds().items() if build["core"] == AVR))  # those that simavr plays


def machine(board: str) -> str:
    """What plays a virtual board, a small one too."""
    return _builds()[board]["mcu"]


def names() -> list[str]:
    """Of all boards."""
    return [name.partition(":")[2] for name in _read(ROOT / "boards").sections()]


def section(board: str) -> dict[str, str]:
    """`[board:...]` with what it takes over by `extends`."""
    parser, found = _read(ROOT / "boards"), {}
    name = f"board:{board}"
    if not parser.has_section(name):
        known = ", ".join(section.partition(":")[2] for section in parser.sections())
        raise UserError(f"expected a board of boards/ ({known}), found {board!r}")
    while name:
        found = dict(parser[name]) | found
        name = parser[name].get("extends", "")
    return found


@functools.cache
def _read(folder: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    parser.read(sorted(folder.glob("*.ini")))
    return parser
