"""Settings of a TOML table, each checked as it is taken; what nobody asked for is an error."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from typing import Any

from ml.errors import UserError

NAME = re.compile(r"(?!rule\.)[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}")  # rule.NAME is what rules tell
SHOWN = 60
REQUIRED = object()


class Table:
    """`where` names the table in errors, such as `gateway.toml: [udp]`."""

    def __init__(self, values: object, where: str) -> None:
        self.where = where
        if not isinstance(values, dict):
            raise UserError(f"{where}: expected a table, found {_shown(values)}")
        self._values: dict[str, Any] = values
        self._taken: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str, default: Any = REQUIRED, most: int = 500) -> str:
        value = self._take(key, default)
        good = isinstance(value, str) and len(value) <= most and value.isprintable() and (value or value == default)
        return value if good else self._wrong(key, "text", value)

    def name(self, key: str, default: Any = REQUIRED) -> str:
        """Letters, digits, `_ . -`: it becomes a part of topics and files."""
        value = self._take(key, default)
        good = isinstance(value, str) and (NAME.fullmatch(value) or value == default)
        return value if good else self._wrong(key, "a name of letters, digits, _ . and -", value)

    def number(self, key: str, least: float, most: float, default: Any = REQUIRED) -> float:
        value = self._take(key, default)
        good = isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most
        return float(value) if good else self._wrong(key, f"a number of {least:g} to {most:g}", value)

    def whole(self, key: str, least: int, most: int, default: Any = REQUIRED) -> int:
        value = self._take(key, default)
        good = type(value) is int and least <= value <= most
        return value if good else self._wrong(key, f"a whole number of {least} to {most}", value)

    def yes(self, key: str, default: bool = False) -> bool:
        value = self._take(key, default)
        return value if isinstance(value, bool) else self._wrong(key, "true or false", value)

    def one_of(self, key: str, choices: Collection[str], default: Any = REQUIRED) -> str:
        value = self._take(key, default)
        return value if value in choices else self._wrong(key, f"one of {', '.join(choices)}", value)

    def texts(self, key: str, default: Any = REQUIRED) -> tuple[str, ...]:
        value = self._take(key, default)
        good = isinstance(value, list | tuple) and value and all(isinstance(one, str) and one for one in value)
        return tuple(value) if good or value == default else self._wrong(key, "a list of texts", value)

    def span(self, key: str, least: int, most: int) -> tuple[int, int]:
        """[FROM, TO]: two whole numbers, the second no smaller."""
        value = self._take(key, REQUIRED)
        good = isinstance(value, list) and len(value) == 2 and all(type(one) is int for one in value)
        good = good and least <= value[0] <= value[1] <= most
        return (value[0], value[1]) if good else self._wrong(key, f"[FROM, TO] of {least} to {most}", value)

    def address(self, key: str, default: Any = REQUIRED) -> tuple[str, int]:
        """ADDRESS:PORT of this computer; a port of 0 is any."""
        value = self._take(key, default)
        host, _, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
        try:
            return str(ipaddress.ip_address(host.strip("[]"))), _port(port)
        except ValueError:
            return self._wrong(key, "ADDRESS:PORT such as 127.0.0.1:8650", value)

    def table(self, key: str) -> Table | None:
        """None where it is missing."""
        return Table(self._take(key, None), f"{self.where}[{key}]") if key in self._values else None

    def tables(self, key: str) -> list[Table]:
        """Of [[key]]."""
        value = self._take(key, [])
        if not isinstance(value, list):
            self._wrong(key, f"[[{key}]] tables", value)
        return [Table(one, f"{self.where}[[{key}]] {number}") for number, one in enumerate(value, 1)]

    def end(self) -> None:
        """UserError for a setting that nobody has taken."""
        if unknown := sorted(self._values.keys() - self._taken):
            known = ", ".join(sorted(self._taken))
            raise UserError(f"{self.where}: expected one of {known}, found {_shown(unknown[0])}")

    def wrong(self, key: str, expected: str) -> UserError:
        return UserError(f"{self.where} {key}: expected {expected}, found {_shown(self._values.get(key))}")

    def _take(self, key: str, default: Any) -> Any:
        self._taken.add(key)
        if key not in self._values and default is REQUIRED:
            raise UserError(f"{self.where}: expected {key}, found none")
        return self._values.get(key, default)

    def _wrong(self, key: str, expected: str, value: object) -> Any:
        raise UserError(f"{self.where} {key}: expected {expected}, found {_shown(value)}")


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535 or not text.isdecimal():
        raise ValueError
    return port


def _shown(value: object) -> str:
    return repr(value)[:SHOWN]
