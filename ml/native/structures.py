"""C structures that Python mirrors with ctypes: their layouts are compared when a library is loaded.

A C file gets a few lines more, which export what the compiler made of each structure: its size, and where each field
lies. Python compares that with its own. A new field at the end of a structure shows by its size, unless it fits into
the padding there.
"""

import ctypes
from collections.abc import Mapping

from ml.errors import UserError

Structures = Mapping[str, type[ctypes.Structure]]  # by the C type


def exports(structures: Structures) -> str:
    """C that follows the definitions of the types."""
    lines = ["", "#include <stddef.h>"]
    for name, mirror in structures.items():
        fields = [f"offsetof({name}, {field}), sizeof((({name} *)0)->{field})" for field in _fields(mirror)]
        lines.append(f"const size_t layout_of_{name}[] = {{sizeof({name}), {', '.join(fields)}}};")
    return "\n".join(lines) + "\n"


def check(library: ctypes.CDLL, structures: Structures) -> None:
    """UserError naming the first structure that is not as Python mirrors it."""
    for name, mirror in structures.items():
        fields = _fields(mirror)
        found = list((ctypes.c_size_t * (1 + 2 * len(fields))).in_dll(library, f"layout_of_{name}"))
        places = [(getattr(mirror, field).offset, getattr(mirror, field).size) for field in fields]
        for field, mine, theirs in zip(fields, places, zip(found[1::2], found[2::2], strict=True), strict=True):
            if mine != theirs:
                raise _differs(
                    mirror, f"{name}.{field}", "{1} bytes at {0}".format(*theirs), "{1} at {0}".format(*mine)
                )
        if found[0] != ctypes.sizeof(mirror):
            raise _differs(mirror, name, f"{found[0]} bytes", f"{ctypes.sizeof(mirror)}")


def _fields(mirror: type[ctypes.Structure]) -> list[str]:
    return [field[0] for field in mirror._fields_]


def _differs(mirror: type, what: str, theirs: str, mine: str) -> UserError:
    where = f"{mirror.__module__}.{mirror.__qualname__}"
    return UserError(f"{what}: expected {theirs} as C has it, found {mine} in {where}; give both the same fields")
