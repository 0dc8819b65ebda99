"""The manifest's fields in C, in Python and in docs/update.md, from lib/update/manifest.toml.

`generated()` is everything that is made of the table; `python -m ml link --write` writes it.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ml.errors import UserError
from ml.paths import ROOT

TABLE = ROOT / "lib/update/manifest.toml"
HEADER = ROOT / "lib/update/include/update/fields.h"
NUMBERS = ROOT / "ml/update/numbers.py"
PAGE = ROOT / "docs/update.md"
NOTICE = "Written by `python -m ml link --write` from lib/update/manifest.toml: change it there."
START, END = f"<!-- manifest: {NOTICE} -->\n", "<!-- end of manifest -->\n"
TYPES, WHEN = ("uint", "text", "bytes", "pairs"), ("always", "image", "change")
BOUNDS = {"uint": "{}", "text": "{} characters", "bytes": "{} bytes", "pairs": "{} pairs"}


@dataclass(frozen=True)
class Row:
    """A field of the manifest."""

    name: str
    number: int
    type: str  # one of TYPES
    least: int
    most: int
    when: str  # one of WHEN
    note: str

    @property
    def bounds(self) -> str:
        """In words."""
        most = "2^32 - 1" if self.most == 2**32 - 1 else str(self.most)
        return BOUNDS[self.type].format(most if self.least == self.most else f"{self.least} to {most}")


class Manifest:
    """What lib/update/manifest.toml says."""

    def __init__(self, text: str) -> None:
        found = tomllib.loads(text)
        self.constants: dict[str, dict] = found["constant"]
        self.kinds: dict[str, dict] = found["kind"]
        self.rows = tuple(Row(name, **row) for name, row in found["field"].items())
        if [row.number for row in self.rows] != sorted({row.number for row in self.rows}):
            raise UserError(f"{TABLE.name}: expected numbers of fields in rising order, found others")
        for row in self.rows:
            if row.type not in TYPES or row.when not in WHEN:
                raise UserError(f"{TABLE.name}: {row.name}: expected a type and a `when` of its head, found others")


def page(table: Manifest, text: str) -> str:
    """docs/update.md with its table made anew."""
    if text.count(START) != 1 or text.count(END) != 1:
        raise UserError(f"{PAGE.name}: expected the lines {START.strip()} and {END.strip()} once each")
    before, rest = text.split(START)
    rows = (("key", "name", "type", "when", "meaning"), ("---",) * 5, *map(_cells, table.rows))
    return before + START + "".join(f"| {' | '.join(row)} |\n" for row in rows) + END + rest.split(END)[1]


def _cells(row: Row) -> tuple[str, ...]:
    return str(row.number), row.name, f"{row.type}, {row.bounds}", row.when, row.note


def _filled(template: str, table: Manifest) -> str:
    folder = FileSystemLoader(Path(__file__).with_name("templates"))
    jinja = Environment(
        loader=folder, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    return jinja.get_template(template).render(notice=NOTICE, table=table)


def generated() -> dict[Path, str]:
    """Every file that is made of the table, as it should be."""
    table = Manifest(TABLE.read_text())
    return {
        HEADER: _filled("fields.h.j2", table),
        NUMBERS: _filled("numbers.py.j2", table),
        PAGE: page(table, PAGE.read_text()),
    }
