"""The sources of an export, the same for every target: place in the library -> text.

    src/<name>.h              what a program includes
    src/<name>/<name>.c       front end, gate, model and decision put together
    src/<name>/<name>_model.h the generated header
    src/<name>/config.h       sizes of buffers, and the names that lib's functions have in this library
    src/<name>/nn/...         lib's files, with their includes relative

lib's functions get the model's name in front of theirs, so that several such libraries fit into one program, also of
different versions.
"""

from __future__ import annotations

import os
import re
from pathlib import PurePosixPath

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ml.errors import UserError
from ml.export import closure
from ml.export.closure import Source
from ml.export.model import Model
from ml.export.sizes import sizes
from ml.paths import ROOT

GENERATED = "// Made by `python -m ml export`. Do not edit: export the model again."
_INCLUDE = re.compile(r'^(#include ")([^"]+)(")', re.MULTILINE)
_ARENA = re.compile(r"^static int8_t (\w+)_arena\[(\d+) \+ NN_GUARD\] NN_ALIGNED;$", re.MULTILINE)


def sources(model: Model, arena: str | None) -> dict[str, str]:
    """`arena` is the name of memory that the program lends; None: the library has its own."""
    program = render(f"{model.name}.c", "pipeline.c.j2", model, arena)
    header = _lent(model, arena) if arena else model.text
    needed = closure.needed(program.replace(f'#include "{model.name}_model.h"', "") + header, model.where, _own(model))
    folder = f"src/{model.name}"
    files = {
        f"src/{model.name}.h": render(f"{model.name}.h", "api.h.j2", model, arena),
        f"{folder}/{model.name}.c": program,
        f"{folder}/{model.name}_model.h": header,
        f"{folder}/config.h": _config(model, needed),
    }
    return files | {f"{folder}/{source.place}": _placed(source) for source in needed}


def _own(model: Model) -> tuple[str, ...]:
    """Files that the program includes and that are made here."""
    return ("config.h", f"../{model.name}.h")


def render(what: str, template: str, model: Model, arena: str | None = None, **more) -> str:
    """A template, filled; `what` is the name of the file that it makes."""
    jinja = Environment(
        loader=FileSystemLoader(ROOT / "ml" / "export" / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    words = {"name": model.name, "NAME": model.name.upper(), "model": model, "kind": model.kind, "arena": arena}
    return jinja.get_template(template).render(**words, generated=GENERATED, file=what, **more).rstrip("\n") + "\n"


def _lent(model: Model, arena: str) -> str:
    """The header with an arena of the program's instead of its own."""
    text, count = _ARENA.subn(
        lambda found: (
            f"extern uint32_t {arena}[]; // of the program, {found[2]} bytes or more\n"
            f"#define {found[1]}_arena ((int8_t *){arena})"
        ),
        model.text,
    )
    if count != 1:
        raise UserError(f"{model.where}: expected the declaration of its arena, found {count}; compile the model again")
    return text


def _config(model: Model, needed: list[Source]) -> str:
    prefix, guard = model.name, f"{model.name.upper()}_CONFIG_H"
    given = "".join(f"#define {name} {value}\n" for name, value in sizes(model).items())
    renamed = "".join(f"#define {name} {prefix}_{name}\n" for name in closure.names(needed))
    return (
        f"{GENERATED}\n#ifndef {guard}\n#define {guard}\n\n"
        + (f"// Sizes of buffers, as the model needs them.\n{given}\n" if given else "")
        + f"// The functions are this library's own.\n{renamed}\n#endif\n"
    )


def _placed(source: Source) -> str:
    """Its text where it lies now: includes relative to it, and the configuration first."""
    at = PurePosixPath(source.place).parent

    def relative(found: re.Match) -> str:
        place = source.resolve(found[2])
        return f"{found[1]}{os.path.relpath(place, at).replace(os.sep, '/')}{found[3]}"

    text = _INCLUDE.sub(relative, source.text)
    if source.place.endswith(".h"):
        return text
    return f'#include "{os.path.relpath("config.h", at).replace(os.sep, "/")}"\n{text}'
