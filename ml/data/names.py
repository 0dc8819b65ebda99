"""Names of labels, subjects and sessions. They become folders, cells of a manifest and text in C.

A name has letters and digits of any script, `_ . + -` and spaces, and begins with a letter, a digit or `_`. It is in
Unicode's composed form (NFC) and takes up to 31 bytes of UTF-8, so that it fits wherever a board or a file system
keeps it. In C it is a string literal whose bytes beyond ASCII are escaped (ml/compiler/emit.py).

What comes from elsewhere is brought into that form by `names_of`, all names together: two of them never become one.
"""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from ml.errors import UserError

MAX_BYTES = 31
MARKS = "_. +-"
TAIL = 7  # characters of "-1a2b3c"
RULE = f"letters, digits, _ . + - and spaces (up to {MAX_BYTES} bytes), first a letter, digit or _"


def is_name(text: str) -> bool:
    """Whether it may stand as it is."""
    return (
        0 < len(text.encode(errors="replace")) <= MAX_BYTES
        and all(_fits(letter) for letter in text)
        and (text[0] == "_" or unicodedata.category(text[0])[0] in "LN")
        and unicodedata.is_normalized("NFC", text)
    )


def _fits(letter: str) -> bool:
    return letter in MARKS or unicodedata.category(letter) in _CATEGORIES


_CATEGORIES = ("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd")


def composed(text: str) -> str:
    """The one spelling of what Unicode can spell in several ways."""
    return unicodedata.normalize("NFC", text)


def names_of(originals: Iterable[str]) -> dict[str, str]:
    """Original -> name, for all of them together. Only what Unicode holds for the same text gets the same name.

    What is a name already stays. What is not has each stretch of other characters replaced by `_`; where that is cut,
    or is the name of another original as well, it ends in six digits of the original's SHA-256. "" where no letter
    or digit is left.
    """
    distinct = {one: composed(one) for one in originals}
    plain = {text: _plain(text) for text in set(distinct.values())}
    wanted: dict[str, set[str]] = defaultdict(set)
    for text, name in plain.items():
        wanted[name.casefold()].add(text)
    made = {
        text: name if is_name(text) or (len(wanted[name.casefold()]) == 1 and _short(name)) else _with_tail(name, text)
        for text, name in plain.items()
    }
    _check_apart(made)
    return {one: made[text] for one, text in distinct.items()}


def alike(originals: Iterable[str]) -> list[list[str]]:
    """Groups of different originals that would be one name, were they only cleaned and cut."""
    groups: dict[bytes, list[str]] = defaultdict(list)
    for text in sorted({composed(one) for one in originals}):
        groups[_plain(text).encode()[:MAX_BYTES]].append(text)
    return [group for cut, group in groups.items() if cut and len(group) > 1]


def _check_apart(made: dict[str, str]) -> None:
    """Six digits are the same by chance once in millions of pairs, or because somebody looked for it."""
    holder: dict[str, str] = {}
    for text, name in made.items():
        if name and holder.setdefault(name, text) != text:
            raise UserError(
                f"expected names that stay apart, found {holder[name][:40]!r} and {text[:40]!r} as {name!r}; rename one"
            )


def _plain(text: str) -> str:
    """Of any length; "" where nothing but marks is left."""
    if is_name(text):
        return text
    kept = "".join(letter if _fits(letter) else "\0" for letter in text)
    name = composed("_".join(part for part in kept.split("\0") if part.strip(" ")))
    name = name.lstrip(" .+-").rstrip(" .")
    while name and name[0] != "_" and unicodedata.category(name[0])[0] not in "LN":
        name = name[1:]
    return name if any(unicodedata.category(letter)[0] in "LN" for letter in name) else ""


def _short(name: str) -> bool:
    return len(name.encode()) <= MAX_BYTES


def _with_tail(name: str, text: str) -> str:
    if not name:
        return ""
    head = name.encode()[: MAX_BYTES - TAIL].decode(errors="ignore").rstrip(" .")
    return f"{head}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[: TAIL - 1]}"
