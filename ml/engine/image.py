"""A model on TensorFlow Lite Micro as a bare-metal Cortex-M image, to be counted beside the compiled one's.

The interpreter and its kernels are compiled from the user's checkout with the optimisation levels of its Makefile
(-Os, kernels -O2), as for a release. The image differs from ml/profile's in this alone: its start-up code calls
constructors.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ml.engine.checkout import C_FLAGS, CORE, CXX_FLAGS, FLAGS, KERNEL, Checkout
from ml.errors import UserError
from ml.kept import kept_files, made_once
from ml.paths import CACHE, ROOT
from ml.profile import image
from ml.profile.image import CPUS, LINK, MAIN, SCRIPT, STARTUP, Image
from ml.progress import track

CXX = "arm-none-eabi-g++"
CPU = "cortex-m4"
CONSTRUCTORS = "    for (void (*const *each)(void) = init_start; each < init_end;) (*each++)();\n"
DECLARED = "int main(void);\nextern void (*const init_start[])(void), (*const init_end[])(void);"
PLACE = ". = ALIGN(4); init_start = .; KEEP(*(SORT(.init_array.*) .init_array)) init_end = .; }"
Work = tuple[Path, tuple[str, ...]]  # a source and its flags


def build(model: Path, name: str, checkout: Checkout, folder: Path) -> Image:
    """Of the sources that `ml compile --engine tflm` left in `model`; the image is `<folder>/<name>.elf`."""
    library = interpreter(checkout)
    folder.mkdir(parents=True, exist_ok=True)
    startup = STARTUP.replace("int main(void);", DECLARED).replace("    leave(", f"{CONSTRUCTORS}    leave(")
    texts = {"main.c": MAIN.format(name=name), "startup.c": startup}
    for file, text in texts.items():
        (folder / file).write_text(text)
    (folder / "image.ld").write_text(SCRIPT.replace(". = ALIGN(4); }", PLACE, 1))
    own = ("-O2", f"-I{model}", f"-I{ROOT / 'lib/engine_tflm/include'}", f"-I{ROOT / 'lib/nn/include'}")
    own += ("-DNN_RUN_BY_ENGINE=1",)
    sources = [*(folder / file for file in texts), ROOT / "lib/nn/src/model.c", ROOT / "lib/nn/src/stream.c"]
    sources += [*sorted(model.glob("*.cc")), ROOT / "lib/engine_tflm/src/engine.cpp"]
    sources.append(ROOT / "platforms/virtual/mps2/cxx.cpp")
    objects = _compiled(((source, own) for source in sources), checkout, folder / "objects")
    path = folder / f"{name}.elf"
    script = ("-T", str(folder / "image.ld"))
    archive = ("-Wl,--start-group", *map(str, library), "-lm", "-Wl,--end-group")
    _call(image.COMPILER, [*CPUS[CPU], *map(str, objects), *archive, *LINK, *script, "-o", str(path)])
    return Image(path, *image._sizes(path))


def interpreter(checkout: Checkout) -> list[Path]:
    """The archive of the checkout, compiled once and found again by its content."""
    work = [*((path, (CORE,)) for path in checkout.core), *((path, (KERNEL,)) for path in checkout.kernel_sources)]
    key = hashlib.sha256("\0".join([image.compiler(), *CPUS[CPU], *FLAGS, *checkout.defines]).encode())
    for path in sorted({*(path for path, _ in work), *checkout.headers}):
        key.update(f"\0{path.relative_to(checkout.root)}\0".encode() + path.read_bytes())

    def make(scratch: Path) -> None:
        objects = _compiled(work, checkout, scratch, f"TensorFlow Lite Micro, {checkout.kernels}")
        _call("arm-none-eabi-gcc-ar", ["rcs", str(scratch / "libtflm.a"), *map(str, objects)])
        for path in objects:
            path.unlink()

    folder = CACHE / "native" / f"tflm-{CPU}-{key.hexdigest()[:16]}"
    made_once(folder, make)
    return kept_files(folder)


def _compiled(work: Iterable[Work], checkout: Checkout, folder: Path, what: str = "") -> list[Path]:
    """The objects of sources, in their order, on all processors."""
    work = list(work)
    folder.mkdir(parents=True, exist_ok=True)
    objects = [folder / f"{number:04}-{path.stem}.o" for number, (path, _) in enumerate(work)]
    common = [*CPUS[CPU], *FLAGS, *(f"-D{name}" for name in checkout.defines)]
    common += [word for path in checkout.includes for word in ("-isystem", str(path))]

    def one(job: tuple[Work, Path]) -> None:
        (source, flags), made = job
        language = (image.COMPILER, *C_FLAGS) if source.suffix == ".c" else (CXX, *CXX_FLAGS)
        _call(language[0], [*language[1:], *common, *flags, "-c", str(source), "-o", str(made)])

    with ThreadPoolExecutor(os.cpu_count()) as executor:
        done = executor.map(one, zip(work, objects, strict=True))
        for _ in track(done, what, len(work)) if what else done:
            pass
    return objects


def _call(program: str, words: list[str]) -> None:
    try:
        done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UserError(f"expected {program} in the PATH, found none; install the Arm GNU toolchain") from None
    if not done.returncode:
        return
    lines = done.stderr.strip().splitlines() or ["no message"]
    reason = next((line for line in lines if "error:" in line or "undefined" in line), lines[0])
    missing = re.search(r"fatal error: \w+: No such file", reason)  # <cstddef> and its like
    hint = "; install the C++ library of the cross compiler (Debian: libstdc++-arm-none-eabi-newlib)" if missing else ""
    raise UserError(f"TensorFlow Lite Micro: {program} refused it: {reason.strip()[:300]}{hint}")
