"""Names that end up in paths, manifests and C: labels, subjects, sessions, columns."""

import re

from ml.data.names import RULE, is_name
from ml.errors import UserError

# Windows opens a device for these, whatever follows the first point.
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))})


def checked(kind: str, name: str) -> str:
    """The name itself where every system can have a folder of that name and every manifest a label."""
    if not is_name(name) or name[-1] in ". " or name.split(".", maxsplit=1)[0].strip().lower() in RESERVED:
        raise UserError(f"expected a {kind} of {RULE}, last no point or space, found {name[:40]!r}; choose another")
    return name


def columns(names: list[str]) -> list[str]:
    """A board's names of channels as names of a CSV file's columns: without what its readers trip over, each once."""
    made: list[str] = []
    for number, name in enumerate(names):
        plain = re.sub(r"[^\w.+-]", "_", name)[:31] or "ch"
        made.append(plain if plain not in ("timestamp_us", *made) else f"{plain}_{number}")
    return made
