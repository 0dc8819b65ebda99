"""A structure that Python mirrors is as C has it, or the library is refused when it is loaded."""

import ctypes

import pytest

from ml.errors import UserError
from ml.native import anomaly, decide, gate, impact, imu, logmel, spotter, vad, vibration
from ml.native.build import load

C = """#include <stdint.h>
typedef struct {{ {} }} point;
int32_t first(const void *p) {{ return *(const int32_t *)p; }}
"""


class Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_int32), ("y", ctypes.c_uint16))


def loaded(folder, fields: str) -> ctypes.CDLL:
    source = folder / "point.c"
    source.write_text(C.format(fields))
    return load("point", [source], structures={"point": Point}, folder=folder)


def test_a_structure_that_is_the_same_is_loaded(tmp_path):
    assert loaded(tmp_path, "int32_t x; uint16_t y;").first(ctypes.byref(Point(7, 8))) == 7


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("int32_t x; uint16_t y; uint32_t z;", "point: expected 12 bytes as C has it, found 8 in "),
        ("int32_t x, z; uint16_t y;", "point.y: expected 2 bytes at 8 as C has it, found 2 at 4 in "),
        ("int64_t x; uint16_t y;", "point.x: expected 8 bytes at 0 as C has it, found 4 at 0 in "),
        ("uint16_t y; int32_t x;", "point.x: expected 4 bytes at 4 as C has it, found 4 at 0 in "),
        ("int32_t x; uint16_t height;", "the C compiler refused it: .*no member named .y"),
    ],
)
def test_a_structure_that_has_changed_in_c_is_named_in_a_line(tmp_path, fields, told):
    with pytest.raises(UserError, match=told) as error:
        loaded(tmp_path, fields)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("module", [anomaly, decide, gate, impact, imu, logmel, spotter, vad, vibration])
def test_every_mirror_of_the_firmware_is_compared(module, monkeypatch):
    compared = {}

    def record(*_: object, structures: dict, **__: object):
        compared.update(structures)
        raise InterruptedError

    monkeypatch.setattr(module, "load", record)
    with pytest.raises(InterruptedError):
        module._library.__wrapped__()
    mirrors = {one for one in vars(module).values() if isinstance(one, type) and issubclass(one, ctypes.Structure)}
    assert mirrors <= set(compared.values())
