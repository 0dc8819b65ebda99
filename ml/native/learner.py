"""A device that is shown examples and learns (lib/learn/include/learn/learner.h) in Python.

own = Learner(labels, background=10, features=60, model="1c8f32c6858fb637")
own.show("clap", 3)
scores = own.windows(level, features, network)      # as the device sees them; level 0: the network slept
own.news, own.labels, own.prototypes()
"""

import ctypes
import functools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.link.numbers import News
from ml.native.build import ROOT, load
from ml.native.prototypes import LABEL, MAX_CLASSES, Prototypes, check_label, class_size

BATCH = 5  # examples at once
NO_CLASS = 0xFF


@dataclass(frozen=True)
class Settings:
    """As `learn_config`; those of an application are in its main.cpp."""

    stray: int = 16  # steps
    places: int = 8
    guards: int = 16  # old windows, as many as the network has classes and up
    longest: int = 16  # windows


class Learner:
    """With the network's `labels`; all of it runs in C."""

    def __init__(
        self, labels: Sequence[str], background: int, features: int, model: str, settings: Settings | None = None
    ) -> None:
        how = settings or Settings()
        self.network_labels, self.features, self.model, self.settings = list(labels), features, model, how
        config = _Config(features, len(labels), how.places, how.guards, how.longest, how.stray)
        names = (ctypes.c_char_p * len(labels))(*(label.encode() for label in labels))
        crc = zlib.crc32(model.encode())
        self._made = _library().native_learner_new(ctypes.byref(config), names, len(labels), background, crc)
        self._raw = ctypes.c_void_p(_library().native_learner_of(self._made))

    def __del__(self) -> None:
        _library().free(self._made)

    def show(self, label: str, examples: int) -> None:
        """The next so many examples are of that class."""
        if not _library().learner_show(self._raw, padded(label), examples):
            raise UserError(f"{label}: expected 1 to {BATCH} examples and room for a class, found none; forget one")

    def windows(self, level: np.ndarray, features: np.ndarray, network: np.ndarray) -> np.ndarray:
        """int8 scores (n, all classes at the end) of consecutive windows; -128 where the level is 0."""
        level = np.ascontiguousarray(level, np.uint32)
        features, network = np.ascontiguousarray(features, np.int8), np.ascontiguousarray(network, np.int8)
        if features.shape != (len(level), self.features) or network.shape != (len(level), len(self.network_labels)):
            raise UserError(f"expected a row a window, found {features.shape} and {network.shape}")
        made = np.empty((len(level), MAX_CLASSES), np.int8)
        _library().native_learner_windows(
            self._made, level.ctypes, features.ctypes, network.ctypes, len(level), made.ctypes
        )
        return made[:, : len(self.labels)]

    def event(self, class_id: int) -> None:
        """The latest window made one."""
        _library().learner_event(self._raw, class_id)

    def stop(self) -> bool:
        return bool(_library().learner_stop(self._raw))

    def forget(self, label: str | None = None) -> bool:
        return bool(_library().learner_forget(self._raw, None if label is None else padded(label)))

    @property
    def news(self) -> News:
        return News(self._state.news)

    @property
    def other(self) -> str:
        """The class that the news is about, "" where it is about none."""
        other = self._state.other
        return "" if other == NO_CLASS else self.labels[other]

    @property
    def shown(self) -> int:
        return self._state.shown

    @property
    def wanted(self) -> int:
        return self._state.wanted

    @property
    def left_out(self) -> int:
        return self._state.left_out

    @property
    def old_windows(self) -> int:
        return self._state.guards

    @property
    def labels(self) -> list[str]:
        """The network's, and behind them the others that were learnt."""
        label = _library().learner_label
        return [label(self._raw, i).decode() for i in range(self._state.all)]

    def __bytes__(self) -> bytes:
        """What it has learnt, as it is sent over the link."""
        size = self.settings.places * class_size(self.features)
        return ctypes.string_at(self._state.classes, size)

    def prototypes(self) -> Prototypes:
        return Prototypes.read(bytes(self), self.features, self.model, stray=self.settings.stray)

    @property
    def _state(self) -> "_State":
        made = _State()
        _library().native_learner_state(self._made, ctypes.byref(made))
        return made


def padded(label: str) -> bytes:
    return check_label(label).ljust(LABEL, b"\0")


class _Config(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_uint8) for name in ("features", "classes", "places", "guards", "longest")),
        ("stray", ctypes.c_uint16),
    )


class _State(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_uint8) for name in ("news", "other", "left_out", "all")),
        *((name, ctypes.c_uint16) for name in ("told", "unsaved")),
        *((name, ctypes.c_uint32) for name in ("shown", "wanted")),
        ("classes", ctypes.c_void_p),
        ("guards", ctypes.c_uint32),
    )


@functools.cache
def _library() -> ctypes.CDLL:
    parts = ("prototypes", "answer", "batch", "guard", "peak", "lesson", "learner")
    sources = [*(ROOT / f"lib/learn/src/{part}.c" for part in parts), ROOT / "lib/frontend/src/integer.c"]
    sources += [ROOT / "lib/nn/src/model.c", ROOT / "ml/native/learner.c"]
    library = load("learner", sources, structures={"learn_config": _Config, "native_state": _State})
    pointer, number, text = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_char_p
    for name, arguments, result in (
        ("native_learner_new", [pointer, pointer, number, number, number], pointer),
        ("native_learner_of", [pointer], pointer),
        ("native_learner_state", [pointer, pointer], None),
        ("native_learner_windows", [pointer, pointer, pointer, pointer, ctypes.c_size_t, pointer], None),
        ("learner_show", [pointer, text, number], ctypes.c_bool),
        ("learner_event", [pointer, number], None),
        ("learner_stop", [pointer], ctypes.c_bool),
        ("learner_forget", [pointer, text], ctypes.c_bool),
        ("learner_label", [pointer, number], text),
        ("free", [pointer], None),
    ):
        call = getattr(library, name)
        call.argtypes, call.restype = arguments, result
    return library
