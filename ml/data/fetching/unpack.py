"""Unpacks archives from anywhere: files and folders only, nothing outside the folder, nothing twice, and no more bytes
than agreed, counted as they come and not as the archive says."""

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from ml.errors import UserError
from ml.files import inside

BLOCK = 1 << 18
MAX_MEMBERS = 1_000_000
MAX_NAME = 400  # characters of a path
MAX_HEADER = 1 << 20  # bytes of a tar's extended header
EXTENDED = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)
Member = tuple[str, Callable[[], IO[bytes]] | None]  # path as the archive has it; None: a folder


def unpack(
    archive: Path, folder: Path, kind: str, most: int, progress: Callable[[int], None] = lambda done: None
) -> int:
    """Unpacks a "zip" or "tar" into `folder`, which is new; returns the number of files. `most`: bytes altogether."""
    members = _zip(archive) if kind == "zip" else _tar(archive, most)
    try:
        return _write(members, archive, folder, most, progress)
    except BROKEN as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise  # the disk, and not the archive
        raise UserError(
            f"{archive.name}: expected a {kind} archive, cannot unpack it ({' '.join(str(error).split())[:120]})"
        ) from None


def _write(members: Iterator[Member], archive: Path, folder: Path, most: int, progress: Callable[[int], None]) -> int:
    files = done = 0
    for count, (name, open_) in enumerate(members, 1):
        if count > MAX_MEMBERS:
            raise UserError(f"{archive.name}: expected at most {MAX_MEMBERS} files, found more")
        path = _place(folder, name, archive)
        if open_ is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise UserError(f"{archive.name}: expected each file once, found {name[:80]!r} twice")
        with open_() as source, path.open("xb") as target:
            while block := source.read(BLOCK):
                done += len(block)
                if done > most:
                    raise UserError(f"{archive.name}: expected at most {most} bytes unpacked, found more: a bomb?")
                target.write(block)
                progress(done)
        files += 1
    return files


def _place(folder: Path, name: str, archive: Path) -> Path:
    """The member's path; UserError where it would lie outside the folder. Of an archive that is no accident: `..` is
    refused wherever it leads."""
    parts = PurePosixPath(name).parts
    if ".." in parts or any(":" in part for part in parts[:1]) or len(name) > MAX_NAME:
        raise UserError(f"{archive.name}: expected files inside its folder, found {name[:80]!r}; do not use it")
    return inside(folder, name, archive.name) if parts else folder


def _refuse(archive: Path, name: str, what: str) -> UserError:
    return UserError(f"{archive.name}: expected files and folders only, found {what} {name[:80]!r}; do not use it")


def _zip(archive: Path) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as file:
        for member in file.infolist():
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refuse(archive, member.filename, "a link or device")
            if member.flag_bits & 1:
                raise _refuse(archive, member.filename, "the encrypted")
            yield member.filename, None if member.is_dir() else lambda member=member: file.open(member)


class _TarInfo(tarfile.TarInfo):
    """Extended headers are read into memory whole: only short ones are believed."""

    @classmethod
    def frombuf(cls, *arguments, **keywords):
        made = super().frombuf(*arguments, **keywords)
        if made.type in EXTENDED and made.size > MAX_HEADER:
            raise tarfile.ReadError(f"an extended header of {made.size} bytes")
        return made


def _tar(archive: Path, most: int) -> Iterator[Member]:
    with (  # of a stream tarfile calls `read` alone
        _plain(archive) as plain,
        tarfile.open(fileobj=cast(BinaryIO, _Limited(plain, archive, most)), mode="r|", tarinfo=_TarInfo) as tar,
    ):
        for member in tar:
            if member.isdir():
                yield member.name, None
            elif member.isreg() and not member.issparse():
                yield member.name, lambda member=member: cast(IO[bytes], tar.extractfile(member))
            else:
                raise _refuse(archive, member.name, "a link or device")


def _plain(archive: Path) -> BinaryIO:
    """The tar's bytes, whatever they are compressed with."""
    with archive.open("rb") as file:
        head = file.read(6)
    openers = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
    found = next((opener for magic, opener in openers.items() if head.startswith(magic)), None)
    return found(archive, "rb") if found else archive.open("rb")


class _Limited:
    """No more bytes than `most` and what a tar's headers may take come out of a compressed stream."""

    def __init__(self, file: BinaryIO, archive: Path, most: int) -> None:
        self._file, self._archive, self._left = file, archive, 2 * most + (64 << 20)

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise UserError(f"{self._archive.name}: expected a smaller archive, found no end of it: a bomb?")
        return data
