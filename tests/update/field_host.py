"""Builds programs that run lib/field on this computer, under AddressSanitizer and UndefinedBehaviorSanitizer."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ml.native.build import FLAGS as STRICT
from ml.native.build import INCLUDES, archive
from ml.paths import CACHE, ROOT
from ml.update.package import Update
from tests.image.fuzz import FFT, FLAGS, IMAGE
from tests.update import signing
from tests.update.monocypher_files import folder as monocypher

HERE = Path(__file__).parent
APP = "vibration_anomaly"  # the smallest image
PARTS = ("update", "field")


def program(name: str, folder: Path, sabotage: tuple[str, str] | None = None, *, firmware: bool = False) -> Path:
    """`name`.c with lib/field, with one text of lib/field or lib/update replaced by another.

    firmware: of a board with a boot stage.
    """
    kernels = archive("nn-sanitized", sorted((ROOT / "lib/nn/src").rglob("*.c")), flags=FLAGS)
    options = {"includes": [IMAGE / "include"], "flags": FLAGS}
    image = archive("image-sanitized", [*sorted((IMAGE / "src").glob("*.c")), *sorted(FFT.glob("fft*.c"))], **options)
    sources = sabotaged(folder, sabotage)
    own = [
        str(HERE / f"{one}.c")
        for one in (name, "field_host", "mutate", "nor", *(["firmware_host"] if firmware else []))
    ] + [str(ROOT / "lib/link/src/cbor.c")]
    includes = [f"-I{place}" for place in (*sorted(ROOT.glob("lib/*/include")), *INCLUDES, HERE)]
    includes += [f"-I{ROOT / 'lib' / part / 'src'}" for part in PARTS]
    defines = [
        f"-DFIELD_FIRMWARE={int(firmware)}",
        "-DFIELD_UPDATES=1",
        "-DLINK_MAX_PAYLOAD=896",
        f'-DFIELD_APP="{APP}"',
        f"-isystem{monocypher(CACHE)}",
    ]
    defines += [
        f'-DUPDATE_KEYS_HEADER="{signing.header()}"',
        "-DUPDATE_MAX_BLOCKS=512",
        "-DIMAGE_MAX_KERNELS=64",
    ]
    made = folder / name
    code = [*own, *map(str, sources), str(image), str(kernels)]
    command = ["gcc", *STRICT, *FLAGS, "-Wno-conversion", "-Wno-unused-function", *includes, *defines, *code]
    subprocess.run([*command, "-o", str(made)], check=True)
    return made


def sabotaged(folder: Path, sabotage: tuple[str, str] | None) -> list[Path]:
    """The sources of both libraries, copied where one of them is to be wrong."""
    sources = [path for part in PARTS for path in sorted((ROOT / "lib" / part / "src").glob("*.c"))]
    if not sabotage:
        return sources
    wrong = [path for path in sources if sabotage[0] in path.read_text()]
    assert len(wrong) == 1, "the source has changed"
    copy = folder / wrong[0].name
    copy.write_text(wrong[0].read_text().replace(*sabotage))
    return [copy if path == wrong[0] else path for path in sources]


def written(update: Update, path: Path) -> Path:
    """The update's file."""
    update.write(path)
    return path
