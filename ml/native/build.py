"""Builds a shared library from C sources, cached by content.

library = load("imu", [ROOT / "lib/frontend/src/imu.c"])   # ctypes.CDLL
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ml.errors import UserError
from ml.paths import ROOT

CACHE = ROOT / ".cache" / "native"
INCLUDES = [ROOT / "lib" / name / "include" for name in ("board", "link", "frontend", "nn", "decide", "service")]
FLAGS = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror"]


def compiler() -> str:
    """The C compiler: $CC, or the first of cc, gcc, clang that is there."""
    for candidate in (os.environ.get("CC"), "cc", "gcc", "clang"):
        if candidate and shutil.which(candidate):
            return candidate
    raise UserError("expected a C compiler (cc, gcc or clang), found none; install one, or name it in $CC")


def build(name: str, sources: list[Path], *, includes: list[Path] = (), flags: list[str] = ()) -> Path:
    """Compiles C sources to a shared library and returns its path; does nothing when the same was built before.

    Headers count too: every .h below the include folders is part of the cache key.
    """
    folders = [*INCLUDES, *includes]
    command = [compiler(), *FLAGS, *flags, "-shared", "-fPIC", *(f"-I{folder}" for folder in folders)]
    key = hashlib.sha256("\0".join(command).encode())
    headers = sorted({header for folder in folders for header in folder.rglob("*.h")})
    for path in (*sources, *headers):
        key.update(path.read_bytes())
    suffix = {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")
    target = CACHE / f"{name}-{key.hexdigest()[:16]}{suffix}"
    if target.exists():
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        made = Path(scratch) / target.name
        result = subprocess.run(
            [*command, "-o", str(made), *map(str, sources)], capture_output=True, text=True, check=False
        )
        if result.returncode != 0:
            raise UserError(f"{name}: the C compiler refused it: {result.stderr.strip().splitlines()[0]}")
        made.replace(target)  # atomic: another process may build the same
    return target


def load(name: str, sources: list[Path], **options) -> ctypes.CDLL:
    """Builds (see `build`) and loads; arguments as `build`."""
    return ctypes.CDLL(str(build(name, sources, **options)))
