"""Small emitters of C text. Each takes plain values and returns text; none knows about models."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable

import numpy as np

from ml.errors import UserError

WIDTH = 120
C_TYPES = {name: f"{name}_t" for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")}


def identifier(name: str) -> str:
    """The name as it may stand in C, or a UserError."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name):
        raise UserError(
            f"expected a model name of lower-case letters, digits and _, found {name!r}; give one with --name"
        )
    return name


def string(text: str) -> str:
    """A C string literal; bytes beyond ASCII as octal escapes."""
    plain = {ord('"'): '\\"', ord("\\"): "\\\\", ord("?"): "\\?"}
    return '"' + "".join(plain.get(b, chr(b) if 32 <= b < 127 else f"\\{b:03o}") for b in text.encode()) + '"'


def comment(text: str, indent: str = "") -> str:
    """`//` lines, wrapped to the width; nothing in the text can end the comment or join the next line to it."""
    plain = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    lead = f"{indent}// "
    wrap = textwrap.TextWrapper(WIDTH, initial_indent=lead, subsequent_indent=lead + "    ", drop_whitespace=True)
    lines = [piece for line in plain.split("\n") for piece in wrap.wrap(line) or [lead]]
    return "\n".join(line.rstrip(" \\?/") for line in lines)


def array(name: str, data: np.ndarray, note: str = "") -> str:
    """`static const int8_t name[12] NN_ALIGNED = {...};` with the shape beside it when it has more than one side."""
    kind = C_TYPES[data.dtype.name]
    shape = "".join(f"[{side}]" for side in data.shape) if data.ndim > 1 else ""
    remark = "; ".join(part for part in (shape, note) if part)
    # Packed weights are read a word at a time; wider types are aligned by themselves.
    packed = " NN_ALIGNED" if data.dtype.itemsize == 1 and data.size > 1 else ""
    head = f"static const {kind} {name}[{data.size}]{packed} = {{"
    if len(head) + len(remark) + 4 > WIDTH:
        head = f"{comment(remark)}\n{head}"
    elif remark:
        head += f" // {remark}"
    literal = _hex if data.dtype == np.uint32 else None  # packed words: what is in their bytes is what can be read
    return f"{head}\n{numbers(data.reshape(-1).tolist(), literal)}}};\n"


def numbers(values: Iterable[int], literal: Callable[[int], str] | None = None) -> str:
    """Rows of integers, as many as fit the width; `literal` writes one of them, in decimal when left out."""
    rows, room = ["    "], 0
    for text in map(literal or _literal, values):
        if room < len(text) + 2:
            rows.append("   ")
            room = WIDTH - 3
        rows[-1] += f" {text},"
        room -= len(text) + 2
    return "\n".join(rows[1:] or rows) + "\n"


def _hex(value: int) -> str:
    return f"0x{value:08X}"


def _literal(value: int) -> str:
    if value == -(1 << 31):
        return "INT32_MIN"  # -2147483648 is an expression of a wider type
    return f"INT64_C({value})" if abs(value) > (1 << 31) - 1 else str(value)


def real(value: np.float32) -> str:
    """A float32 above 0 to the last bit, as a quotient or product of two numbers that it holds exactly: every C and
    C++ compiler gives the same, which hexadecimal floating point, new in C++17, would not."""
    mantissa, exponent = np.frexp(np.float64(value))
    whole, shift = int(mantissa * (1 << 24)), int(exponent) - 24
    while whole % 2 == 0:
        whole, shift = whole // 2, shift + 1
    if shift >= 0:
        return f"{whole}.0f * {1 << shift}.0f"
    halves = [min(-shift, 100), max(-shift - 100, 0)]  # 2^149 is more than a float32 holds
    return " / ".join([f"{whole}.0f", *(f"{1 << half}.0f" for half in halves if half)])


def struct(kind: str, name: str, rows: Iterable[tuple[str, str]]) -> str:
    """`static const kind name = {rows};` each row with its comment; `kind[3]` makes an array of three."""
    base, bracket, count = kind.partition("[")
    body = "".join(_row(text, note) for text, note in rows)
    return f"static const {base} {name}{bracket}{count} = {{\n{body}}};\n"


def _row(text: str, note: str) -> str:
    """A row of a struct with its comment behind it, or above it where both do not fit the width."""
    line = f"    {text}, // {note}\n" if note else f"    {text},\n"
    if len(line) <= WIDTH + 1:
        return line
    above = comment(note, "    ") + "\n" if note else ""
    return above + textwrap.fill(f"{text},", WIDTH, initial_indent="    ", subsequent_indent="    ") + "\n"
