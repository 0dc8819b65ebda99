"""`python -m ml.compiler.upgrade HEADER...`: brings headers of an earlier compiler up to date without the model.

Only what follows from the header's own text: the constants of its input's and output's scales, packed words in
hexadecimal, and a streaming model's head, of no layer. What a new compilation would find besides (other kernels, a
proof) it cannot know.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np

from ml.compiler import emit
from ml.compiler.header import ENDS, scale_rows, scales
from ml.compiler.streaming.header import HEAD, WARM_UP
from ml.errors import UserError
from ml.files import replace_file

MEMORY = "// Every tensor lives here"
CHECK = "// CRC-32 of the output for nn_fixed_input\n"
PACKED = re.compile(r"static const int32_t (\w+_packed)\[(\d+)\] = \{(.*)\n([^}]*)\};")


def upgrade(text: str, where: str = "header") -> str:
    """The text of the header today; the same where it has everything."""
    named = re.search(r"^static const nn_model (\w+)_model = ", text, re.MULTILINE)
    if not named or MEMORY not in text or CHECK not in text:
        raise UserError(f"{where}: expected a header of `python -m ml compile`, found something else; compile it again")
    name = named[1]
    for array in PACKED.findall(text):
        text = re.sub(rf"(?<!\))\b{array[0]},", f"(const int32_t *){array[0]},", text)
    text = PACKED.sub(lambda found: _hexadecimal(*found.groups()), text)
    if HEAD not in text:
        text = text.replace(f"{WARM_UP}\n", f"{WARM_UP}\n    0, // {HEAD}: not known\n", 1)
    if f"#define {name}_INPUT_SCALE".upper() in text.upper():
        return text
    ends = [_stated(text, end, where) for end in ENDS]
    rows = "".join(f"    {row}, // {note}\n" for row, note in scale_rows(name))
    text = text.replace(MEMORY, scales(name, *ends) + "\n" + MEMORY, 1)
    return text.replace(CHECK, CHECK + rows, 1)


def _hexadecimal(name: str, count: str, note: str, body: str) -> str:
    words = [-(1 << 31) if word == "INT32_MIN" else int(word) for word in body.replace(",", " ").split()]
    array = np.array(words, np.int64).astype(np.int32).view(np.uint32)
    if len(array) != int(count):
        raise UserError(f"{name}: expected {count} words, found {len(array)}; compile the model again")
    return emit.array(name, array, note.strip().removeprefix("//").strip()).rstrip("\n")


def _stated(text: str, end: str, where: str) -> tuple[np.float32, int]:
    """Scale and zero point as the head of the file tells them, to six digits."""
    found = re.search(rf"^// {end} .*, scale ([0-9.e+-]+), zero (-?\d+)$", text, re.MULTILINE)
    if not found or float(np.float32(found[1])) != float(found[1]):
        raise UserError(f"{where}: expected the exact scale of the {end}, found it rounded; compile the model again")
    return np.float32(found[1]), int(found[2])


def main(paths: list[str]) -> int:
    try:
        for path in map(Path, paths):
            replace_file(path, upgrade(path.read_text(), str(path)).encode())
    except (UserError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
