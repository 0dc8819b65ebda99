"""The firmware's decision (lib/decide/src/decide.c) in Python.

events = decide(scores, config)   # scores int8 (windows, classes) -> what the firmware would report
"""

import ctypes
import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.native.build import ROOT, load
from ml.native.imu import check_range

MAX_CLASSES = 32
MAX_SMOOTHING = 8
NO_CLASS = 0xFF
NEVER = 255  # threshold of a class that makes no event


@dataclass(frozen=True)
class DecideConfig:
    """Settings of the decision, as `decide_config` in lib/decide/include/decide/decide.h describes them."""

    threshold: tuple[int, ...]  # per class, 0..254: the mean score that makes an event; or NEVER
    background: int = NO_CLASS  # the class that never makes an event
    smoothing: int = 3  # windows averaged
    refractory: int = 0  # windows after an event in which none follows

    def __post_init__(self) -> None:
        check_range("number of classes", len(self.threshold), 1, MAX_CLASSES)
        for value in self.threshold:
            check_range("threshold", value, 0, 255)
        check_range("background", self.background, 0, NO_CLASS)
        check_range("smoothing", self.smoothing, 1, MAX_SMOOTHING)
        check_range("refractory", self.refractory, 0, 65535)


def from_c(address: int) -> DecideConfig:
    """What a `decide_config` in memory says, such as that of a compiled header."""
    found = _Config.from_address(address)
    return DecideConfig(tuple(found.threshold[: found.classes]), found.background, found.smoothing, found.refractory)


@dataclass(frozen=True)
class Event:
    """A detection."""

    class_id: int
    score: int  # smoothed, 0..255
    window: int  # index of the window that made it


def decide(scores: np.ndarray, config: DecideConfig, awake: np.ndarray | None = None) -> list[Event]:
    """Runs int8 scores (windows, classes) of consecutive windows through the decision, from a fresh start.

    `awake`, bool (windows,), is false where a gate let the network sleep: the scores there are not looked at.
    """
    scores = np.ascontiguousarray(scores)
    if scores.dtype != np.int8 or scores.ndim != 2 or scores.shape[1] != len(config.threshold):
        raise UserError(f"expected int8 scores (windows, {len(config.threshold)}), found {scores.dtype} {scores.shape}")
    events = (_Event * len(scores))()
    mask = None if awake is None else np.ascontiguousarray(awake, dtype=np.bool_)
    if mask is not None and mask.shape != (len(scores),):
        raise UserError(f"expected awake of {len(scores)} windows, found shape {mask.shape}")
    count = _library().decide_all(
        ctypes.byref(_settings(config)), scores.ctypes, None if mask is None else mask.ctypes, len(scores), events
    )
    return [Event(event.class_id, event.score, event.window) for event in events[:count]]


@dataclass(frozen=True)
class Span:
    """Something that happens in a stream, and until when it may be detected."""

    class_id: int  # -1: none of the decision's
    start: int  # samples
    end: int  # one past the last


def match(spans: Sequence[Span], class_ids: Sequence[int], samples: Sequence[int]) -> list[int | None]:
    """Which span each detection hits: the earliest of its class that has begun before its sample, is not over and was
    not hit yet. Spans are sorted by their start, detections by their sample."""
    index = (ctypes.c_int32 * len(class_ids))()
    classes = (ctypes.c_int32 * len(class_ids))(*class_ids)
    at = (ctypes.c_int64 * len(samples))(*samples)
    _library().decide_match(_spans(spans), len(spans), _flags(spans), classes, at, len(class_ids), index)
    return [None if one < 0 else one for one in index]


def sweep(
    scores: np.ndarray,
    awake: np.ndarray | None,
    samples: np.ndarray,
    spans: Sequence[Span],
    config: DecideConfig,
    refractories: Sequence[int],
    thresholds: Sequence[int],
) -> np.ndarray:
    """Hits and other events, int (refractories, thresholds, 2), of the decision with each refractory time and each
    threshold for all classes, in one pass of smoothing. `samples` tells each window's last sample; the rest as for
    `decide` and `match`."""
    scores, mask = np.ascontiguousarray(scores), None if awake is None else np.ascontiguousarray(awake, np.bool_)
    at = np.ascontiguousarray(samples, np.int64)
    if not len(scores) == len(at) == len(at if mask is None else mask):
        raise UserError(f"expected a sample and a gate a window, found {len(scores)} windows and {len(at)} samples")
    made = np.zeros((len(refractories), len(thresholds), 2), np.uint32)
    _library().decide_sweep(
        ctypes.byref(_settings(config)),
        scores.ctypes,
        None if mask is None else mask.ctypes,
        at.ctypes,
        len(scores),
        _spans(spans),
        len(spans),
        (ctypes.c_uint16 * len(refractories))(*refractories),
        len(refractories),
        (ctypes.c_uint8 * len(thresholds))(*thresholds),
        len(thresholds),
        (_Event * len(scores))(),
        _flags(spans),
        made.ctypes,
    )
    return made.astype(int)


def _spans(spans: Sequence[Span]) -> ctypes.Array:
    return (_Span * len(spans))(*(_Span(one.start, one.end, one.class_id) for one in spans))


def _flags(spans: Sequence[Span]) -> ctypes.Array:
    return (ctypes.c_bool * len(spans))()


def _settings(config: DecideConfig) -> "_Config":
    threshold = (ctypes.c_uint8 * len(config.threshold))(*config.threshold)
    return _Config(len(threshold), config.background, config.smoothing, config.refractory, threshold)


class _Config(ctypes.Structure):
    _fields_ = (
        ("classes", ctypes.c_uint8),
        ("background", ctypes.c_uint8),
        ("smoothing", ctypes.c_uint8),
        ("refractory", ctypes.c_uint16),
        ("threshold", ctypes.POINTER(ctypes.c_uint8)),
    )


class _Event(ctypes.Structure):
    _fields_ = (("class_id", ctypes.c_uint8), ("score", ctypes.c_uint8), ("window", ctypes.c_uint32))


class _Span(ctypes.Structure):
    _fields_ = (("start", ctypes.c_int64), ("end", ctypes.c_int64), ("class_id", ctypes.c_int32))


@functools.cache
def _library() -> ctypes.CDLL:
    structures = {"decide_config": _Config, "decide_event": _Event, "decide_truth": _Span}
    library = load("decide", [ROOT / "lib/decide/src/decide.c", ROOT / "ml/native/decide.c"], structures=structures)
    library.decide_all.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
    library.decide_all.restype = ctypes.c_size_t
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    library.decide_match.argtypes = [pointer, size, pointer, pointer, pointer, size, pointer]
    library.decide_match.restype = None
    series = [pointer, pointer, pointer, pointer, size]  # settings, scores, awake, samples
    library.decide_sweep.argtypes = [*series, *[pointer, size] * 3, pointer, pointer, pointer]
    library.decide_sweep.restype = None
    return library
