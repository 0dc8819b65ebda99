"""A C compiler that is given several sources: each is compiled by itself, as ccache keeps what comes of single ones.

python tests/by_source.py ccache gcc -O1 a.c b.c nn.a -lm -o program      # what tests/compiler_cache.py calls
"""

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


def main(compiler: list[str], words: list[str]) -> int:
    """The status of the first command that fails."""
    flags = compiling(words)
    if {"-c", "-fsyntax-only"} & set(words):
        return next(filter(None, (subprocess.call([*compiler, *flags, words[at]]) for at in sources(words))), 0)
    with tempfile.TemporaryDirectory() as scratch:
        for number, at in enumerate(sources(words)):
            made = str(Path(scratch, f"{number}.o"))
            status = subprocess.call([*compiler, *flags, "-c", words[at], "-o", made])
            if status:
                return status
            words[at] = made
        return subprocess.call([*compiler, *words])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:3], sys.argv[3:]))
