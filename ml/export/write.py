"""From a model to a folder: written whole or not at all, and not before its self-check has passed on this computer."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from ml.errors import UserError
from ml.export.layouts import Target, library
from ml.export.model import Model
from ml.kept import made_once, refuse_others, remade
from ml.native.build import compiler
from ml.paths import CACHE

WHO = "`python -m ml export`"
BORN = (1980, 1, 1, 0, 0, 0)  # of every file in a zip: the same model gives the same bytes
TIMEOUT_S = 120  # of the self-check, which takes a second


def write(model: Model, target: Target, out: Path, arena: str | None = None) -> list[str]:
    """Fills `out`; what is in it, by place. For the Arduino IDE that is a folder and the same as a zip."""
    refuse_others(out.resolve(), WHO)
    files = library(model, target, arena)
    source = _source(model, files, arena)
    made_once(CACHE / "exported" / _key(source), lambda _: _check(model, source))
    if target.zipped:
        files = {f"{model.name}/{place}": text for place, text in files.items()}

    def make(folder: Path) -> None:
        for place, text in files.items():
            _put(folder / place, text)
        if target.zipped:
            _zip(folder / f"{model.name}.zip", files)

    remade(out, make, WHO)
    return sorted([*files, *([f"{model.name}.zip"] if target.zipped else [])])


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def _zip(path: Path, files: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for place in sorted(files):
            entry = zipfile.ZipInfo(place, BORN)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[place].encode())


def _source(model: Model, files: dict[str, str], arena: str | None) -> dict[str, str]:
    """The library's sources, and a program that runs its self-check: the same for every target."""
    lent = f"uint32_t {arena}[{model.name.upper()}_ARENA_WORDS];\n" if arena else ""
    begun = f"{model.name}_init(0) && " if model.kind.pipeline else ""
    main = f'#include "{model.name}.h"\n{lent}int main(void) {{ return {begun}{model.name}_self_test() ? 0 : 1; }}\n'
    return {place: text for place, text in files.items() if place.startswith("src/")} | {"main.c": main}


def _key(source: dict[str, str]) -> str:
    """What passed before on this computer, byte for byte and with this compiler, need not be checked again."""
    with_ = Path(shutil.which(compiler()) or compiler()).resolve()
    built = [str(with_), with_.stat().st_mtime_ns] if with_.exists() else [str(with_)]
    return hashlib.sha256(json.dumps([built, sorted(source.items())]).encode()).hexdigest()[:24]


def _check(model: Model, source: dict[str, str]) -> None:
    """Compiles the library for this computer and runs its self-check, in a process of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for place, text in source.items():
            _put(folder / place, text)
        units = [str(folder / place) for place in sorted(source) if place.endswith(".c")]
        program = folder / "check"
        command = [compiler(), "-std=c99", "-O0", "-I", str(folder / "src"), *units]
        built = subprocess.run([*command, "-lm", "-o", str(program)], capture_output=True, text=True, check=False)
        if built.returncode:
            told = next((line for line in built.stderr.splitlines() if "error" in line), "no message")
            raise UserError(f"{model.where}: expected C that compiles, found: {told}; compile the model again")
        _run(model, program)


def _run(model: Model, program: Path) -> None:
    try:
        status = subprocess.run([program], capture_output=True, timeout=TIMEOUT_S, check=False).returncode
    except subprocess.TimeoutExpired:
        status = None
    if status != 0:
        found = "another" if status == 1 else "none" if status is None else "a crash"
        raise UserError(
            f"{model.where}: expected the output with the CRC-32 0x{model.check} from the self-check, found {found}; "
            "compile the model again"
        )
