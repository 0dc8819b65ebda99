"""The C of the FFT and of the integer functions, for the tests."""

import ctypes
import functools
import subprocess
from pathlib import Path

import numpy as np

from ml.native.build import ROOT, load
from ml.native.tables import FFT_SIZES

SOURCES = sorted((ROOT / "lib" / "frontend" / "src").glob("*.c"))


class Plan(ctypes.Structure):
    """fft_plan"""

    _fields_ = (("size", ctypes.c_uint16), ("transform", ctypes.c_void_p))


@functools.cache
def library() -> ctypes.CDLL:
    made = load("frontend", SOURCES)
    made.log2_q8.argtypes, made.log2_q8.restype = [ctypes.c_uint64], ctypes.c_int32
    made.square_root.argtypes, made.square_root.restype = [ctypes.c_uint64], ctypes.c_uint32
    made.fft_real.argtypes = [ctypes.POINTER(Plan), ctypes.c_void_p, ctypes.c_void_p]
    return made


def fft(samples: np.ndarray) -> tuple[np.ndarray, int]:
    """int16 (size,) -> int16 bins (size / 2 + 1, 2): real and imaginary parts, and their exponent."""
    assert samples.dtype == np.int16 and len(samples) in FFT_SIZES
    work, bins = samples.copy(), np.empty((len(samples) // 2 + 1, 2), np.int16)
    plan = Plan.in_dll(library(), f"fft_{len(samples)}")
    return bins, library().fft_real(plan, work.ctypes, bins.ctypes)


def compile_everywhere(folder: Path, text: str) -> None:
    """A source that uses lib/frontend, as C99 and as C++11."""
    (folder / "use.c").write_text(text)
    include = f"-I{ROOT / 'lib' / 'frontend' / 'include'}"
    for language, standard in (("c", "c99"), ("c++", "c++11")):
        command = ["gcc", "-x", language, f"-std={standard}", "-Wall", "-Wextra", "-Wconversion", "-Werror", include]
        subprocess.run([*command, "-c", folder / "use.c", "-o", folder / "use.o"], check=True)
