"""Names that end up in paths, manifests and C: labels, subjects, sessions."""

from ml.data.names import RULE, is_name
from ml.errors import UserError

# Windows opens a device for these, whatever follows the first point.
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))})


def checked(kind: str, name: str) -> str:
    """The name itself where every system can have a folder of that name and every manifest a label."""
    if not is_name(name) or name[-1] in ". " or name.split(".", maxsplit=1)[0].strip().lower() in RESERVED:
        raise UserError(f"expected a {kind} of {RULE}, last no point or space, found {name[:40]!r}; choose another")
    return name
