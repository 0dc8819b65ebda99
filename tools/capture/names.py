"""Names that end up in paths, manifests and C: labels, subjects, sessions."""

from ml.data.rows import NAME
from ml.errors import UserError

# Windows opens a device for these, whatever follows the first point.
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))})


def checked(kind: str, name: str) -> str:
    """The name itself where every system can have a folder of that name and every manifest a label."""
    if not NAME.fullmatch(name) or name[-1] in ". " or name.split(".", maxsplit=1)[0].strip().lower() in RESERVED:
        raise UserError(
            f"expected a {kind} of 1 to 31 letters, digits, _ . + - and spaces, first a letter, digit or _, "
            f"last no point or space, found {name[:40]!r}; choose another"
        )
    return name
