"""Fetches the verifier of signatures, Monocypher, once: its two files are part of the source package of pymonocypher.

PlatformIO runs this file as the script of lib/update; tests and tools call `folder()`. The package is pinned by its
hash, and so are both files. Nothing else of it is unpacked.
"""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "4.0.3.4"
PACKAGE = f"pymonocypher-{VERSION}"
ARCHIVE_HASH = "5e56e3d3eb770a53e0b9f6274146663c11a11f3d0de5cd48e3be0428d1b07a4a"  # SHA-256, as those below
FILES = {
    "monocypher.c": "57eb914fc88136119bd41655cccb8c250048bf54d470540625186f8ab16f64be",
    "monocypher.h": "c494da712122da7ff679fdcf318a5317e84972b6c950fe9d896212947797facd",
}
LARGEST = 1 << 20  # bytes of a file
PATIENCE_S = 120


class FetchError(Exception):
    """One line, for people."""


def folder(cache: Path) -> Path:
    """The folder with both files, below the project's `cache`; only the first call needs a network."""
    place = cache / f"monocypher-{VERSION}"
    if not _is_right(place):
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            _unpack(_downloaded(Path(scratch)), Path(scratch) / "files")
            place.mkdir(exist_ok=True)
            for name in FILES:
                (Path(scratch) / "files" / name).replace(place / name)
    return place


def _is_right(place: Path) -> bool:
    return all((place / name).is_file() and _hash((place / name).read_bytes()) == FILES[name] for name in FILES)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _downloaded(scratch: Path) -> Path:
    wanted = scratch / "wanted.txt"
    wanted.write_text(f"pymonocypher=={VERSION} --hash=sha256:{ARCHIVE_HASH}\n")
    command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--require-hashes"]
    command += ["--no-deps", "--no-build-isolation", "--no-binary", ":all:", "-d", str(scratch), "-r", str(wanted)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise FetchError(_missing(f"no answer within {PATIENCE_S} s")) from None
    archive = scratch / f"{PACKAGE}.tar.gz"
    if not archive.is_file():
        raise FetchError(_missing((done.stderr.strip().splitlines() or ["nothing"])[-1]))
    if _hash(archive.read_bytes()) != ARCHIVE_HASH:
        raise FetchError(_missing("another package under its name"))
    return archive


def _unpack(archive: Path, place: Path) -> None:
    place.mkdir()
    with tarfile.open(archive) as packed:
        for name, wanted in FILES.items():
            member = packed.getmember(f"{PACKAGE}/{name}")
            if not member.isfile() or member.size > LARGEST:
                raise FetchError(_missing(f"no file {name} in it"))
            file = packed.extractfile(member)
            data = file.read() if file else b""
            if _hash(data) != wanted:
                raise FetchError(_missing(f"another {name} in it"))
            (place / name).write_bytes(data)


def _missing(found: str) -> str:
    return (
        f"expected {PACKAGE}.tar.gz of PyPI for the signatures of updates, found: {found}; connect to a network once, "
        "or build without -D FIELD_UPDATES=1"
    )


def _in_platformio(env) -> None:
    cache = os.environ.get("THIMBLE_CACHE") or Path(env.subst("$PROJECT_DIR")) / ".cache"
    try:
        place = folder(Path(cache))
    except FetchError as error:
        sys.stderr.write(f"Error: {error}\n")
        env.Exit(1)
        raise AssertionError from error
    env.Append(CCFLAGS=["-isystem", str(place)])


if "Import" in globals():  # SCons runs this file
    Import("env")  # noqa: F821 # pyright: ignore[reportUndefinedVariable]
    _in_platformio(env)  # noqa: F821 # pyright: ignore[reportUndefinedVariable]
