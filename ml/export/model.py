"""What a generated header says, as far as the templates of an export need it."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ml.compiler.compile import compile_model
from ml.compiler.model_file import c_name, read_model
from ml.errors import UserError
from ml.export.kinds import KINDS, NETWORK, Kind
from ml.paths import ROOT
from ml.pipeline.apps import APPS

LARGEST = 64 * 1024 * 1024  # bytes of a header: more than any microcontroller's flash
WAITING = 4  # events that wait to be polled
_MODEL = re.compile(r"^static const nn_model ([a-z][a-z0-9_]{0,63})_model = \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
SIZES = {"int8_t": 1, "uint8_t": 1, "int16_t": 2, "uint16_t": 2, "int32_t": 4}
RANGES = {"int8_t": (-128, 127), "uint8_t": (0, 255), "int16_t": (-32768, 32767)}


@dataclass(frozen=True)
class Model:
    """A generated header, read."""

    name: str
    kind: Kind
    text: str
    where: str  # for errors: what the user named
    body: str  # the rows of its nn_model

    def row(self, note: str) -> str:
        """The value in the model's row with that comment."""
        found = re.search(rf"^    (.+), // {re.escape(note)}$", self.body, re.MULTILINE)
        if not found:
            raise UserError(f"{self.where}: expected a row {note!r} in its model, found none; compile it again")
        return found[1]

    def number(self, note: str) -> int:
        found = re.fullmatch(r"(0x[0-9A-F]{1,8}|\d{1,9})u?", self.row(note))
        if not found:
            raise UserError(
                f"{self.where}: expected a number of {note}, found {self.row(note)[:40]!r}; compile it again"
            )
        return int(found[1], 0)

    @property
    def hash(self) -> str:
        return self.row("hash of the model").strip('"')

    @property
    def check(self) -> str:
        """CRC-32 of the output that the self-check expects, in hexadecimal."""
        stream = re.search(r"^    0x([0-9A-F]{8})u, // CRC-32 of the output after these steps", self.text, re.MULTILINE)
        return stream[1] if stream else f"{self.number('CRC-32 of the output for nn_fixed_input'):08X}"

    @property
    def arena_words(self) -> int:
        return (self.number("bytes of the arena, without the guard") + 3) // 4

    @property
    def labels(self) -> list[str]:
        """C literals."""
        found = re.search(
            rf"^static const char \*const {self.name}_labels\[\] = \{{\n(.*?)^\}};", self.text, re.M | re.S
        )
        return re.findall(r'^    (".*"),$', found[1], re.MULTILINE) if found else []

    @property
    def streams(self) -> bool:
        return f"static const nn_stream {self.name}_stream = " in self.text

    @property
    def stateful(self) -> bool:
        return f"static void {self.name}_reset(void)" in self.text

    @property
    def waiting(self) -> int:
        return WAITING

    @property
    def rate_mhz(self) -> int:
        return self.setting(self.kind.needs[0][0], self.kind.rate) * self.kind.times

    def setting(self, kind: str, note: str) -> int:
        """A number in the struct of that type, by the comment behind it."""
        body = re.search(rf"^static const {kind} {self.name}\w* = \{{\n(.*?)^\}};", self.text, re.M | re.S)
        found = re.search(rf"^    (\d+), // {re.escape(note)}", body[1], re.MULTILINE) if body else None
        if not found:
            raise UserError(f"{self.where}: expected {kind} with {note!r} in it, found none; compile the model again")
        return int(found[1])

    def credits(self) -> list[str]:
        """Who recorded what it learned from, and under which licence: the header's comment lines, joined."""
        found = re.findall(r"^// (training data: .*\n(?://     .*\n)*)", self.text, re.MULTILINE)
        return [" ".join(part.strip() for part in one.replace("\n//", "\n").split("\n") if part) for one in found]

    @property
    def own_functions(self) -> list[str]:
        """Functions of the header whose names the library gives to its own."""
        return [name for name in ("push", "reset") if re.search(rf"^static .*\b{self.name}_{name}\(", self.text, re.M)]

    def ends(self, side: str) -> list[End]:
        """Its inputs or outputs."""
        prefix = f"{self.name}_{side}".upper()
        several = re.findall(rf"^#define {prefix}_(\d+) \(\((\w+) \*\)", self.text, re.MULTILINE)
        if several:
            return [
                End(side, self, number, kind, self._define(f"{prefix}_{number}_VALUES")) for number, kind in several
            ]
        found = re.search(rf"^// {side} +([0-9x]+)(?: (\w+))?", self.text, re.MULTILINE)
        kind = f"{found[2] or 'int8'}_t" if found else "int8_t"
        if kind not in SIZES:
            raise UserError(f"{self.where}: expected an {side} of {', '.join(SIZES)}, found {kind}; compile it again")
        values = self.number(f"bytes of the {side}") // SIZES[kind]
        return [End(side, self, "", kind, str(values), found[1] if found else "")]

    def _define(self, macro: str) -> str:
        found = re.search(rf"^#define {macro} (.+)$", self.text, re.MULTILINE)
        if not found:
            raise UserError(f"{self.where}: expected {macro}, found none; compile the model again")
        return found[1]


@dataclass(frozen=True)
class End:
    """An input or an output of a network alone."""

    side: str  # "input" or "output"
    model: Model
    number: str  # "" of the only one
    type: str  # in C
    values: str
    shape: str = ""

    @property
    def suffix(self) -> str:
        return f"_{self.number}" if self.number else ""

    @property
    def function(self) -> str:
        return f"{self.model.name}_{self.side}{self.suffix}"

    @property
    def macro(self) -> str:
        return self.function.upper()

    @property
    def scale(self) -> str:
        return self.model._define(f"{self.macro}_SCALE")

    @property
    def zero(self) -> str:
        return self.model._define(f"{self.macro}_ZERO")

    @property
    def least(self) -> int:
        return RANGES.get(self.type, (0, 0))[0]

    @property
    def most(self) -> int:
        """0: a type without real numbers behind it."""
        return RANGES.get(self.type, (0, 0))[1]

    @property
    def place(self) -> str:
        """C that points to it."""
        if self.number:
            return self.macro
        at, const = f"{self.model.name}_model.{self.side}", "const " if self.side == "output" else ""
        return at if self.type == "int8_t" else f"({const}{self.type} *)({const}void *){at}"


def find(what: str, name: str | None = None) -> Model:
    """The model of an application, of a `.tflite` (compiled here, under `name`) or of a generated header."""
    if what in APPS:
        return read(ROOT / "lib" / f"{what}_model" / f"{what}_model.h", f"python -m ml run {what}")
    path = Path(what)
    if path.suffix == ".tflite":
        with tempfile.TemporaryDirectory() as scratch:
            compiled = compile_model(read_model(path), name or c_name(path), Path(scratch), title=path.name)
            return read(compiled.header, where=path.name)
    if path.suffix == ".h":
        return read(path)
    raise UserError(
        f"expected an application ({', '.join(APPS)}), a .tflite file or a generated header, found {what!r}"
    )


def read(path: Path, make: str = "python -m ml compile MODEL.tflite", where: str = "") -> Model:
    """A generated header; `make` is the command that makes one, for the error."""
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(f"{path}: expected a header of at most {LARGEST:,} B, found more; is it the right file?")
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: expected a generated header, found {_reason(error)}; make it with: {make}") from None
    found = _MODEL.search(text)
    if not found:
        raise UserError(f"{path}: expected a compiled model, found no nn_model in it; make it with: {make}")
    return Model(found[1], _kind(path, found[1], text), text, where or str(path), found[2])


def _reason(error: Exception) -> str:
    return error.strerror or "none" if isinstance(error, OSError) else "bytes that are no text"


def _kind(path: Path, name: str, text: str) -> Kind:
    """By the front end that it has settings for; the other settings of its kind must be there too."""

    def there(setting: tuple[str, str]) -> bool:
        return f"static const {setting[0]} {name}{setting[1]} = " in text

    kind = next((kind for kind in KINDS if there(kind.needs[0])), NETWORK)
    missing = next((setting for setting in kind.needs if not there(setting)), None)
    if missing:
        raise UserError(
            f"{path}: expected {missing[0]} {name}{missing[1]} beside its front end, found none; compile it again with "
            "the application that made it"
        )
    return kind
