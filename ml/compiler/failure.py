"""What to say when the compiler stumbles over a model: whose fault it is, and at which operator."""

from __future__ import annotations

import traceback
from types import TracebackType

from ml.compiler import tflm
from ml.compiler.graph import Op

MOST = 200  # characters of an exception's own words


def in_words(error: BaseException, tflite: bytes, name: str) -> str:
    """One line about an exception that the compiler's checks did not foresee. TensorFlow Lite Micro is asked: a file
    that it runs is sound, so the compiler is to blame."""
    words = " ".join(str(error).split())[:MOST]
    what = f"{type(error).__name__}: {words}" if words else type(error).__name__
    found = f"{_operator(error.__traceback__)} ({what}, {_line(error.__traceback__)})"
    runs = tflm.runs(tflite)
    if runs:
        return (
            f"{name}: expected a program, found an error of the compiler{found}. TensorFlow Lite Micro runs this file, "
            "so this is our bug: please report it with the file"
        )
    contradiction = f"{name}: expected a consistent model, found parts that contradict each other{found}"
    if runs is None:
        return (
            f"{contradiction}; the file is damaged, or, if TensorFlow Lite runs it, this is our bug: please report it"
        )
    return f"{contradiction}; TensorFlow Lite Micro does not run it either: the file is damaged"


def _operator(trace: TracebackType | None) -> str:
    """The operator that the innermost function knew of."""
    found = [
        value for frame, _ in traceback.walk_tb(trace) for value in frame.f_locals.values() if isinstance(value, Op)
    ]
    return f" at operator {found[-1].index}, {found[-1].kind}" if found else ""


def _line(trace: TracebackType | None) -> str:
    """Where it was raised."""
    frame, number = list(traceback.walk_tb(trace))[-1]
    return f"{frame.f_code.co_filename.replace(chr(92), '/').rsplit('/', 1)[-1]} line {number}"
