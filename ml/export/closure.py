"""Which of lib's sources a piece of C needs: found in their text, the same on every machine and for every processor.

A source is needed when a file that is needed names one of its functions, whatever #if stands around the name: kernels
choose by the processor, which is not known here. Headers are needed where they are included.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from ml.errors import UserError
from ml.paths import ROOT

PARTS = ("nn", "frontend", "decide", "spotter", "anomaly")  # of lib, the ones that ask for no board
_INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_FUNCTION = re.compile(
    r"^(?!(?:\w+ )*static\b|else\b|[A-Z_]+ \w+\()[A-Za-z_][\w \t\n*]*?\b(\w+)\([^;{}]*\)\s*\{", re.MULTILINE
)
_TEMPLATE = re.compile(
    r"^(?!static\b)\w[\w *]*\bNN_\w+\((\w+)\)\([^;{}]*\)\s*\{", re.MULTILINE
)  # NN_MEAN(nn_mean)(...)
_SUFFIX = re.compile(r"^#define NN_\w+\(name\) name(?:##(\w+))?$", re.MULTILINE)
_OBJECT = re.compile(r"^const \w+ (\w+)(?:\[\w*\])? = ", re.MULTILINE)
_NAME = re.compile(r"\b[A-Za-z_]\w*\b")


@dataclass(frozen=True)
class Source:
    """A file of lib and where an export puts it, as in `nn/dsp/dot.c`."""

    path: Path
    place: str

    @functools.cached_property
    def text(self) -> str:
        return self.path.read_text()

    @functools.cached_property
    def code(self) -> str:
        """Without comments and what is in quotes, but with its #include lines."""
        return _STRING.sub('""', _COMMENT.sub("", self.text))

    @functools.cached_property
    def includes(self) -> list[str]:
        """The files that it includes by name, resolved where they are relative, as places."""
        return [self.resolve(name) for name in _INCLUDE.findall(self.text)]

    def resolve(self, name: str) -> str:
        """What an #include of it means, as a place: a file beside it, or one of a part's public headers."""
        beside = os.path.normpath(Path(self.place).parent / name).replace(os.sep, "/")
        return beside if beside in library() else name

    @functools.cached_property
    def defines(self) -> frozenset[str]:
        """Its functions and constants that others may name, those of included templates among them."""
        private = "".join(library()[place].code for place in self.includes if place in library())
        suffixes = _SUFFIX.findall(self.code)
        made = {base + suffix for base in _TEMPLATE.findall(private) for suffix in suffixes}
        return frozenset(_FUNCTION.findall(self.code)) | frozenset(_OBJECT.findall(self.code)) | made


@functools.cache
def library() -> dict[str, Source]:
    """Every file of the parts, by place."""
    found = [
        Source(path, f"{part}/{path.relative_to(root).as_posix()}")
        for part in PARTS
        for root in (ROOT / "lib" / part / "include" / part, ROOT / "lib" / part / "src")
        for path in sorted(root.rglob("*.[ch]"))
    ]
    places = {source.place: source for source in found}
    assert len(places) == len(found), "a private header of lib has the name of a public one"
    return places


@functools.cache
def _definers() -> dict[str, str]:
    """Name of a function -> place of the source that has it."""
    return {
        name: source.place for source in library().values() if source.place.endswith(".c") for name in source.defines
    }


def needed(text: str, who: str, own: Collection[str] = ()) -> list[Source]:
    """The headers and sources that a piece of C needs, in the order of their places, but for its `own` includes; `who`
    names it in errors."""
    places: set[str] = set()
    waiting = [name for name in _INCLUDE.findall(text) if name not in own]
    waiting += _named(_STRING.sub('""', _COMMENT.sub("", text)))
    while waiting:
        place = waiting.pop()
        if place in places:
            continue
        if place not in library():
            raise UserError(
                f"{who}: expected includes of lib's {', '.join(PARTS)} only, found {place!r}; compile the model again"
            )
        places.add(place)
        source = library()[place]
        waiting += source.includes
        if place.endswith(".c") or _private(source):
            waiting += _named(source.code)
    return [library()[place] for place in sorted(places)]


def _private(source: Source) -> bool:
    """A header whose code is of the sources that include it; public ones declare what nobody may need."""
    return source.place.endswith(".h") and source.path.parent.parts[-2:] != ("include", source.place.split("/")[0])


def _named(code: str) -> list[str]:
    definers = _definers()
    return sorted({definers[name] for name in set(_NAME.findall(code)) & definers.keys()})


def names(sources: Iterable[Source]) -> list[str]:
    """Everything that they define for the linker."""
    return sorted({name for source in sources if source.place.endswith(".c") for name in source.defines})
