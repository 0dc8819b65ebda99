"""Which boards there are: rig.toml, and --board NAME[@PORT]. docs/rig.md describes both.

[[board]]
name = "desk"
kind = "nano33ble"          # as in boards/*.ini
serial = "5A1C0F2E"         # of its USB; or location = "1-1.4", or port = "/dev/ttyACM0"
"""

from __future__ import annotations

import dataclasses
import re
import shlex
import string
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml.profile.boards import VIRTUAL
from ml.rig.errors import RigError

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")  # also the name of a folder
METERS = ("ppk2", "lpm01a", "joulescope", "ina")  # tools/energy opens them
RESETS = ("link", "dtr", "command", "emulator")
ADDRESSES = ("serial", "location", "port")
PLACEHOLDERS = frozenset({"name", "port", "serial", "location", "hub", "hub_port"})


@dataclass(frozen=True)
class BoardConfig:
    """One board of the shelf."""

    name: str
    kind: str  # board of boards/*.ini
    environment: str = "{app}-{kind}"  # of platformio.ini
    serial: str = ""  # number of its USB
    location: str = ""  # of its USB: bus-port.port...
    port: str = ""  # device path or URL of pyserial
    meter: str = ""  # as tools/power.py takes it
    reset: str = ""  # one of RESETS; "": emulator where it is emulated, link elsewhere
    reset_command: str = ""
    power_cycle: str = ""  # a command that switches its power off and on
    upload_flags: str = ""  # for PlatformIO's uploader, as upload_flags of platformio.ini
    settle_s: float = 30.0  # from the end of an upload or reset until the firmware must have answered

    @property
    def emulated(self) -> bool:
        """It is nothing that somebody plugged in: flashing starts it."""
        return self.kind in VIRTUAL and not any(getattr(self, key) for key in ADDRESSES)

    @property
    def address(self) -> str:
        """How it is found, for people."""
        found = [f"{key} {getattr(self, key)}" for key in ADDRESSES if getattr(self, key)]
        return found[0] if found else "an emulator" if self.emulated else f"USB identity of {self.kind}"


def choose(words: Sequence[str], rig: Path | None) -> list[BoardConfig]:
    """The boards of --rig and --board: those named, all of the rig, or the virtual one."""
    shelf = {board.name: board for board in read(rig)} if rig else {}
    if not words:
        return list(shelf.values()) or [BoardConfig("virtual", "virtual")]
    chosen = [_named(word, shelf, rig) for word in words]
    _require_distinct(chosen, "--board")
    return chosen


def _named(word: str, shelf: dict[str, BoardConfig], rig: Path | None) -> BoardConfig:
    name, _, port = word.partition("@")
    if rig and name not in shelf and name not in VIRTUAL:
        raise RigError(f"--board {word}: expected a board of {rig} ({', '.join(shelf)}), found {name!r}")
    if not NAME.fullmatch(name):
        raise RigError(f"--board {word}: expected NAME or NAME@PORT, found {name!r} as the name")
    board = shelf.get(name) or BoardConfig(name, name)
    if port and board.emulated:
        raise RigError(f"--board {word}: expected no port, for a virtual board brings its own; say --board {name}")
    return dataclasses.replace(board, serial="", location="", port=port) if port else board


def read(path: Path) -> list[BoardConfig]:
    """The boards of a rig file; RigError says where it is wrong."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "bytes that are no text"
        raise RigError(f"{path}: expected a rig file, found: {reason}; docs/rig.md shows one") from None
    except tomllib.TOMLDecodeError as error:
        raise RigError(f"{path}: expected TOML, found: {error}") from None
    unknown = ", ".join(sorted(set(given) - {"board"}))
    tables = given.get("board")
    if unknown or not isinstance(tables, list) or not tables or not all(isinstance(each, dict) for each in tables):
        found = unknown or ("something else as board" if "board" in given else "nothing")
        raise RigError(f"{path}: expected [[board]] tables and nothing else, found {found}")
    boards = [_board(table, f"{path}: board {number}") for number, table in enumerate(tables, 1)]
    _require_distinct(boards, str(path))
    return boards


def _board(table: dict[str, Any], where: str) -> BoardConfig:
    if isinstance(table.get("name"), str):
        where = f"{where} ({table['name']})"
    fields = {field.name: field.type for field in dataclasses.fields(BoardConfig)}
    for key, value in table.items():
        if key not in fields:
            raise RigError(f"{where}: expected one of {', '.join(fields)}, found the key {key!r}")
        _require_type(f"{where}: {key}", fields[key], value)
    for key in ("name", "kind"):
        if not table.get(key):
            raise RigError(f"{where}: expected a {key}, found none")
    board = BoardConfig(**table)
    for wrong in _wrongs(board):
        raise RigError(f"{where}: {wrong}")
    return board


def _require_type(where: str, wanted: object, value: object) -> None:
    if wanted == "str" and (not isinstance(value, str) or not value):
        raise RigError(f"{where}: expected text, found {value!r}")
    if wanted == "float" and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 3600):
        raise RigError(f"{where}: expected seconds, 0 to 3600, found {value!r}")


def _wrongs(board: BoardConfig) -> list[str]:
    """What one setting asks of another, in people's words."""
    addresses = [key for key in ADDRESSES if getattr(board, key)]
    wrongs = []
    if not NAME.fullmatch(board.name):
        wrongs.append(f"expected a name of letters, digits, _ . and -, found {board.name!r}")
    if len(addresses) > 1:
        wrongs.append(f"expected one of {', '.join(ADDRESSES)}, found {' and '.join(addresses)}")
    if not addresses and not board.emulated:
        wrongs.append(f"expected one of {', '.join(ADDRESSES)}, found none (pio device list shows them)")
    if board.meter and board.meter.partition("@")[0] not in METERS:
        wrongs.append(f"expected a meter ({', '.join(METERS)}, with @PORT where it has one), found {board.meter!r}")
    if board.reset and board.reset not in RESETS:
        wrongs.append(f"expected reset to be one of {', '.join(RESETS)}, found {board.reset!r}")
    if (board.reset == "command") != bool(board.reset_command):
        wrongs.append('expected reset = "command" and reset_command together, found one of them')
    if board.reset == "emulator" and not board.emulated:
        wrongs.append('expected another reset, for only a virtual board has an emulator, found "emulator"')
    if board.reset == "dtr" and board.emulated:
        wrongs.append('expected another reset, for a virtual board has no DTR line, found "dtr"')
    for key in ("reset_command", "power_cycle", "upload_flags"):
        wrongs += _placeholders(key, getattr(board, key), PLACEHOLDERS)
    return wrongs + _placeholders("environment", board.environment, frozenset({"app", "kind"}))


def _placeholders(key: str, text: str, allowed: frozenset[str]) -> list[str]:
    """What is wrong with the words in braces; only plain names are allowed there."""
    names = ", ".join(f"{{{name}}}" for name in sorted(allowed))
    try:
        shlex.split(text)
        found = [part[1:] for part in string.Formatter().parse(text) if part[1] is not None]
    except ValueError as error:
        return [f"expected {key} with {names} and whole quotations in it, found: {error}"]
    wrong = [name for name, spec, conversion in found if name not in allowed or spec or conversion]
    return [f"expected {key} with {names} in it, found {{{wrong[0]}}}"] if wrong else []


def _require_distinct(boards: Sequence[BoardConfig], where: str) -> None:
    """No two boards of one name, none at one address."""
    for what in ("name", *ADDRESSES):
        seen: set[str] = set()
        for board in boards:
            value = getattr(board, what)
            if value and value in seen:
                raise RigError(f"{where}: expected boards with different {what}s, found two with {value}")
            seen.add(value)
