"""How the integers' answers compare with those of the original framework."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.compiler.reader import read
from ml.compress.quantise import run_int8
from ml.evaluate.intervals import wilson

LEAST_DB = 10.0  # below it the answers are another model's
FAIR_DB = 20.0


@dataclass(frozen=True)
class Judged:
    examples: int
    sqnr_db: float  # signal to quantisation noise over all values
    largest: float  # difference of a value
    span: float  # of the original's values
    same: int | None  # examples with the same largest output; None where there is one value only

    def __str__(self) -> str:
        text = (
            f"{self.sqnr_db:.1f} dB signal to noise, largest difference {self.largest:.3g} in a span of {self.span:.3g}"
        )
        if self.same is None:
            return text
        low, high = (100 * end for end in wilson(self.same, self.examples))
        return f"{self.same} of {self.examples} the same class (95 % {low:.1f} to {high:.1f}), {text}"


def integer_answers(tflite: bytes, examples: np.ndarray) -> np.ndarray:
    """float32 [n, ...] of the `.tflite`, for examples as it takes them."""
    graph = read(tflite)
    given, made = graph.inputs[0], graph.outputs[0]
    limits = np.iinfo(given.dtype)
    rows = np.round(examples / given.scale) + given.zero
    answers = run_int8(tflite, np.clip(rows, limits.min, limits.max).astype(given.dtype).reshape(-1, *given.shape[1:]))
    return (answers.astype(np.float32) - made.zero) * made.scale


def judge(expected: np.ndarray, found: np.ndarray) -> Judged:
    """Both float32 [n, ...] of as many values; a converter may have put the channels of `expected` last."""
    turned = np.moveaxis(expected, 1, -1)
    if expected.ndim > 2 and turned.shape == found.shape:
        return max((_judge(one, found) for one in (expected, turned)), key=lambda one: one.sqnr_db)
    return _judge(expected, found)


def _judge(expected: np.ndarray, found: np.ndarray) -> Judged:
    expected = expected.reshape(len(expected), -1).astype(np.float64)
    found = found.reshape(len(found), -1).astype(np.float64)
    noise = float(np.square(expected - found).sum())
    signal = float(np.square(expected).sum())
    sqnr = 10 * np.log10(signal / noise) if noise and signal else np.inf if not noise else -np.inf
    several = expected.shape[1] > 1
    same = int((expected.argmax(1) == found.argmax(1)).sum()) if several else None
    return Judged(len(expected), float(sqnr), float(np.abs(expected - found).max()), float(np.ptp(expected)), same)
