"""From a model to a folder: written whole or not at all, and not before its self-check has passed on this computer."""

from __future__ import annotations

import subprocess
import tempfile
import zipfile
from pathlib import Path

from ml.errors import UserError
from ml.export.layouts import Target, library
from ml.export.model import Model
from ml.kept import refuse_others, remade
from ml.native.build import compiler

WHO = "`python -m ml export`"
BORN = (1980, 1, 1, 0, 0, 0)  # of every file in a zip: the same model gives the same bytes
TIMEOUT_S = 120  # of the self-check, which takes a second


def write(model: Model, target: Target, out: Path, arena: str | None = None) -> list[str]:
    """Fills `out`; what is in it, by place. For the Arduino IDE that is a folder and the same as a zip."""
    refuse_others(out.resolve(), WHO)
    files = library(model, target, arena)
    _check(model, files, arena)
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


def _check(model: Model, files: dict[str, str], arena: str | None) -> None:
    """Compiles the library for this computer and runs its self-check, in a process of its own."""
    lent = f"uint32_t {arena}[{model.name.upper()}_ARENA_WORDS];\n" if arena else ""
    begun = f"{model.name}_init(0) && " if model.kind.pipeline else ""
    main = f'#include "{model.name}.h"\n{lent}int main(void) {{ return {begun}{model.name}_self_test() ? 0 : 1; }}\n'
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for place, text in files.items():
            if place.startswith("src/"):
                _put(folder / place, text)
        _put(folder / "main.c", main)
        units = [str(folder / place) for place in sorted(files) if place.startswith("src/") and place.endswith(".c")]
        program = folder / "check"
        command = [compiler(), "-std=c99", "-O0", "-I", str(folder / "src"), *units, str(folder / "main.c")]
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
