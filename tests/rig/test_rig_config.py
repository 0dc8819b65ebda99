"""rig.toml and --board: what is right is read, what is wrong is said in one line that names the place."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ml.rig.errors import RigError
from ml.rig.file import BoardConfig, choose, read

GOOD = """
[[board]]
name = "desk"
kind = "nano33ble"
serial = "5A1C0F2E"
meter = "ppk2@/dev/ttyACM7"
reset = "command"
reset_command = "uhubctl -l {hub} -p {hub_port} -a cycle"
power_cycle = "uhubctl -l {hub} -p {hub_port} -a cycle -d 5"
settle_s = 45

[[board]]
name = "shelf-2"
kind = "disco_l475vg_iot01a"
location = "1-1.4"
environment = "{app}-disco"
reset = "dtr"

[[board]]
name = "virtual"
kind = "virtual"
"""
DESK = 'name = "desk"\nkind = "nano33ble"\nserial = "1"\n'


def rig(folder: Path, text: str) -> Path:
    path = folder / "rig.toml"
    path.write_text(text)
    return path


def test_a_rig_file_is_read(tmp_path):
    desk, shelf, virtual = read(rig(tmp_path, GOOD))
    assert (desk.serial, desk.meter, desk.reset, desk.settle_s) == ("5A1C0F2E", "ppk2@/dev/ttyACM7", "command", 45)
    assert (shelf.location, shelf.environment, desk.environment) == ("1-1.4", "{app}-disco", "{app}-{kind}")
    assert [board.emulated for board in (desk, shelf, virtual)] == [False, False, True]


def board(*lines: str) -> str:
    return "[[board]]\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected [[board]] tables and nothing else, found nothing"),
        ("boards = 3", "found boards"),
        ("board = 3", "found something else as board"),
        ("board = [3]", "found something else as board"),
        ("[[board]", "expected TOML, found: "),
        (board(DESK, 'sreial = "2"'), "board 1 (desk): expected one of name, kind, "),
        (board(DESK, 'sreial = "2"'), "found the key 'sreial'"),
        (board(DESK, 'meter = ""'), "board 1 (desk): meter: expected text, found ''"),
        (board(DESK, "reset = true"), "reset: expected text, found True"),
        (board(DESK, "settle_s = 0"), "settle_s: expected seconds, 0 to 3600, found 0"),
        (board(DESK, "settle_s = nan"), "settle_s: expected seconds, 0 to 3600, found nan"),
        (board(DESK, "settle_s = true"), "settle_s: expected seconds, 0 to 3600, found True"),
        (board('kind = "nano33ble"'), "board 1: expected a name, found none"),
        (board('name = "desk"'), "board 1 (desk): expected a kind, found none"),
        (board('name = "../x"\nkind = "virtual"'), "expected a name of letters, digits, _ . and -, found '../x'"),
        (board('name = "desk"\nkind = "nano33ble"'), "expected one of serial, location, port, found none"),
        (board(DESK, 'port = "/dev/ttyACM0"'), "expected one of serial, location, port, found serial and port"),
        (board(DESK, 'meter = "ppk3"'), "expected a meter (ppk2, lpm01a, "),
        (board(DESK, 'reset = "button"'), "expected reset to be one of link, dtr, command, emulator, found 'button'"),
        (board(DESK, 'reset = "command"'), 'expected reset = "command" and reset_command together'),
        (board(DESK, 'reset_command = "true"'), 'expected reset = "command" and reset_command together'),
        (board(DESK, 'reset = "emulator"'), "only a virtual board has an emulator"),
        (board('name = "v"\nkind = "virtual"\nreset = "dtr"'), "a virtual board has no DTR line"),
        (
            board(DESK, 'power_cycle = "off {prot}"'),
            "expected power_cycle with {hub}, {hub_port}, ",
        ),
        (board(DESK, 'power_cycle = "off {prot}"'), "found {prot}"),
        (board(DESK, 'power_cycle = "off {port"'), "found: expected '}' before end of string"),
        (
            board(DESK, 'power_cycle = "off \'{port}"'),
            "whole quotations in it, found: No closing quotation",
        ),
        (board(DESK, 'environment = "{ap}-x"'), "expected environment with {app}, {kind} in it, found {ap}"),
        (board(DESK, 'environment = "{app!r:>9}"'), "with {app}, {kind} in it, found {app}"),
        (board(DESK) + board(DESK), "expected boards with different names, found two with desk"),
        (
            board(DESK) + board(DESK.replace("desk", "shelf")),
            "expected boards with different serials, found two with 1",
        ),
    ],
)
def test_what_is_wrong_in_a_rig_file_is_said_in_one_line(tmp_path, text, said):
    path = rig(tmp_path, text)
    with pytest.raises(RigError) as error:
        read(path)
    assert str(error.value).startswith(str(path))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_rig_file_that_is_not_there_or_no_text_is_said(tmp_path):
    with pytest.raises(RigError, match="expected a rig file, found: No such file"):
        read(tmp_path / "rig.toml")
    (tmp_path / "rig.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RigError, match="bytes that are no text"):
        read(tmp_path / "rig.toml")


KEYS = st.sampled_from(["name", "kind", "serial", "port", "reset", "reset_command", "environment", "settle_s", "x"])
VALUES = st.one_of(st.text(max_size=12), st.integers(), st.floats(), st.booleans(), st.lists(st.integers(), max_size=2))


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(character):08x}" for character in value) + '"'
    return str(value)


@example([{"name": "\n", "kind": "0"}])
@example([{"name": "a", "kind": "0", "port": "b", "environment": "{\n}"}])
@given(tables=st.lists(st.dictionaries(KEYS, VALUES), max_size=3))
def test_whatever_a_rig_file_says_it_gives_boards_or_one_line(tmp_path_factory, tables):
    text = "".join(board(*(f"{key} = {toml(value)}" for key, value in table.items())) for table in tables)
    path = rig(tmp_path_factory.getbasetemp(), text)
    try:
        boards = read(path)
    except RigError as error:
        assert "\n" not in str(error)
    else:
        assert len({each.name for each in boards}) == len(boards) > 0


def test_without_a_word_the_virtual_board_is_taken():
    assert choose((), None) == [BoardConfig("virtual", "virtual")]


def test_boards_are_named_with_or_without_a_port():
    nano, url = choose(("nano33ble@/dev/ttyACM0", "esp32dev@socket://desk:4000"), None)
    assert (nano.name, nano.kind, nano.port, nano.emulated) == ("nano33ble", "nano33ble", "/dev/ttyACM0", False)
    assert url.port == "socket://desk:4000"


def test_boards_of_a_rig_are_chosen_by_name(tmp_path):
    path = rig(tmp_path, GOOD)
    assert [each.name for each in choose((), path)] == ["desk", "shelf-2", "virtual"]
    (shelf,) = choose(("shelf-2",), path)
    assert shelf.location == "1-1.4"
    (elsewhere,) = choose(("desk@/dev/ttyACM3",), path)
    assert (elsewhere.serial, elsewhere.port, elsewhere.meter) == ("", "/dev/ttyACM3", "ppk2@/dev/ttyACM7")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dsek",), "expected a board of .*rig.toml \\(desk, shelf-2, virtual\\), found 'dsek'"),
        (("desk", "desk"), "--board: expected boards with different names, found two with desk"),
        (("virtual@/dev/ttyACM0",), "a virtual board brings its own"),
    ],
)
def test_a_wrong_word_for_a_board_is_said(tmp_path, words, said):
    with pytest.raises(RigError, match=said):
        choose(words, rig(tmp_path, GOOD))


def test_a_name_that_is_no_name_is_said():
    with pytest.raises(RigError, match="expected NAME or NAME@PORT, found '/dev/ttyACM0' as the name"):
        choose(("/dev/ttyACM0",), None)
