"""`--format auto`: the protocol that describes its streams is believed, however late it does so."""

import cbor2
import pytest

from ml.capture.either import THIMBLE_FIRST_S, Either
from ml.capture.events import Device
from ml.link.frames import Frame
from ml.link.messages import Type

INFO = {
    "version": 1,
    "app": "sensor_capture",
    "board": "virtual",
    "build": "",
    "uptime_us": 1,
    "cycles_hz": 25_000_000,
    "stack": 8192,
    "max_payload": 512,
    "streams": [{"id": 0, "name": "imu", "rate_mhz": 400_000, "format": "int16", "channels": [[["ax"], "g", 2048]]}],
}
DESCRIBED = Frame(Type.INFO, payload=cbor2.dumps(INFO)).encode()
NOISE = b"\x00\x17\xfe\x81,3\r\n1,\x00"


def protocols(*heard: tuple[float, bytes]) -> list[str]:
    """Of the devices that were described, while these bytes came at these times."""
    either = Either(lambda data: None, None, None)
    events = [event for at, data in heard for event in either.feed(data, at)]
    return [event.format for event in events if isinstance(event, Device)]


@pytest.mark.parametrize("later", [0.0, THIMBLE_FIRST_S - 1, THIMBLE_FIRST_S + 1, 30.0])
def test_a_thimble_board_behind_noise_is_met_when_its_session_info_comes_through(later):
    assert protocols((100.0, NOISE), (100.0 + later, NOISE), (101.0 + later, b"\0" + DESCRIBED)) == ["thimble"]


def test_lines_of_numbers_are_another_protocol_after_the_head_start():
    lines = [(index / 10, b"%d,%d,%d\r\n" % (index, 2, -index)) for index in range(100)]
    assert protocols(*lines) not in ([], ["thimble"])
