"""C compilers behind ccache where that is installed: the images of the tests have most of their objects in common."""

import os
import shlex
import shutil
from pathlib import Path

COMPILERS = ("cc", "gcc", "c++", "g++", "arm-none-eabi-gcc", "arm-none-eabi-g++")


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
            _write(folder / name, f'#!/bin/sh\nexec {shlex.quote(ccache)} {shlex.quote(found)} "$@"\n')
    os.environ.setdefault("CCACHE_DIR", str(cache / "ccache"))
    os.environ.setdefault("CCACHE_MAXSIZE", "1G")
    os.environ["PATH"] = os.pathsep.join(dict.fromkeys([str(folder), *os.environ["PATH"].split(os.pathsep)]))


def _write(script: Path, text: str) -> None:
    """As a whole: other workers write the same, and may run it meanwhile."""
    made = script.with_name(f"{script.name}.{os.getpid()}")
    made.write_text(text)
    made.chmod(0o755)
    made.replace(script)
