"""A C compiler that is given several sources: each is compiled by itself, as ccache keeps what comes of single ones.

python tests/by_source.py ccache gcc -O1 a.c b.c nn.a -lm -o program      # what tests/compiler_cache.py calls
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

VALUED = frozenset(("-o", "-x", "-I", "-D", "-U", "-include", "-imacros", "-isystem", "-iquote", "-T", "-Xlinker"))
LINKED = ("-Wl,", "-l", "-L", "-shared", "-nostartfiles")  # flags that a compiler is not to be told


def sources(words: list[str]) -> list[int]:
    """Where the sources are in a command line."""
    before = ["", *words]
    return [at for at, word in enumerate(words) if word.endswith(".c") and before[at] not in VALUED]


def compiling(words: list[str]) -> list[str]:
    """The flags of a command line that a single source is compiled with."""
    found, rest = [], iter(words)
    for word in rest:
        if word in VALUED:
            value = next(rest, "")
            found += [] if word in ("-o", "-T", "-Xlinker") else [word, value]
        elif word.startswith("-") and not word.startswith(LINKED):
            found.append(word)
    return found


def beside(source: str, flags: list[str]) -> Path | None:
    """Where to compile it: beside it, so that ccache, to which paths are relative, finds a copy elsewhere again; None,
    here, where something is named from here."""
    includes = [
        word.removeprefix("-I") for before, word in zip(["", *flags], flags, strict=False) if named(before, word)
    ]
    return Path(source).parent if all(map(os.path.isabs, [source, *includes])) else None


def named(before: str, word: str) -> bool:
    """Whether a word is, or has in it, a folder of headers."""
    return before in ("-I", "-isystem", "-iquote") or (word.startswith("-I") and word != "-I")


def main(compiler: list[str], words: list[str]) -> int:
    """The status of the first command that fails."""
    flags, linked = compiling(words), not {"-c", "-fsyntax-only"} & set(words)
    with tempfile.TemporaryDirectory() as scratch:
        for number, at in enumerate(sources(words)):
            made = str(Path(scratch, f"{number}.o"))
            more = ["-c", "-o", made] if linked else []
            where = beside(words[at], flags) if linked or "-c" not in words else None
            status = subprocess.call([*compiler, *flags, *more, words[at]], cwd=where)
            if status:
                return status
            words[at] = made if linked else words[at]
        return subprocess.call([*compiler, *words]) if linked else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:3], sys.argv[3:]))
