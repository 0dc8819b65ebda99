"""Tables in text: the one reader of manifests, recordings, lists and whatever else has rows under a header line.

table = Table(path)                     # the header is read and checked: each name once
table.names                             # ("file", "label", ...)
for line, fields in table.rows(): ...   # as many fields as names, stripped; `line` for messages
table.numbers([0, 2])                   # float64 (n, 2) of these columns

What it holds to:

- Columns are apart by `,`, `;` or a tab: by the one that the header has most of.
- Every row has as many fields as the header. Empty ones at the end, as spreadsheets leave them, are none; any other
  field too many or too few is an error that names the line, because it would shift the columns.
- A name stands once in the header, in large and small letters alike.
- Where columns are apart by `;` or a tab, a number may have a decimal comma. A file has one decimal mark, not two.
- Text is UTF-8, with or without a byte order mark. Fields may stand in double quotes.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np

from ml.data.formats.lines import number
from ml.data.untrusted import MAX_COLUMNS, lines, why
from ml.errors import UserError

MARKS = (",", ";", "\t")
AS_IT_IS = {"header": None, "dtype": float, "na_filter": False, "skipinitialspace": True, "skip_blank_lines": False}
BLOCK = 8192  # rows between text and array
SHOWN = 40  # characters of a field


class Table:
    """Rows under a header line. It can be gone through once. UserError for everything that is not as said above."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: Iterator[str] = lines(path)
        header = next((line for line in self._lines if line.strip()), None)
        if header is None:
            raise UserError(f"{path}: expected a header line, found an empty file")
        self._mark = max(MARKS, key=header.count)
        self._skipped = 0
        self._comma: bool | None = None  # the decimal mark, once one was seen
        self.names = self._header(header)

    def _header(self, line: str) -> tuple[str, ...]:
        (fields,) = _rows(self.path, [line], self._mark)
        names = tuple(name.strip() for name in _without_tail(fields, 1))
        check_names(self.path, names)
        return names

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The number of each row and its fields, stripped. Rows of nothing are left out."""
        for row, fields in self._rows():
            made = [field.strip() for field in fields]
            if any(made):
                yield row, made

    def numbers(self, columns: list[int], optional: tuple[int, ...] = ()) -> np.ndarray:
        """float64 (n, len(columns)), finite; NaN only for an empty field of an `optional` column."""
        blocks: list[np.ndarray] = []
        chunk = list(islice(self._lines, BLOCK))
        while chunk and (quick := self._quick(chunk, columns)) is not None:
            blocks.append(quick)
            chunk = list(islice(self._lines, BLOCK))
        self._lines = chain(chunk, self._lines)
        done = sum(map(len, blocks))
        return np.concatenate([*blocks, *self._careful(columns, optional, done), np.empty((0, len(columns)))])

    def _quick(self, chunk: list[str], columns: list[int]) -> np.ndarray | None:
        """The numbers of lines in which there is nothing but numbers, by pandas; None where there is anything else."""
        text, most = "".join(chunk), len(self.names) - 1
        odd = '"' in text or (self._mark != "," and "," in text) or self._comma
        if odd or any(line.count(self._mark) != most for line in chunk):
            return None
        import pandas as pd  # noqa: PLC0415 - takes a second, and what only names a file's columns needs none of it

        try:
            read = pd.read_csv(io.StringIO(text), sep=self._mark, usecols=sorted(columns), **AS_IT_IS)
            made = read[columns].to_numpy()
        except (ValueError, OverflowError):
            return None
        if len(made) != len(chunk) or not np.isfinite(made).all():
            return None
        if self._mark != "," and "." in text:
            self._comma = False
        return made

    def _careful(self, columns: list[int], optional: tuple[int, ...], done: int) -> Iterator[np.ndarray]:
        """The numbers of all other lines, field by field."""
        block: list[list[float]] = []
        for row, fields in self._rows(done):
            wanted = [fields[at] for at in columns]
            if not any(wanted) and not any(field.strip() for field in fields):
                self._skipped = self._skipped or row
                continue
            if self._skipped:
                raise UserError(f"{self.path}: expected numbers in row {self._skipped}, found none; cut it out")
            block.append(self._numbers(wanted, columns, optional, row))
            if len(block) == BLOCK:
                yield np.array(block)
                block = []
        if block:
            yield np.array(block)

    def _numbers(self, fields: list[str], columns: list[int], optional: tuple[int, ...], row: int) -> list[float]:
        values = []
        for at, field in zip(columns, fields, strict=True):
            value = self._number(field)
            if value is None and (field.strip() or at not in optional):
                raise UserError(
                    f"{self.path}: expected a number in column {self.names[at]} of row {row}, found "
                    f"{field.strip()[:SHOWN]!r}; cut it out or record again"
                )
            values.append(float("nan") if value is None else value)
        return values

    def _number(self, field: str) -> float | None:
        text = field.strip()
        if self._mark != "," and "," in text:
            text = self._decimal(text, comma=True)
        elif "." in text and self._mark != ",":
            text = self._decimal(text, comma=False)
        return plain_number(text)

    def _decimal(self, text: str, comma: bool) -> str:
        """With a decimal point."""
        if self._comma is None:
            self._comma = comma
        if self._comma is not comma:
            raise UserError(f"{self.path}: expected one decimal mark, found {text[:SHOWN]!r} after the other kind")
        return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text

    def _rows(self, done: int = 0) -> Iterator[tuple[int, list[str]]]:
        """From the row after the first `done` on."""
        width = len(self.names)
        for row, found in enumerate(_rows(self.path, self._lines, self._mark), done + 1):
            fields = found if len(found) <= width else _without_tail(found, width)
            if fields and len(fields) != width:
                raise UserError(
                    f"{self.path}: expected {width} fields in row {row}, as in the header, found {len(fields)}: "
                    f"{self._mark.join(fields)[:SHOWN]!r}; correct the row"
                )
            if fields:
                yield row, fields


def check_names(path: Path, names: tuple[str, ...]) -> None:
    """Of columns: few enough, none empty, none twice."""
    if len(names) > MAX_COLUMNS:
        raise UserError(f"{path}: expected at most {MAX_COLUMNS} columns, found {len(names)}")
    seen: dict[str, int] = {}
    for at, name in enumerate(names, 1):
        if not name:
            raise UserError(f"{path}: expected a name for each column, found none for column {at}; name it")
        first = seen.setdefault(name.casefold(), at)
        if first != at:
            raise UserError(
                f"{path}: expected each column once, found {name[:SHOWN]!r} as column {first} and {at}; rename one"
            )


def plain_number(text: str) -> float | None:
    """A decimal number; None for `nan`, `inf`, `1_000` and everything else that is no measured value."""
    try:
        value = float(text)
    except ValueError:
        return None
    if value - value != 0 or not text.isascii() or "_" in text:  # not finite
        return None
    return value


def _rows(path: Path, text: Iterable[str], mark: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(text, delimiter=mark, skipinitialspace=True, strict=True)
    except csv.Error as error:
        raise UserError(
            f"{path}: expected rows of fields, cannot read them ({why(error)}); is a quote left open?"
        ) from None


def _without_tail(fields: list[str], least: int) -> list[str]:
    """Without empty fields at the end, down to `least` fields."""
    end = len(fields)
    while end > least and not fields[end - 1].strip():
        end -= 1
    return fields[:end]


def split(text: str, mark: str | None) -> list[str]:
    """The fields of a line that stands alone, stripped; `mark` None is any space. Empty ones at the end are none."""
    fields = text.split() if mark is None else [field.strip().strip('"') for field in text.split(mark)]
    return _without_tail(fields, 1)


def mark_of(sample: list[str]) -> str | None:
    """What stands between the numbers of a file; None: spaces. `sample` holds the file's first lines.

    The first line that is all numbers says it; where there is none, the first line with such a mark.
    """
    for line in sample:
        for mark in (";", "\t", ",", None):
            values = [loose_number(field, mark) for field in split(line, mark)]
            if len(values) > 1 and None not in values:
                return mark
    return next((mark for line in sample for mark in (";", "\t", ",") if mark in line), None)


def loose_number(field: str, mark: str | None) -> float | None:
    """As a serial port's lines may have it (formats/lines.py), with a decimal comma unless commas part the fields."""
    if mark != "," and field.count(",") == 1 and "." not in field:
        field = field.replace(",", ".")
    return number(field)
