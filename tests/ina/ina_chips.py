"""lib/ina in this process, at the register-level models of the three chips."""

import ctypes
import functools

from ml.native.build import load
from ml.paths import ROOT

KINDS = {219: 0, 226: 1, 228: 2}
READ = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_uint8, ctypes.c_uint8, ctypes.POINTER(ctypes.c_uint8), ctypes.c_size_t)


class Config(ctypes.Structure):
    _fields_ = (
        ("read", READ),
        ("write", READ),
        ("address", ctypes.c_uint8),
        ("shunt_uohm", ctypes.c_uint32),
        ("largest_ua", ctypes.c_uint32),
        ("shunt_us", ctypes.c_uint16),
        ("bus_us", ctypes.c_uint16),
        ("average", ctypes.c_uint16),
    )


class Ina(ctypes.Structure):
    _fields_ = (
        ("config", ctypes.POINTER(Config)),
        ("chip", ctypes.c_void_p),
        ("kind", ctypes.c_int),
        ("period_us", ctypes.c_uint32),
        ("lsb_pa", ctypes.c_uint64),
        ("limit", ctypes.c_int32),
    )


class Sample(ctypes.Structure):
    _fields_ = (("current", ctypes.c_int32), ("bus", ctypes.c_int32), ("saturated", ctypes.c_bool))


class Totals(ctypes.Structure):
    _fields_ = (("charge_nc", ctypes.c_int64), ("energy_nj", ctypes.c_uint64))


class Pace(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int32) for name in ("nominal", "period", "late")),
        ("last_us", ctypes.c_uint32),
        ("running", ctypes.c_bool),
    )


@functools.cache
def library() -> ctypes.CDLL:
    sources = [*sorted((ROOT / "lib/ina/src").glob("*.c")), ROOT / "lib/board/src/virtual/ina_model.c"]
    checks = ["-DBOARD_HOST", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    made = load("ina", sources, includes=[ROOT / "lib/ina/include", ROOT / "lib/board/src/virtual"], flags=checks)
    made.ina_model_convert.argtypes = (ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint64)
    made.ina_model_convert.restype = None
    made.ina_has_totals.restype = ctypes.c_bool
    made.ina_pace_missed.restype = ctypes.c_uint32
    return made


class Chip:
    """A model of one of them, and the driver that talks to it. `deaf` after so many transfers."""

    def __init__(self, kind: int | None, **settings: int) -> None:
        self.c, self.model = library(), ctypes.create_string_buffer(256)
        self.kind, self.deaf, self.transfers = kind, False, []
        if kind is not None:
            self.c.ina_model_reset(self.model, KINDS[kind])
        defaults = {"shunt_uohm": 100_000, "largest_ua": 0, "shunt_us": 540, "bus_us": 280, "average": 1}
        self.config = Config(READ(self._read), READ(self._write), 0x40, **defaults | settings)
        self.ina = Ina()
        self.status = self.c.ina_begin(ctypes.byref(self.ina), ctypes.byref(self.config))

    def _read(self, address, reg, bytes_, size):
        self.transfers.append((reg, size, None))
        if self.kind is None or self.deaf:
            return False
        self.c.ina_model_read(self.model, ctypes.c_uint8(reg), bytes_, ctypes.c_size_t(size))
        return True

    def _write(self, address, reg, bytes_, size):
        self.transfers.append((reg, size, bytes(bytes_[:size])))
        if self.kind is None or self.deaf:
            return False
        self.c.ina_model_write(self.model, ctypes.c_uint8(reg), bytes_, ctypes.c_size_t(size))
        return True

    def convert(self, shunt_v: float, bus_v: float = 3.3, seconds: float = 0.001) -> None:
        """What the chip sees for a whole sample."""
        self.c.ina_model_convert(self.model, round(shunt_v * 1e9), round(bus_v * 1e6), round(seconds * 1e9))

    def poll(self) -> tuple[int, Sample]:
        sample = Sample()
        return self.c.ina_poll(ctypes.byref(self.ina), ctypes.byref(sample)), sample

    def totals(self) -> tuple[int, Totals]:
        totals = Totals()
        return self.c.ina_read_totals(ctypes.byref(self.ina), ctypes.byref(totals)), totals

    def register(self, reg: int, size: int = 2) -> int:
        found = (ctypes.c_uint8 * size)()
        self.c.ina_model_read(self.model, ctypes.c_uint8(reg), found, ctypes.c_size_t(size))
        return int.from_bytes(bytes(found))
