"""Updates of the firmware itself: a patch against the firmware that a board runs, made by detools (docs/update.md)."""

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import detools
from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from ml.errors import UserError
from ml.update.errors import UpdateError
from ml.update.keys import Keys
from ml.update.manifest import Manifest
from ml.update.numbers import BASE_ID, Kind
from ml.update.package import Update, digest
from ml.update.sign import Release

HEAD = struct.Struct("<28xII")  # program.h: vectors, then magic and size
MAGIC = 0x57464854


@dataclass(frozen=True)
class Program:
    """A firmware as it lies in the memory of a board, without its boot stage."""

    app: str
    data: bytes
    pointer: int = 4  # bytes of one


def read_program(path: Path, app: str | None = None) -> Program:
    """Of a firmware.elf that PlatformIO built in `<app>-<board>`; UserError for other files."""
    try:
        with path.open("rb") as file:
            elf = ELFFile(file)
            start = getattr(elf.get_section_by_name(".text"), "header", {}).get("sh_addr")
            segments = [(one["p_paddr"], one.data()) for one in elf.iter_segments() if one["p_type"] == "PT_LOAD"]
    except (OSError, ELFError) as error:
        raise UserError(f"{path}: expected the firmware.elf of a build, found {error}; build it first") from error
    data = _image(segments, start or 0)
    if data is None:
        raise UserError(
            f"{path}: expected firmware behind a boot stage, found other firmware; build it for a virtual board with "
            "-D FIELD_FIRMWARE=1 (boards/virtual.ini)"
        )
    return Program(app or path.resolve().parent.name.partition("-")[0], data)


def _image(segments: list[tuple[int, bytes]], start: int) -> bytes | None:
    """The bytes from `start` on, as many as the program's head states."""
    memory = bytearray()
    for at, data in sorted(segments):
        end = at + len(data)
        if end > start:
            memory += bytes(max(0, at - start - len(memory))) + data[max(0, start - at) :]
    if len(memory) < HEAD.size:
        return None
    magic, size = HEAD.unpack_from(memory)
    return bytes(memory[:size]) if magic == MAGIC and HEAD.size <= size <= len(memory) else None


def patch(base: bytes, program: bytes) -> bytes:
    """What makes `program` of `base` on a board."""
    if base == program:
        raise UpdateError("expected firmware that differs from its base, found the same; there is nothing to send")
    made, applied = io.BytesIO(), io.BytesIO()
    detools.create_patch(io.BytesIO(base), io.BytesIO(program), made, compression="heatshrink", use_mmap=False)
    detools.apply_patch(io.BytesIO(base), io.BytesIO(made.getvalue()), applied)
    assert applied.getvalue() == program, "detools made a patch that makes something else"
    return made.getvalue()


def sign_firmware(program: Program, base: Program, keys: Keys, release: Release, key: str | None = None) -> Update:
    """`key`: id in hex of the one that signs, the newest when left out. `base`: what the boards run now."""
    if program.app != base.app:
        raise UpdateError(f"expected a base of {program.app}, found {base.app}; --name says what a firmware is")
    pair, payload = keys.pair(key), patch(base.data, program.data)
    manifest = Manifest(
        product=keys.product,
        app=program.app,
        pointer=program.pointer,
        kind=Kind.FIRMWARE,
        version=release.version,
        counter=release.counter,
        digest=digest(program.data),
        size=len(program.data),
        key=pair.id,
        trial=release.trial,
        base=digest(base.data)[:BASE_ID],
        payload=len(payload),
    )
    signed = manifest.encode()
    return Update(manifest, signed, pair.sign(signed), payload)
