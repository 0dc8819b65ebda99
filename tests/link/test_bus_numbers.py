"""The sensor bus: the board, the host and the document use the same numbers."""

import re

from ml.link import sensor_bus
from ml.paths import ROOT

PAGE = (ROOT / "docs/sensor_bus.md").read_text()
BOARD = (ROOT / "lib/board/src/virtual/bus.c").read_text()
SENSORS = (ROOT / "lib/board/src/virtual/virtual.h").read_text()


def c_constant(name: str) -> int:
    return int(re.search(rf"\b{name}\s*=?\s+(0x[0-9A-F]+|\d+)", BOARD)[1], 0)


def test_messages_have_the_same_letters():
    in_c = dict(re.findall(r"\b([A-Z]+) = '([A-Z])'", BOARD))
    in_python = {name: chr(getattr(sensor_bus, name)) for name in in_c}
    in_the_document = {letter for letter in re.findall(r"^\| `([A-Z])` ", PAGE, re.M)}
    assert in_c == in_python
    assert set(in_c.values()) == in_the_document
    assert len(in_c) == 7


def test_version_flags_and_sizes_are_the_same():
    for name in ("SYNC", "VERSION", "FLAG_RESTART", "FLAG_MEMORY"):
        assert getattr(sensor_bus, name) == c_constant(name), name
    assert f"version u8 ({sensor_bus.VERSION})" in PAGE
    assert f"| `0x{sensor_bus.SYNC:X}` |" in PAGE
    words = int(re.search(r"SENSOR_MAX_WORDS = (\d+)", SENSORS)[1])
    assert 2 * words == sensor_bus.MAX_PAYLOAD
    assert f"bytes of payload, 0 to {sensor_bus.MAX_PAYLOAD}" in PAGE


def test_sensors_have_the_same_numbers():
    enum = re.search(r"typedef enum \{\s*(SENSOR_IMU[^}]*),\s*SENSOR_COUNT\s*\}", SENSORS)[1]
    in_c = re.split(r",\s*", enum)
    assert [name.removeprefix("SENSOR_").lower() for name in in_c] == list(sensor_bus.SENSORS)
    assert "0 IMU, 1 microphone, 2 accelerometer, 3 analogue inputs, 4 power, 5 button" in PAGE
