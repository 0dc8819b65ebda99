"""A board is found by what stays: the serial number or location of its USB, whatever its port is called now."""

from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

from ml.rig import ports
from ml.rig.errors import Missing, RigError
from ml.rig.file import BoardConfig
from tools.rig.lock import locked

NANO, OTHER = (0x2341, 0x805A), (0, 0)


def port(device: str, serial: str | None, location: str | None, ids: tuple[int, int] = NANO) -> ListPortInfo:
    info = ListPortInfo(device)
    info.serial_number, info.location = serial, location
    info.vid, info.pid = ids
    return info


@pytest.fixture
def plugged(monkeypatch):
    """The ports of this machine, as the test says."""

    def plug(*infos: ListPortInfo) -> None:
        monkeypatch.setattr(ports, "listing", lambda: infos)

    plug(
        port("/dev/ttyACM1", "5A1C", "1-1.4:1.0"),
        port("/dev/ttyACM0", "77EE", "1-1.3"),
        port("/dev/ttyS0", None, None, OTHER),
    )
    return plug


def find(ids: frozenset = frozenset(), **address: str) -> ports.Found:
    return ports.find(BoardConfig("desk", "nano33ble", **address), ids)


def test_a_serial_number_finds_its_port_in_either_case(plugged):
    assert find(serial="5a1c") == ports.Found("/dev/ttyACM1", "5A1C", "1-1.4")


def test_a_location_finds_its_port_and_no_longer_one(plugged):
    assert find(location="1-1.4").device == "/dev/ttyACM1"
    assert find(location="1-1.3").device == "/dev/ttyACM0"
    with pytest.raises(Missing):
        find(location="1-1")


def test_a_board_that_comes_back_under_another_name_is_found_again(plugged):
    plugged(port("/dev/ttyACM9", "5A1C", "1-1.4:1.0"))
    assert find(serial="5A1C").device == find(location="1-1.4").device == "/dev/ttyACM9"


def test_of_several_interfaces_the_first_is_the_console(plugged):
    plugged(port("/dev/ttyACM2", "5A1C", "1-1.4:1.2"), port("/dev/ttyACM1", "5A1C", "1-1.4:1.0"))
    assert find(serial="5A1C").device == "/dev/ttyACM1"


def test_adapters_that_share_a_serial_number_are_told_apart_by_their_place_only(plugged):
    plugged(port("/dev/ttyUSB0", "0001", "1-1.3"), port("/dev/ttyUSB1", "0001", "1-1.4"))
    with pytest.raises(RigError, match="expected one board, found /dev/ttyUSB0, /dev/ttyUSB1; say which"):
        find(serial="0001")
    assert find(location="1-1.4").device == "/dev/ttyUSB1"
    assert find(port="/dev/ttyUSB1") == ports.Found("/dev/ttyUSB1", "0001", "1-1.4")


def test_a_board_with_two_interfaces_is_one_board_whatever_their_names(plugged):
    plugged(port("/dev/ttyACM10", "5A1C", "1-1.4:1.0"), port("/dev/ttyACM2", "5A1C", "1-1.4:1.2"))
    assert find(frozenset([NANO])).device == find(serial="5A1C").device == "/dev/ttyACM10"


def test_a_missing_board_is_named_with_what_is_there_instead(plugged):
    with pytest.raises(Missing) as error:
        find(serial="0000")
    assert str(error.value) == (
        "desk is missing: expected a port with serial 0000, found /dev/ttyACM0 (77EE), /dev/ttyACM1 (5A1C); plug it in"
    )


def test_without_an_address_the_only_board_of_its_kind_is_taken(plugged):
    with pytest.raises(
        RigError, match="expected one board, found /dev/ttyACM0, /dev/ttyACM1; say which: --board desk@P"
    ):
        find(frozenset([NANO]))
    with pytest.raises(Missing, match="desk is missing: expected a port with USB identity of nano33ble"):
        find(ports.parse_usb_ids("2341:805E, 2341:005E"))
    plugged(port("/dev/ttyACM0", "77EE", "1-1.3"))
    assert find(ports.parse_usb_ids("2341:005A, 2341:805A")).serial == "77EE"


def test_a_path_a_link_to_one_or_a_url_is_taken_as_it_is(plugged, tmp_path: Path):
    assert find(port="/dev/ttyACM1").serial == "5A1C"
    assert find(port=str(tmp_path)).device == str(tmp_path)
    assert find(port="socket://desk:4000").device == "socket://desk:4000"
    with pytest.raises(Missing, match=r"expected a port at .*ttyACM8, found none"):
        find(port=str(tmp_path / "ttyACM8"))


def test_one_session_at_a_time_has_a_board():
    address = f"serial of this test {id(object())}"
    first = locked("desk", address)
    with pytest.raises(RigError, match="found another test session; wait for it"):
        locked("desk", address)
    first.close()
    locked("desk", address).close()
