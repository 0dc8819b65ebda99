"""A checkout of TensorFlow Lite Micro: where it is, whether it is one, and what of it is compiled, how.

Two forms: the repository github.com/tensorflow/tflite-micro behind its own `make third_party_downloads`, and the tree
that its create_tflm_tree.py makes. The lists are those of tensorflow/lite/micro/tools/make/Makefile. PlatformIO's
script lib/engine_tflm/tflm.py imports this module: the standard library alone.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ml.errors import UserError

VARIABLE = "THIMBLE_TFLM"
KERNELS = "THIMBLE_TFLM_KERNELS"  # cmsis_nn or reference; empty: CMSIS-NN where it is there
MICRO = Path("tensorflow/lite/micro")
MARKS = (MICRO / "micro_interpreter.h", MICRO / "micro_mutable_op_resolver.h", MICRO / "kernels/kernel_util.h")
DOWNLOADS = MICRO / "tools/make/downloads"
MAKEFILE = MICRO / "tools/make/Makefile"
THIRD_PARTY = ("flatbuffers/include/flatbuffers/flatbuffers.h", "gemmlowp/fixedpoint/fixedpoint.h")
SUFFIXES = (".cc", ".cpp", ".c")
# Helpers of its tests, which lie beside what they test; array.cc is for builds with a heap.
OTHERS = re.compile(r"_test(_|\.|$)|^(test_helper|mock_|fake_micro|kernel_runner|recording_micro)|^array\.")
DEFINES = ("TF_LITE_STATIC_MEMORY", "TF_LITE_DISABLE_X86_NEON", "KERNELS_OPTIMIZED_FOR_SPEED")
RELEASE = ("NDEBUG", "TF_LITE_STRIP_ERROR_STRINGS")
FLAGS = (
    "-w", "-ffunction-sections", "-fdata-sections", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables",
    "-fmessage-length=0",
)  # fmt: skip
CXX_FLAGS = ("-std=c++17", "-fno-rtti", "-fno-exceptions", "-fno-threadsafe-statics")
C_FLAGS = ("-std=c17",)
CORE, KERNEL = "-Os", "-O2"  # CORE_OPTIMIZATION_LEVEL, KERNEL_OPTIMIZATION_LEVEL and that of third parties


@dataclass(frozen=True)
class Checkout:
    root: Path
    third_party: Path  # the folder of flatbuffers, gemmlowp, ruy
    cmsis_nn: bool  # whose kernels are compiled; else the reference ones

    @property
    def kernels(self) -> str:
        return "CMSIS-NN" if self.cmsis_nn else "reference kernels"

    @property
    def version(self) -> str:
        """Eight hex digits that change with its interface: what is compiled against it is compiled again."""
        return f"{zlib.crc32(b''.join((self.root / mark).read_bytes() for mark in MARKS)):08x}"

    @property
    def includes(self) -> list[Path]:
        base = self.third_party
        found = [self.root, base, base / "flatbuffers/include", *(base / name for name in ("gemmlowp", "ruy"))]
        if self.cmsis_nn:
            found += [base / path for path in ("cmsis", "cmsis_nn", "cmsis/CMSIS/Core/Include", "cmsis_nn/Include")]
        return found

    @property
    def defines(self) -> list[str]:
        return [*DEFINES, *RELEASE, *(["CMSIS_NN"] if self.cmsis_nn else [])]

    @property
    def core(self) -> list[Path]:
        """Sources of the interpreter and of what TensorFlow Lite shares with it."""
        micro = self.root / MICRO
        folders = (micro, micro / "arena_allocator", micro / "memory_planner", micro / "tflite_bridge")
        shared = (p for p in (self.root / "tensorflow").rglob("*") if not _pruned(p.relative_to(self.root)))
        return sorted({*_sources(p for folder in folders for p in folder.glob("*")), *_sources(shared)})

    @property
    def kernel_sources(self) -> list[Path]:
        """Those of operators, CMSIS-NN's in place of the reference ones of the same name, and the library itself."""
        folder = self.root / MICRO / "kernels"
        chosen = {path.stem: path for path in _sources(folder.glob("*")) if self._is_listed(path)}
        if not self.cmsis_nn:
            return sorted(chosen.values())
        chosen |= {path.stem: path for path in _sources((folder / "cmsis_nn").glob("*"))}
        return sorted([*chosen.values(), *_sources((self.third_party / "cmsis_nn/Source").rglob("*.c"))])

    @property
    def headers(self) -> list[Path]:
        """Its own, without those of third parties."""
        found = (self.root / "tensorflow").rglob("*.h")
        return [path for path in found if DOWNLOADS.name not in path.relative_to(self.root).parts]

    def _is_listed(self, path: Path) -> bool:
        """Whether the Makefile has it; a tree without the Makefile has nothing but what is compiled."""
        listed = _listed(self.root / MAKEFILE)
        return not listed or path.name in listed


def _pruned(path: Path) -> bool:
    return path.parts[1:3] in {("lite", "micro"), ("lite", "experimental")}


def _sources(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if path.suffix in SUFFIXES and not OTHERS.search(path.name) and path.is_file()]


def _listed(makefile: Path) -> frozenset[str]:
    """The names of MICROLITE_CC_KERNEL_SRCS."""
    if not makefile.is_file():
        return frozenset()
    text = makefile.read_text(errors="replace")
    block = re.search(r"^MICROLITE_CC_KERNEL_SRCS\s*:=\s*((?:.*\\\n)*.*)", text, re.MULTILINE)
    return frozenset(re.findall(r"/kernels/(\w+\.cc)", block[1])) if block else frozenset()


def find(places: Iterable[str | Path | None] = (), kernels: str = "") -> Checkout:
    """The checkout at $THIMBLE_TFLM, else the first of `places` that is a folder; UserError in one line. `kernels`, or
    $THIMBLE_TFLM_KERNELS: "cmsis_nn", "reference"; neither: CMSIS-NN where it is there."""
    named = os.environ.get(VARIABLE, "")
    found = next((Path(place) for place in (named, *places) if place and (named or Path(place).is_dir())), None)
    if found is None:
        raise UserError(
            f"expected a checkout of TensorFlow Lite Micro for --engine tflm, found none: set {VARIABLE}=DIR "
            "(docs/tflm.md says how to get one)"
        )
    root = found.expanduser().resolve()
    missing = next((mark for mark in MARKS if not (root / mark).is_file()), None)
    if missing is not None:
        raise UserError(
            f"{found}: expected a checkout of github.com/tensorflow/tflite-micro, found no {missing.as_posix()} in it; "
            f"set {VARIABLE} to one (docs/tflm.md)"
        )
    third_party = next((root / p for p in (DOWNLOADS, "third_party") if (root / p / THIRD_PARTY[0]).is_file()), None)
    if third_party is None or not (third_party / THIRD_PARTY[1]).is_file():
        raise UserError(
            f"{found}: expected flatbuffers and gemmlowp in {DOWNLOADS.as_posix()} or third_party, found none; run "
            f"there: make -f {MAKEFILE.as_posix()} third_party_downloads"
        )
    return Checkout(root, third_party, _cmsis_nn(found, root, third_party, kernels or os.environ.get(KERNELS, "")))


def _cmsis_nn(found: Path, root: Path, third_party: Path, wanted: str) -> bool:
    if wanted not in ("", "cmsis_nn", "reference"):
        raise UserError(f"expected cmsis_nn or reference in {KERNELS}, found {wanted!r}")
    there = (third_party / "cmsis_nn/Include").is_dir() and (third_party / "cmsis/CMSIS/Core/Include").is_dir()
    own = (root / MICRO / "kernels").glob("conv.c*")  # a tree for CMSIS-NN has no reference kernel of what that has
    if wanted == "reference" and not any(own):
        raise UserError(
            f"{found}: expected the reference kernels, found a tree made for others; set {KERNELS}=cmsis_nn"
        )
    if wanted == "cmsis_nn" and not there:
        raise UserError(
            f"{found}: expected CMSIS-NN in {third_party.relative_to(root).as_posix()}, found none; run there: "
            f"make -f {MAKEFILE.as_posix()} TARGET=cortex_m_generic TARGET_ARCH=cortex-m4 "
            "OPTIMIZED_KERNEL_DIR=cmsis_nn third_party_downloads"
        )
    return there and wanted != "reference"
