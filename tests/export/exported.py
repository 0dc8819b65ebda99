"""Exported libraries for the tests: written once in a session, and built to be called from Python."""

import ctypes
import re
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ml.export.layouts import TARGETS
from ml.export.model import find
from ml.export.write import write
from ml.native.build import compiler
from ml.paths import ROOT

APPS = ("fall_detection", "gesture_recognition", "keyword_spotting", "vibration_anomaly")
STRICT = ("-Wall", "-Wextra", "-Wconversion", "-Werror")
CORPUS = ROOT / "tests" / "compiler" / "corpus"


def export(what: str | Path, folder: Path, target: str = "cmake", arena: str | None = None, name: str = "") -> Path:
    """A library of a model in that folder."""
    write(find(str(what), name or None), TARGETS[target], folder, arena)
    return folder


def units(library: Path) -> list[str]:
    return sorted(str(path) for path in (library / "src").rglob("*.c"))


def build(command: list[object], folder: Path | None = None) -> str:
    """Runs a compiler; what it printed, which is nothing where all is well."""
    done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:4000]
    return done.stdout + done.stderr


class Called:
    """An exported pipeline, built for this computer."""

    def __init__(self, library: Path, name: str, *more: Path) -> None:
        made = library.parent / f"{name}-{uuid.uuid4().hex}.so"  # loaded twice, a file would be one library
        flags = ["-std=c99", "-O1", "-shared", "-fPIC", "-I", library / "src"]
        build([compiler(), *flags, *units(library), *more, "-lm", "-o", made])
        self.library, self.name = ctypes.CDLL(str(made)), name
        (values,) = re.findall(r"_VALUES (\d+)", (library / "src" / f"{name}.h").read_text())
        self.values = int(values)
        self("self_test").restype = self("init").restype = self("poll").restype = ctypes.c_bool
        self("push").argtypes = [ctypes.c_void_p, ctypes.c_size_t]

    def __call__(self, function: str):
        return getattr(self.library, f"{self.name}_{function}")

    def events(
        self, samples: np.ndarray, at_once: int, between: Callable[[], object] = lambda: None
    ) -> list[tuple[str, int, int]]:
        """(label, sample, score) of more samples, pushed so many at a time; `between` is called after each push."""
        samples = np.ascontiguousarray(samples, np.int16).reshape(-1, self.values)
        event, found = _Event(), []
        for start in range(0, len(samples), at_once):
            part = samples[start : start + at_once]
            self("push")(part.ctypes.data, len(part))
            between()
            while self("poll")(ctypes.byref(event)):
                found.append((event.label.decode(), event.sample, event.score))
        return found


class _Event(ctypes.Structure):
    _fields_ = (
        ("label", ctypes.c_char_p),
        ("label_id", ctypes.c_uint8),
        ("score", ctypes.c_uint8),
        ("sample", ctypes.c_uint32),
    )
