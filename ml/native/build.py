"""Builds a shared library from C sources, cached by content.

library = load("imu", [ROOT / "lib/frontend/src/imu.c"])   # ctypes.CDLL
"""

import contextlib
import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ml.errors import UserError
from ml.native.structures import Structures, check, exports
from ml.paths import ROOT

CACHE = ROOT / ".cache" / "native"
PARTS = ("anomaly", "board", "link", "frontend", "learn", "nn", "decide", "spotter", "health", "service")
INCLUDES = [ROOT / "lib" / part / "include" for part in PARTS]
FLAGS = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror"]


def compiler() -> str:
    """The C compiler: $CC, or the first of cc, gcc, clang that is there."""
    for candidate in (os.environ.get("CC"), "cc", "gcc", "clang"):
        if candidate and shutil.which(candidate):
            return candidate
    raise UserError("expected a C compiler (cc, gcc or clang), found none; install one, or name it in $CC")


def build(
    name: str,
    sources: Sequence[Path],
    *,
    includes: Sequence[Path] = (),
    flags: Sequence[str] = (),
    folder: Path = CACHE,
) -> Path:
    """Compiles C sources (or archives) to a shared library in `folder` and returns its path; does nothing when the same
    was built before. Headers count too: every .h below the include folders is part of the cache key.
    """
    suffix = {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")
    command = _command(includes, flags)
    target = folder / f"{name}-{_key(command, sources, includes)}{suffix}"
    if not target.exists():
        with _scratch(folder) as scratch:
            made = scratch / target.name
            _call(name, [*command, "-shared", "-o", str(made), *map(str, sources)])
            made.replace(target)  # atomic: another process may build the same
    return target


def archive(name: str, sources: Sequence[Path], *, includes: Sequence[Path] = (), flags: Sequence[str] = ()) -> Path:
    """Compiles C sources once to a static archive that `build` takes among its sources; cached likewise."""
    command = _command(includes, flags)
    target = CACHE / f"{name}-{_key(command, sources, includes)}.a"
    if not target.exists():
        with _scratch(CACHE) as scratch:
            objects = [scratch / f"{number}-{source.stem}.o" for number, source in enumerate(sources)]
            for source, made in zip(sources, objects, strict=True):
                _call(name, [*command, "-c", "-o", str(made), str(source)])
            _call(name, [os.environ.get("AR", "ar"), "rcs", str(scratch / target.name), *map(str, objects)])
            (scratch / target.name).replace(target)
    return target


def compile_program(
    name: str, source: Path, archives: list[Path], *, includes: Sequence[Path] = (), flags: Sequence[str] = ()
) -> Path:
    """Compiles an application's C++ source and links it with archives to a program; cached likewise."""
    folders = (*INCLUDES, *includes)
    command = [os.environ.get("CXX", "c++"), "-std=gnu++11", *flags, *(f"-I{folder}" for folder in folders)]
    target = CACHE / f"{name}-{_key(command, [source, *archives], includes)}"
    if not target.exists():
        with _scratch(CACHE) as scratch:
            made = scratch / target.name
            _call(name, [*command, "-o", str(made), str(source), *map(str, archives), "-lm"])
            made.replace(target)
    return target


def _command(includes: Sequence[Path], flags: Sequence[str]) -> list[str]:
    return [compiler(), *FLAGS, *flags, "-fPIC", *(f"-I{folder}" for folder in (*INCLUDES, *includes))]


def _key(command: list[str], sources: Sequence[Path], includes: Sequence[Path]) -> str:
    """16 hex digits of everything the result depends on."""
    key = hashlib.sha256("\0".join(command).encode())
    folders = {*INCLUDES, *includes, *(source.parent for source in sources if source.suffix == ".c")}
    headers = {header for folder in folders for header in folder.rglob("*.h")}
    for path in (*sources, *sorted(headers)):
        key.update(path.read_bytes())
    return key.hexdigest()[:16]


@contextlib.contextmanager
def _scratch(folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        yield Path(scratch)


def _call(name: str, command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        lines = result.stderr.strip().splitlines() or ["no message"]
        told = next((line for line in lines if "error:" in line), lines[0])
        raise UserError(f"{name}: the C compiler refused it: {told}")


def load(name: str, sources: list[Path], *, structures: Structures | None = None, **options) -> ctypes.CDLL:
    """Builds (see `build`) and loads; arguments as `build`. The `structures`, which the last C source defines or
    includes, are compared with their mirrors in Python: UserError where they differ."""
    if not structures:
        return ctypes.CDLL(str(build(name, sources, **options)))
    last = max(place for place, source in enumerate(sources) if source.suffix == ".c")
    with tempfile.TemporaryDirectory() as folder:
        extended = Path(folder) / sources[last].name
        extended.write_text(sources[last].read_text() + exports(structures))
        library = ctypes.CDLL(str(build(name, [*sources[:last], extended, *sources[last + 1 :]], **options)))
    check(library, structures)
    return library
