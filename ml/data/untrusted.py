"""Opens untrusted files: only regular files, and only up to a limit.

Every reader of `ml/data` opens through here, and every limit on what a file may hold stands here. A limit is checked
before the memory is taken, so no file can take more than a small multiple of these sizes.

with opened(path, MAX_TEXT) as file: ...      # binary; a pipe, a device or a folder is a UserError, not a hang
for line in lines(path): ...                  # text, a bounded line at a time
said = read_json(path)                        # or read_cbor: nested at most MAX_DEPTH deep
"""

import codecs
import io
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import cbor2

from ml.errors import UserError

MAX_TEXT = 128 << 20  # bytes of a table; six channels at 100 Hz fill it in six hours
MAX_DOCUMENT = 32 << 20  # bytes of JSON or CBOR; Python needs some 25 times as much in the worst case
MAX_SOUND = 2 << 30  # bytes of a file of sound
MAX_ARRAY = 1 << 28  # bytes of an array, unpacked
MAX_EXAMPLES = 2 << 30  # bytes of the examples that somebody brings for a model of their own, unpacked
MAX_LINE = 1 << 16  # characters of a line of text
MAX_COLUMNS = 256  # of a table
MAX_DEPTH = 64  # of lists in lists
SHOWN = 100  # characters of a reason


def opened(path: Path, most: int) -> BinaryIO:
    """The regular file at `path`, open for reading. UserError where it is none, cannot be opened or is too large."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe would block for ever
    try:
        file = os.fdopen(os.open(path, flags), "rb")
    except (OSError, ValueError) as error:  # ValueError: NUL in the name
        raise UserError(f"{path}: expected a file, cannot open it ({why(error)}); check the path") from None
    try:
        _check(path, os.fstat(file.fileno()), most)
    except UserError:
        file.close()
        raise
    return file


def _check(path: Path, found: os.stat_result, most: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe or a device"
        raise UserError(f"{path}: expected a file, found {kind}; copy its content to a file")
    if found.st_size > most:
        raise UserError(f"{path}: expected at most {most:,} bytes, found {found.st_size:,}; cut it into pieces")


def read_bytes(path: Path, most: int = MAX_DOCUMENT) -> bytes:
    """The whole file."""
    with opened(path, most) as file:
        data = file.read(most + 1)
    if len(data) > most:  # it grew meanwhile
        raise UserError(f"{path}: expected at most {most:,} bytes, found more; cut it into pieces")
    return data


def lines(path: Path, encoding: str = "utf-8-sig") -> Iterator[str]:
    """The lines of a text file, each with a line feed for its end, whatever that was. UserError for what is no text."""
    with opened(path, MAX_TEXT) as file, io.TextIOWrapper(file, encoding) as text:
        number = 0
        try:
            while line := text.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    raise UserError(
                        f"{path}: expected at most {MAX_LINE:,} characters in line {number}, found more; is it a table?"
                    )
                if "\0" in line:
                    raise UserError(f"{path}: expected text, found a NUL in line {number}; save it as UTF-8")
                yield line
        except UnicodeDecodeError:
            raise UserError(
                f"{path}: expected text in UTF-8, found other bytes after line {number}; save it as UTF-8"
            ) from None


def encoding_of(path: Path) -> str:
    """UTF-8, or Latin-1 where the file is none: of tables from old programs, in which only units are beyond ASCII."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with opened(path, MAX_TEXT) as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8-sig"


def read_json(path: Path, what: str) -> object:
    """What a JSON file says; `what` it should be, for the message."""
    return _decoded(path, what, json.loads)


def read_cbor(path: Path, what: str) -> object:
    """What a CBOR file says, without the types of numbers and links that only CBOR knows."""
    return _decoded(path, what, plain_cbor)


def _decoded(path: Path, what: str, decode: Callable[[bytes], object]) -> object:
    data = read_bytes(path)
    try:
        said = decode(data)
    except (cbor2.CBORError, ValueError, TypeError, RecursionError, MemoryError, OverflowError) as error:
        raise UserError(f"{path}: expected {what}, cannot read it ({why(error)}); export it again") from None
    if _deeper(said, MAX_DEPTH):
        raise UserError(f"{path}: expected {what}, found lists more than {MAX_DEPTH} deep; export it again")
    return said


def plain_cbor(data: bytes) -> object:
    """Maps, lists, texts, numbers. Tags stand for large integers, fractions, dates, links back: none of them is a
    measured value, and some take hours to compute with."""
    return cbor2.loads(
        data, tag_hook=_no_tag, semantic_decoders=dict.fromkeys(_TAGS, _no_tag), max_depth=MAX_DEPTH,
        strict_hashable_types=True,
    )  # fmt: skip


_TAGS = (0, 1, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000)  # of cbor2


def _no_tag(*_: object) -> object:
    raise ValueError("a tag, where plain values are expected")


def _deeper(said: object, most: int) -> bool:
    """Whether lists and maps are nested deeper; without recursion, level by level."""
    level = [said]
    for _ in range(most + 1):
        level = [one for outer in level if isinstance(outer, list | dict) for one in _inner(outer)]
        if not level:
            return False
    return True


def _inner(outer: list | dict) -> list:
    values = outer if isinstance(outer, list) else outer.values()
    return [one for one in values if isinstance(one, list | dict)]


def why(error: Exception) -> str:
    """An error of a library in a line."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())[:SHOWN] or type(error).__name__
