"""What every family of classical models is once it is integers (lib/classical): its tables, its C, and the same
arithmetic in numpy.

model = convert(estimator, inputs)      # ml/classical/convert.py
model.scores(inputs)                    # (n, classes), integers: what the C computes
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ml.errors import UserError

LOW, HIGH = -128, 127  # of an input
MOST = 255  # inputs, and classes: the C counts them in a byte
WIDTH = 120  # of a line of C


class Table(NamedTuple):
    """A table of a model as C."""

    c_type: str
    name: str
    values: np.ndarray  # one or two dimensions; a row becomes a line
    note: str

    @property
    def bytes(self) -> int:
        return self.values.size * {"int8_t": 1, "uint8_t": 1, "int16_t": 2, "int32_t": 4}[self.c_type]


class Form(ABC):
    """A model in integers; inputs are int8 (n, inputs)."""

    family: str
    header: str  # of lib/classical
    c_type: str
    run: str  # the C function
    inputs: int
    classes: int

    @abstractmethod
    def scores(self, inputs: np.ndarray) -> np.ndarray:
        """int64 (n, classes), as the C computes them."""

    @abstractmethod
    def tables(self) -> list[Table]:
        """Everything that lies in flash, in the order of the header."""

    @abstractmethod
    def fields(self, name: str) -> str:
        """The initialiser of the C structure, whose tables are named `<name>_<table>`."""

    def answers(self, inputs: np.ndarray) -> np.ndarray:
        """int (n,): the class with the highest score, the first of equals."""
        return self.scores(inputs).argmax(1)

    @property
    def bytes(self) -> int:
        """Of all tables."""
        return sum(table.bytes for table in self.tables())

    def c_source(self, name: str) -> str:
        """The tables and the structure `<name>_classical`."""
        tables = [_table(name, table) for table in self.tables()]
        return "\n".join([*tables, f"static const {self.c_type} {name}_classical = {{{self.fields(name)}}};\n"])


def _table(name: str, table: Table) -> str:
    shape = "".join(f"[{side}]" for side in table.values.shape)
    rows = [_row(row) for row in np.atleast_2d(table.values)]
    flat = table.values.ndim == 1
    body = _wrapped(rows[0]) if flat else "\n".join(f"    {{{_wrapped(row, '     ').strip()}}}," for row in rows)
    return f"// {table.note}\nstatic const {table.c_type} {name}_{table.name}{shape} CLASSICAL_TABLE = {{\n{body}\n}};"


def _row(values: Iterable) -> list[str]:
    return [str(int(value)) for value in values]


def _wrapped(values: list[str], indent: str = "    ") -> str:
    lines, line = [], indent
    for value in values:
        if len(line) + len(value) + 2 > WIDTH:
            lines.append(line.rstrip())
            line = indent
        line += f"{value}, "
    return "\n".join([*lines, line.rstrip(", ")])


def checked_inputs(inputs: np.ndarray) -> np.ndarray:
    """int8 (n, inputs), or a UserError: whole numbers of int8 are what the C takes."""
    found = np.asarray(inputs)
    if found.ndim != 2 or not found.shape[1] or found.dtype.kind not in "iuf":
        raise UserError(f"inputs: expected numbers (n, inputs), found {found.dtype} {found.shape}")
    if found.shape[1] > MOST:
        raise UserError(
            f"inputs: expected at most {MOST} in a row, found {found.shape[1]}; choose the ones that matter"
        )
    finite = np.isfinite(found).all() if found.dtype.kind == "f" else True
    if not finite or (found.dtype.kind == "f" and (found != np.floor(found)).any()):
        raise UserError(
            "inputs: expected whole numbers, found others; scale them and round: the firmware must do the same"
        )
    if len(found) and (found.min() < LOW or found.max() > HIGH):
        raise UserError(
            f"inputs: expected numbers in {LOW}..{HIGH}, found {found.min():g}..{found.max():g}; scale them: the "
            "firmware must do the same"
        )
    return found.astype(np.int8)
