"""The firmware's watch of a sensor (lib/health) in Python: whether samples can be real.

watched = watch(samples, limits("imu"), rate_mhz=100_000)   # int16 (n, 6)
watched.faults                # (Fault(reasons=("stuck",), channels=(0, 1, 2, 3, 4, 5), start=175, end=800), ...)
watched.believable            # bool (n,): the application answers
"""

import ctypes
import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.native.build import ROOT, load
from ml.native.imu import check_range

SENSORS = ("microphone", "imu", "imu_either", "accelerometer", "vibration")  # health_<name> in lib/health
REASONS = 9


class Limits(ctypes.Structure):
    """`health_limits` in lib/health/include/health/health.h."""

    _fields_ = (
        ("channels", ctypes.c_uint8),
        *((name, ctypes.c_uint16) for name in ("quiet", "loud", "flat", "rest", "offset")),
        *((name, ctypes.c_uint16) for name in ("rest_low", "rest_high", "low", "high")),
    )


class Config(ctypes.Structure):
    """`health_config`."""

    _fields_ = (
        ("group", Limits * 2),
        ("groups", ctypes.c_uint8),
        ("most_hz", ctypes.c_uint16),
        ("rate_percent", ctypes.c_uint8),
        ("unused", ctypes.c_uint8),
        ("harmless", ctypes.c_uint16),
    )

    @property
    def channels(self) -> int:
        """Of a row."""
        return sum(limits.channels for limits in self.group[: self.groups])


class _Change(ctypes.Structure):
    _fields_ = (
        ("row", ctypes.c_uint32),
        ("state", ctypes.c_uint16),
        ("channels", ctypes.c_uint8),
        ("doubtful", ctypes.c_uint8),
    )


CHANGE = np.dtype(_Change)


@dataclass(frozen=True)
class Fault:
    """Rows in which the device tells the same of its sensor."""

    reasons: tuple[str, ...]
    channels: tuple[int, ...]  # that it is about
    start: int  # the row with which it was told
    end: int  # that with which it was told no more
    harmless: bool  # the application answers all the same


@dataclass(frozen=True)
class Watched:
    """What a device tells of its sensor while a recording runs, from a fresh start."""

    rows: int
    changes: np.ndarray  # CHANGE (k,): the state with `row` and from there on; the first at row 0
    harmless: int  # reasons, as bits

    @property
    def state(self) -> np.ndarray:
        """Reasons, as bits of `names()`, when the row was pushed: uint16 (n,)."""
        return self._by_row(self.changes["state"])

    @property
    def believable(self) -> np.ndarray:
        """The application takes this row: bool (n,)."""
        return self._by_row((self.changes["state"] & ~np.uint16(self.harmless)) == 0)

    @property
    def doubtful(self) -> np.ndarray:
        """An event that this row completes is held back: bool (n,)."""
        return self._by_row(self.changes["doubtful"] != 0)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """In order of time."""
        ends = [*self.changes["row"][1:], self.rows]
        told = zip(self.changes, ends, strict=True)
        return tuple(
            Fault(reasons(int(one["state"])), _bits(int(one["channels"])), int(one["row"]), int(end), self._harms(one))
            for one, end in _joined(told)
            if one["state"]
        )

    def _harms(self, change) -> bool:
        return not int(change["state"]) & ~self.harmless

    def _by_row(self, values: np.ndarray) -> np.ndarray:
        return np.repeat(values, np.diff([*self.changes["row"], self.rows]))


def _joined(told):
    """Changes in nothing but doubt are none."""
    last = None
    for change, end in told:
        if last and last[0]["state"] == change["state"] and last[0]["channels"] == change["channels"]:
            last = (last[0], end)
            continue
        if last:
            yield last
        last = (change, end)
    if last:
        yield last


def limits(sensor: str, unused: Iterable[int] = ()) -> Config:
    """A copy of the limits that lib/health has for a sensor, one of SENSORS. `unused` names channels that it lacks."""
    if sensor not in SENSORS:
        raise UserError(f"expected one of {', '.join(SENSORS)}, found {sensor!r}")
    config = Config.from_buffer_copy(Config.in_dll(_library(), f"health_{sensor}"))
    config.unused |= sum(1 << channel for channel in set(unused))
    return config


def watch(samples: np.ndarray, config: Config, rate_mhz: int, at_once: int = 1) -> Watched:
    """Runs int16 samples (n, channels), or (n,) of a single channel, past the watch from a fresh start, so many rows at
    once. Nobody looks at the rate: a recording has no clock but its own."""
    rows = np.ascontiguousarray(samples)
    if rows.dtype != np.int16 or (rows.shape[1:] or (1,)) != (config.channels,):
        raise UserError(f"expected int16 samples (n, {config.channels}), found {rows.dtype} {rows.shape}")
    check_range("rate_mhz", rate_mhz, 1, 2**31 - 1)
    check_range("at_once", at_once, 1, 2**31 - 1)
    room = 64
    while True:
        changes = np.zeros(room, CHANGE)
        made = _library().health_recording(
            ctypes.byref(config), rate_mhz, rows.ctypes, len(rows), at_once, changes.ctypes, room
        )
        if made <= room:
            return Watched(len(rows), changes[:made], config.harmless)
        room = made


def rate_states(time_us: np.ndarray, rows: np.ndarray, config: Config, rate_mhz: int) -> np.ndarray:
    """The state, uint16 (k,), after each read of a sensor: at `time_us` it gave so many rows, and had no more."""
    time_us, rows = (np.ascontiguousarray(values, np.uint32) for values in (time_us, rows))
    state = np.zeros(len(rows), np.uint16)
    _library().health_reads(ctypes.byref(config), rate_mhz, time_us.ctypes, rows.ctypes, len(rows), state.ctypes)
    return state


@functools.cache
def names() -> tuple[str, ...]:
    """Of the bits of a state, from the lowest on."""
    return tuple(_library().health_name(bit).decode() for bit in range(REASONS))


def reasons(state: int) -> tuple[str, ...]:
    """The names of the bits that are set."""
    return tuple(names()[bit] for bit in _bits(state))


def _bits(mask: int) -> tuple[int, ...]:
    return tuple(bit for bit in range(mask.bit_length()) if mask >> bit & 1)


@functools.cache
def _library() -> ctypes.CDLL:
    sources = [*sorted((ROOT / "lib/health/src").glob("*.c")), ROOT / "ml/native/health.c"]
    structures = {"health_limits": Limits, "health_config": Config, "health_change": _Change}
    library = load("health", sources, structures=structures)
    pointer, size, u32 = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32
    library.health_recording.argtypes = [pointer, u32, pointer, size, size, pointer, size]
    library.health_recording.restype = size
    library.health_reads.argtypes = [pointer, u32, pointer, pointer, size, pointer]
    library.health_reads.restype = None
    library.health_name.argtypes = [ctypes.c_uint]
    library.health_name.restype = ctypes.c_char_p
    return library
