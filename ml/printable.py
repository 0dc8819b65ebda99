"""Text of others, safe to print: no board and no file moves the cursor, clears the screen or turns a line round."""

import re
import unicodedata

_COLOUR = re.compile(r"\x1b\[[0-9;]{0,16}m")


def printable(text: str, colours: bool = False) -> str:
    """One line as it is, but for what a terminal obeys: that is shown as an escape (`\\x1b`, `\\n`, `\\u202e`).

    Letters of every script, spaces and tabs pass. `colours` lets a log's colours (SGR sequences) pass as well, and
    takes them back at the end of the line.
    """
    if not colours or "\x1b" not in text:
        return "".join(map(_shown, text)) if not text.isprintable() else text
    plain = _COLOUR.split(text)
    parts = [printable(plain[0])]
    for colour, part in zip(_COLOUR.findall(text), plain[1:], strict=True):
        parts += [colour, printable(part)]
    return "".join(parts) + ("\x1b[0m" if len(plain) > 1 else "")


def _shown(character: str) -> str:
    """Categories C* are controls, marks of direction, surrogates and what Unicode has not assigned; Z* are spaces."""
    category = unicodedata.category(character)
    if character == "\t" or not (category[0] == "C" or category in ("Zl", "Zp")):
        return character
    return character.encode("unicode_escape").decode()
