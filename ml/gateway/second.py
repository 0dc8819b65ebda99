"""A second, larger model: a `.tflite` of any size, which LiteRT runs on windows of the model that the nodes have."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from ml.engine.outline import Outline, Tensor, outline
from ml.errors import UserError
from ml.gateway.config import Second

SCORES = 256


@dataclass(frozen=True)
class Verdict:
    """`score`: 0 to 255 (of 256), as in events."""

    label: str
    score: int


class SecondModel:
    """Settings and both models, checked. `judge` may be called in another thread, one at a time."""

    def __init__(self, settings: Second) -> None:
        self.settings = settings
        first, own = (_read(path) for path in (settings.first, settings.model))
        self._window, self._input, self._output = first[1].input, own[1].input, own[1].output
        self._check()
        self.size = self._window.size
        # what GET_WINDOW answers: of the hash that INFO tells, the first 16 digits of the SHA-256
        self.model = zlib.crc32(hashlib.sha256(first[0]).hexdigest()[:16].encode())
        self._interpreter = _interpreter(own[0], settings.model)
        self.judge(bytes(self.size))  # what it cannot run is said at the start

    def judge(self, window: bytes) -> Verdict:
        """`size` bytes, int8 as the front end of the first model makes them."""
        from_ = self._window
        real = (np.frombuffer(window, np.int8).astype(np.float32) - from_.zero) * np.float32(from_.scale)
        self._interpreter.set_tensor(self._input.index, _quantised(real, self._input).reshape(self._input.shape))
        self._interpreter.invoke()
        scores = _real(self._interpreter.get_tensor(self._output.index), self._output).ravel()
        if not np.isfinite(scores).all():
            raise UserError(f"{self.settings.model}: expected scores, found infinite ones")
        best = int(scores.argmax())
        return Verdict(self.settings.labels[best], max(0, min(SCORES - 1, int(scores[best] * SCORES))))

    def _check(self) -> None:
        first, model, labels = self.settings.first, self.settings.model, len(self.settings.labels)
        if self._window.dtype != "int8" or not self._window.scale:
            raise UserError(f"{first}: expected a model that takes int8, found {self._window.dtype}")
        for what, one in (("takes", self._input), ("answers in", self._output)):
            if not (one.dtype == "float32" or (one.dtype == "int8" and one.scale)):
                raise UserError(f"{model}: expected a model that {what} float32 or int8, found {one.dtype}")
        if prod(self._input.shape) != prod(self._window.shape):
            given, wanted = self._input.shape, self._window.shape
            raise UserError(f"{model}: expected an input as that of {first.name}, {wanted}, found {given}")
        if prod(self._output.shape) != labels:
            found = prod(self._output.shape)
            raise UserError(f"{model}: expected a score for each of {labels} labels, found {found}")


def _read(path: Path) -> tuple[bytes, Outline]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: expected a .tflite, found: {error.strerror}") from None
    return content, outline(content, str(path))


def _interpreter(content: bytes, path: Path):
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415  60 MB: only where it is needed

    try:
        made = Interpreter(model_content=content, num_threads=1)
        made.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines() or ["no reason given"]
        raise UserError(f"{path}: expected a model that LiteRT can run, found: {reason[0][:200]}") from None
    return made


def _quantised(real: np.ndarray, wanted: Tensor) -> np.ndarray:
    if wanted.dtype == "float32":
        return real
    return np.clip(np.rint(real / np.float32(wanted.scale)) + wanted.zero, -128, 127).astype(np.int8)


def _real(made: np.ndarray, tensor: Tensor) -> np.ndarray:
    if tensor.dtype == "float32":
        return made
    return (made.astype(np.float32) - tensor.zero) * np.float32(tensor.scale)
