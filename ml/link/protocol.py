"""`python -m ml link [--write]`: the numbers of the link in C, in Python and in its document, from one table.

The table is lib/link/protocol.toml; `generated()` is everything that is made of it.
"""

import re
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

import click
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ml.errors import UserError
from ml.files import replace_file
from ml.link.layout import Layout
from ml.paths import ROOT
from ml.update import table as manifest

TABLE = ROOT / "lib/link/protocol.toml"
HEADER = ROOT / "lib/link/include/link/messages.h"
NUMBERS = ROOT / "ml/link/numbers.py"
PAGE = ROOT / "docs/protocol.md"
NOTICE = "Written by `python -m ml link --write` from lib/link/protocol.toml: change it there."
CODES = {"u8": "B", "u16": "H", "u32": "I"}


@dataclass(frozen=True)
class Field:
    """One of a payload."""

    name: str
    type: str  # one of CODES, or bytes
    meaning: str

    @classmethod
    def parse(cls, text: str) -> "Field":
        found = re.fullmatch(r"(\w+) (u8|u16|u32|bytes)(?:: (.+))?", text)
        if not found:
            raise UserError(f"{TABLE.name}: expected a field such as 'offset u32: in bytes', found {text!r}")
        return cls(found[1], found[2], found[3] or "")

    def __str__(self) -> str:
        return f"{self.name} {self.type}" + (f" ({self.meaning})" if self.meaning else "")


@dataclass(frozen=True)
class Entry:
    """A number and what it stands for."""

    name: str
    number: int
    arguments: tuple[Field, ...]
    answer: tuple[Field, ...]
    note: str
    sender: str  # of a frame, else ""

    @classmethod
    def of(cls, name: str, row: dict) -> "Entry":
        arguments, answer = (tuple(map(Field.parse, row.get(key, ()))) for key in ("arguments", "answer"))
        return cls(name, row["number"], arguments, answer, row.get("note", ""), row.get("from", ""))

    def __str__(self) -> str:
        """For a comment."""
        arguments, answer = (", ".join(map(str, fields)) for fields in (self.arguments, self.answer))
        told = f"{arguments} -> {answer}".strip() if answer else arguments
        return f"{self.sender}: {self.note}" if self.sender else "; ".join(filter(None, [told, self.note]))


@dataclass(frozen=True)
class Enum:
    """Numbers of a kind."""

    prefix: str  # in C
    name: str  # in Python
    about: str
    pattern: str  # how they are written
    entries: tuple[Entry, ...]

    def written(self, entry: Entry) -> str:
        return self.pattern.format(entry.number)


ENUMS = {
    "type": ("LINK_", "Type", "Of a frame.", "0x{:02X}"),
    "command": ("LINK_", "Command", "First byte of a COMMAND and of its REPLY.", "0x{:02X}"),
    "status": ("LINK_", "Status", "Second byte of a REPLY.", "{}"),
    "phase": ("LINK_PHASE_", "Phase", "Of an update.", "{}"),
    "refusal": ("LINK_REFUSAL_", "Refusal", "Why a command of an update was refused.", "{}"),
    "given_up": ("LINK_GIVEN_UP_", "GivenUp", "Why the last image was given up.", "{}"),
    "learn": ("LINK_LEARN_", "Learn", "Second byte of a LEARN: what is done with the device's own baseline.", "{}"),
    "news": ("LINK_NEWS_", "News", "What became of the examples of a class that were shown.", "{}"),
    "fleet": ("LINK_FLEET_", "Fleet", "Second byte of a FLEET: a step of a round of learning together.", "{}"),
    "fleet_kind": ("LINK_FLEET_KIND_", "FleetKind", "What boards give.", "{}"),
    "provoke": ("LINK_PROVOKE_", "Provoke", "Second byte of a PROVOKE: how firmware built for it shall break.", "{}"),
}


class Table:
    """What lib/link/protocol.toml says."""

    def __init__(self, text: str) -> None:
        found = tomllib.loads(text)
        self.constants: dict[str, dict] = found["constant"]
        self.enums = {
            kind: Enum(*told, tuple(Entry.of(name, row) for name, row in found[kind].items()))
            for kind, told in ENUMS.items()
        }
        self.event = tuple(map(Field.parse, found["event"]["fields"]))
        for kind, enum in self.enums.items():
            if len({entry.number for entry in enum.entries}) < len(enum.entries):
                raise UserError(f"{TABLE.name}: expected numbers of {kind} that differ, found one twice")


def layout(fields: tuple[Field, ...]) -> Layout:
    """Of a payload; bytes may come last."""
    if any(field.type == "bytes" for field in fields[:-1]):
        raise UserError(f"{TABLE.name}: expected bytes as the last field, found {', '.join(map(str, fields))}")
    numbers = [field for field in fields if field.type != "bytes"]
    rest = fields[-1].name if len(numbers) < len(fields) else None
    return Layout(tuple(one.name for one in numbers), "<" + "".join(CODES[one.type] for one in numbers), rest)


def c_header(table: Table) -> str:
    """lib/link/include/link/messages.h."""
    defines = [(f"LINK_{name}", str(one["value"]), one["note"]) for name, one in table.constants.items()]
    defines.append(("LINK_EVENT_SIZE", str(layout(table.event).size), "bytes of an event's payload"))
    name, value = (max(len(row[column]) for row in defines) for column in (0, 1))
    columns = [(row[0].ljust(name), row[1].ljust(value), row[2]) for row in defines]
    return _filled("messages.h.j2", defines=columns, enums=table.enums)


def python_module(table: Table) -> str:
    """ml/link/numbers.py."""
    command, learn, fleet = (table.enums[name] for name in ("command", "learn", "fleet"))
    layouts = [("ARGUMENTS", command, "arguments"), ("ANSWERS", command, "answer")]
    layouts += [("LEARN_ARGUMENTS", learn, "arguments"), ("LEARN_ANSWERS", learn, "answer")]
    layouts += [("FLEET_ARGUMENTS", fleet, "arguments"), ("FLEET_ANSWERS", fleet, "answer")]
    told = {"constants": table.constants, "enums": table.enums, "layouts": layouts, "event": table.event}
    return _filled("numbers.py.j2", **told)


def page(table: Table, text: str) -> str:
    """docs/protocol.md with the tables between its markers made anew."""
    for name, made in _tables(table).items():
        start, end = f"<!-- {name}: {NOTICE} -->\n", f"<!-- end of {name} -->\n"
        if text.count(start) != 1 or text.count(end) != 1:
            raise UserError(f"{PAGE.name}: expected the lines {start.strip()} and {end.strip()} once each")
        before, rest = text.split(start)
        text = before + start + made + end + rest.split(end)[1]
    return text


def _filled(template: str, **told: object) -> str:
    folder = FileSystemLoader(Path(__file__).with_name("templates"))
    jinja = Environment(
        loader=folder, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    jinja.filters |= {"comment": _comment, "layout": _layout_source}
    return jinja.get_template(template).render(notice=NOTICE, **told)


def _comment(text: str) -> str:
    return textwrap.fill(text, 120, initial_indent="    // ", subsequent_indent="    // ")


def _layout_source(fields: tuple[Field, ...]) -> str:
    made = layout(fields)
    given = {"names": made.names, "format": made.format, "rest": made.rest}
    told = [f"{key}={value!r}".replace("'", '"') for key, value in given.items() if value != getattr(Layout(), key)]
    line = f"Layout({', '.join(told)})"
    if len(line) < 80:
        return line
    lines = ["names=(", *(f'    "{name}",' for name in made.names), ")"] if len(told[0]) > 100 else [told[0]]
    return (
        "Layout(\n"
        + textwrap.indent("\n".join([*lines[:-1], *(f"{one}," for one in [lines[-1], *told[1:]])]), "    ")
        + "\n)"
    )


def _tables(table: Table) -> dict[str, str]:
    offsets = [layout(table.event[:index]).size for index in range(len(table.event))]
    event = [(str(at), one.type, one.name, one.meaning) for at, one in zip(offsets, table.event, strict=True)]
    return {
        "types": _markdown("type | name | from | payload", _rows(table.enums["type"], "sender", "note")),
        "event": _markdown("offset | type | field | meaning", event),
        "statuses": _markdown("status | name | meaning", _rows(table.enums["status"], "note")),
        "commands": _markdown("command | name | arguments | answer | remarks", _rows(table.enums["command"], *SIDES)),
        "phases": _markdown("phase | name | meaning", _rows(table.enums["phase"], "note")),
        "refusals": _markdown("reason | name | meaning", _rows(table.enums["refusal"], "note")),
        "reasons": _markdown("reason | name | meaning", _rows(table.enums["given_up"], "note")),
        "learning": _markdown("operation | name | arguments | answer | remarks", _rows(table.enums["learn"], *SIDES)),
        "news": _markdown("news | name | meaning", _rows(table.enums["news"], "note")),
        "fleet": _markdown("operation | name | arguments | answer | remarks", _rows(table.enums["fleet"], *SIDES)),
        "gifts": _markdown("kind | name | meaning", _rows(table.enums["fleet_kind"], "note")),
        "provocation": _markdown("kind | name | meaning", _rows(table.enums["provoke"], "note")),
    }


SIDES = ("arguments", "answer", "note")


def _rows(enum: Enum, *told: str) -> list[tuple[str, ...]]:
    cells = ((getattr(entry, key) for key in told) for entry in enum.entries)
    texts = [[cell if isinstance(cell, str) else ", ".join(map(str, cell)) for cell in row] for row in cells]
    return [(enum.written(entry), entry.name, *row) for entry, row in zip(enum.entries, texts, strict=True)]


def _markdown(head: str, rows: list[tuple[str, ...]]) -> str:
    lines = [f"| {head} |", "|" + "---|" * (head.count("|") + 1)]
    lines += ["| " + " | ".join(row).replace("|  |", "| |").replace("|  |", "| |").rstrip() + " |" for row in rows]
    return "".join(f"{line}\n" for line in lines)


def generated() -> dict[Path, str]:
    """Every file that is made of this table, and of that of updates, as it should be."""
    table = Table(TABLE.read_text())
    made = {HEADER: c_header(table), NUMBERS: python_module(table), PAGE: page(table, PAGE.read_text())}
    return made | manifest.generated()


@click.command()
@click.option("--write", is_flag=True, help="Write the files; without it, name those that are out of date.")
def link(write: bool) -> None:
    """Make the numbers of the link, and of an update's manifest, in C, Python and the documents.

    They come from lib/link/protocol.toml and lib/update/manifest.toml.
    """
    stale = {path: text for path, text in generated().items() if not path.exists() or path.read_text() != text}
    names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
    if stale and not write:
        tables = f"{TABLE.name} and {manifest.TABLE.name}"
        raise UserError(f"expected files as {tables} have them, found others: {names}; add --write")
    for path, text in stale.items():
        replace_file(path, text.encode())
    click.echo(f"wrote {names}" if stale else "up to date")
