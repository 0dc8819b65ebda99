"""Measures the cost of a model and caches it by content: headers, libraries, compiler, tools."""

import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import unicorn

from ml.errors import UserError
from ml.files import write_json
from ml.kept import made_once
from ml.paths import CACHE, ROOT
from ml.pipeline.cache import key
from ml.profile import image
from ml.profile.measure import whole

MEASURED = CACHE / "compare" / "measured"
MODEL = re.compile(
    r'^static const nn_model (\w+)_model = \{\s*"[^"\n]*",.*\n\s*"([0-9a-f]*)",.*\n\s*"([0-9a-f]*)"', re.MULTILINE
)
TOOLS = tuple(ROOT / name for name in ("ml/profile", "ml/compare/measure.py", "ml/compare/firmware.py"))
SOURCES = (".c", ".cpp", ".h", ".hpp", ".ini", ".json", ".ld", ".py", ".s", ".S")


@dataclass(frozen=True)
class Cost:
    """Of one inference on the fixed input, and of a bare image around the model; bytes."""

    instructions: int
    cycles: int  # estimate
    ram: int
    flash: int
    agrees: bool  # the output has the check CRC of the header


def identity(header: str) -> tuple[str, str, str]:
    """C name of a generated header's model, hash of its `.tflite`, hash of its data."""
    found = MODEL.search(header)
    if not found:
        raise UserError("expected a compiled model in the header, found no nn_model; compile it again")
    return found[1], found[2], found[3]


def cost(header: Path, lib: Path) -> Cost:
    """Builds the header with the kernels of that `lib` for a Cortex-M4F and runs it on the emulated one."""
    text = header.read_text(errors="replace")
    name = identity(text)[0]
    # Without the figures at its top, which cost nothing.
    inputs = {
        "header": text[text.find("#ifndef") :],
        "lib": content([lib / "nn", *lib.glob("*/include")]),
        "compiler": image.compiler(),
    }
    return Cost(**remembered("cost", inputs, lambda: asdict(_measure(text, name, lib))))


def _measure(text: str, name: str, lib: Path) -> Cost:
    with tempfile.TemporaryDirectory() as scratch:
        header = Path(scratch) / f"{name}_model.h"
        header.write_text(text)
        made = image.build(header, name, Path(scratch), lib=lib.resolve())
        try:
            count, agrees = whole(made.path)
        except unicorn.UcError as error:  # pyright: ignore[reportPrivateImportUsage]  re-exported by `import *`
            raise UserError(f"{name}: expected one inference to end, found on the emulated board: {error}") from None
    return Cost(count.instructions, count.cycles, made.ram, made.flash, agrees)


def remembered(kind: str, inputs: dict, measure: Callable[[], dict]) -> dict:
    """What was measured of equal inputs by the same tools, now or before."""
    folder = MEASURED / f"{kind}-{key(inputs, TOOLS)}"
    made_once(folder, lambda scratch: write_json(scratch / "measured.json", measure()))
    return json.loads((folder / "measured.json").read_text())


def content(places: Iterable[Path]) -> str:
    """A hash of sources, by their names below each place and what is in them."""
    digest = hashlib.sha256()
    for place in sorted(places):
        found = sorted(each for each in place.rglob("*") if each.suffix in SOURCES) if place.is_dir() else [place]
        for file in found:
            digest.update(f"{place.name}/{file.relative_to(place)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()
