"""C compilers behind ccache where that is installed: the images of the tests have most of their objects in common."""

import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from ml.files import replacing

COMPILERS = ("cc", "gcc", "c++", "g++", "clang", "clang++", "arm-none-eabi-gcc", "arm-none-eabi-g++")
# Several sources are compiled one by one. With these words a compiler does something else than that:
OTHERWISE = "-E|-S|-M*|-x*|-flto*|--version"
SCRIPT = """#!/bin/sh
sources=0
for word in "$@"; do
    case $word in
        {otherwise}) sources=0; break ;;
        *.c) sources=$((sources + 1)) ;;
    esac
done
[ $sources -lt 2 ] && exec {compiler} "$@"
exec {python} -IS {by_source} {compiler} "$@"
"""


def use(cache: Path) -> None:
    """Puts ccache before the compilers of this process and of those that it starts; what it keeps lies in `cache`."""
    ccache = shutil.which("ccache")
    if ccache is None:
        return
    folder = cache / "compilers"
    folder.mkdir(parents=True, exist_ok=True)
    for name in COMPILERS:
        found = shutil.which(name)
        if found and Path(found).parent != folder and Path(found).resolve().name != "ccache":
            _write(folder / name, _script(shlex.join([ccache, found])))
    os.environ.setdefault("CCACHE_DIR", str(cache / "ccache"))
    os.environ.setdefault("CCACHE_MAXSIZE", "1G")
    # A copy of the repository, or a project, has the same objects wherever a test puts it; at worst a debugger looks
    # for their sources beside another one.
    os.environ.setdefault("CCACHE_BASEDIR", tempfile.gettempdir())
    os.environ.setdefault("CCACHE_NOHASHDIR", "1")
    os.environ["PATH"] = os.pathsep.join(dict.fromkeys([str(folder), *os.environ["PATH"].split(os.pathsep)]))


def _script(compiler: str) -> str:
    python, by_source = shlex.quote(sys.executable), shlex.quote(str(Path(__file__).with_name("by_source.py")))
    return SCRIPT.format(otherwise=OTHERWISE, compiler=compiler, python=python, by_source=by_source)


def _write(script: Path, text: str) -> None:
    """As a whole: other workers write the same, and may run it meanwhile."""
    with replacing(script) as made:
        made.write_text(text)
        made.chmod(0o755)
