"""A generated header on this computer: what judges a model is the C that ships."""

import ctypes
import tempfile
from pathlib import Path

import numpy as np

from ml.native.build import load
from ml.paths import ROOT

LIBRARY = ROOT / "lib" / "classical"
UNUSED = ("-Wno-unused-const-variable",)  # of a header: what only the firmware reads


def sources() -> list[Path]:
    """Of lib/classical."""
    return sorted((LIBRARY / "src").glob("*.c"))


class HostClassical:
    """answers, scores = HostClassical(header_text, name, inputs, classes).run(rows)"""

    def __init__(self, header: str, name: str, inputs: int, classes: int) -> None:
        self.inputs, self.classes = inputs, classes
        with tempfile.TemporaryDirectory() as folder:
            wrapper = Path(folder) / "classical_host.c"
            wrapper.write_text(f"{header}\n#include <stddef.h>\n{_LOOP % {'name': name}}")
            self._library = load("classical", [*sources(), wrapper], includes=[LIBRARY / "include"], flags=UNUSED)
        pointer = ctypes.c_void_p
        self._library.run_rows.argtypes = [pointer, ctypes.c_size_t, pointer, pointer]
        self._library.run_rows.restype = None

    def run(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """int8 (n, inputs) -> the class of each, int (n,), and int32 (n, classes)."""
        rows = np.ascontiguousarray(rows, np.int8)
        if rows.ndim != 2 or rows.shape[1] != self.inputs:
            raise ValueError(f"expected rows of {self.inputs} inputs, found {rows.shape}")
        answers, scores = np.empty(len(rows), np.uint8), np.empty((len(rows), self.classes), np.int32)
        self._library.run_rows(rows.ctypes, len(rows), answers.ctypes, scores.ctypes)
        return answers.astype(int), scores


_LOOP = """
void run_rows(const int8_t *rows, size_t count, uint8_t *answers, int32_t *scores);
void run_rows(const int8_t *rows, size_t count, uint8_t *answers, int32_t *scores) {
    for (size_t i = 0; i < count; i++)
        answers[i] = %(name)s_classify(rows + i * %(name)s_INPUTS, scores + i * %(name)s_CLASSES);
}
"""
