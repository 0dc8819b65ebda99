"""What a page says, field by field, each checked before anything is done with it."""

import json
import math
from collections.abc import Collection, Mapping

from ml.capture.names import checked
from ml.errors import UserError

MOST_BODY = 1 << 20  # bytes of JSON
MOST_TEXT = 1000  # characters of a field
SHOWN = 40


class Said:
    """The fields of a request; UserError for each that is missing or is not as it should be."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields

    @classmethod
    def of_json(cls, body: bytes) -> "Said":
        try:
            fields = json.loads(body or b"{}")
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            raise UserError("expected a JSON object, found something else; load the page again")
        return cls(fields)

    def text(self, name: str, default: str | None = None) -> str:
        value = self._fields.get(name, default)
        if not isinstance(value, str) or len(value) > MOST_TEXT or "\0" in value:
            raise UserError(f"expected text as {name}, found {self._shown(name)}")
        return value

    def long_text(self, name: str) -> str:
        """Of a file; only the size of the request limits it."""
        value = self._fields.get(name)
        if not isinstance(value, str) or "\0" in value:
            raise UserError(f"expected text as {name}, found {self._shown(name)}")
        return value

    def name(self, kind: str, default: str | None = None) -> str:
        """A label, a subject, a session: as strict as tools/collect.py."""
        return checked(kind, self.text(kind, default))

    def number(self, name: str, least: float, most: float, default: float | None = None) -> float:
        value = _number(self._fields.get(name, default))
        if not (math.isfinite(value) and least <= value <= most):
            raise UserError(f"expected a number of {least:g} to {most:g} as {name}, found {self._shown(name)}")
        return value

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        value = self.number(name, least, most, default)
        if value != int(value):
            raise UserError(f"expected a whole number as {name}, found {self._shown(name)}")
        return int(value)

    def one_of(self, name: str, choices: Collection[str], default: str | None = None) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise UserError(f"expected {name} to be one of {', '.join(choices) or 'none'}, found {value[:SHOWN]!r}")
        return value

    def yes(self, name: str) -> bool:
        return self._fields.get(name) is True

    def rows(self, name: str, most: int) -> list["Said"]:
        """A list of objects."""
        value = self._fields.get(name)
        if not isinstance(value, list) or len(value) > most or not all(isinstance(one, dict) for one in value):
            raise UserError(f"expected a list of up to {most} objects as {name}, found {self._shown(name)}")
        return [Said(one) for one in value]

    def _shown(self, name: str) -> str:
        return repr(self._fields.get(name))[:SHOWN] if name in self._fields else "none"


def _number(value: object) -> float:
    """Also of a query, where all is text; NaN for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan
