"""The command line: the last take without a board, pictures, ports, and errors in one line."""

import socket
import threading

import pytest
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from ml.capture import ports
from ml.errors import UserError
from tools.capture.faulty import FaultyLine


def test_the_last_take_is_shown_relabelled_and_discarded_without_a_board(host, tmp_path):
    words = ("--seconds", 0.3, "--repeat", 2, "--yes", "--streams", "mic,imu", "--plot")
    assert host.collect(tmp_path, *words).done().status == 0
    folder = tmp_path / "ann/s1"
    pictures = sorted(path.name for path in folder.glob("*.png"))
    assert pictures == ["0001_imu.png", "0001_mic.png", "0002_imu.png", "0002_mic.png"]
    assert (folder / pictures[0]).read_bytes().startswith(b"\x89PNG")
    shown = host.collect(tmp_path, "--play-last").done()
    assert "0002_mic.wav  wave  whole" in shown.out
    assert "kHz" in shown.out
    done = host.collect(tmp_path, "--relabel-last", "tap").done()
    assert [row["label"] for row in done.rows(sensor="imu")] == ["wave", "tap"]
    assert host.collect(tmp_path, "--relabel-last", "../x").done().status == 1
    done = host.collect(tmp_path, "--discard-last").done()
    assert [row["take"] for row in done.rows(sensor="imu")] == ["1"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "0001_imu.csv",
        "0001_imu.png",
        "0001_mic.png",
        "0001_mic.wav",
    ]


def test_several_labels_are_recorded_in_one_session_with_one_numbering(host, tmp_path):
    words = ("--label", "wave", "--label", "knock", "--seconds", 0.2, "--repeat", 2, "--yes", "--streams", "imu")
    done = host.collect(tmp_path, *words).done()
    assert [(row["label"], row["take"]) for row in done.rows()] == [
        ("wave", "1"),
        ("wave", "2"),
        ("knock", "3"),
        ("knock", "4"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("--seconds", 0, "--yes"),
        ("--seconds", 1e9, "--yes"),
        ("--yes",),
        ("--seconds", 1, "--yes", "--trigger", "noise"),
        ("--seconds", 1, "--yes", "--columns", "a b"),
        ("--seconds", 1, "--yes", "--streams", "smell"),
        ("--seconds", 1, "--yes", "--port", "/dev/null/x"),
        ("--seconds", 1, "--yes", "--source", "two\nlines"),
        ("--discard-last",),
    ],
)
def test_what_cannot_be_is_said_in_one_line(host, tmp_path, words):
    done = host.collect(tmp_path / "data", *words).done()
    assert done.status == 1
    assert len(done.err.splitlines()) == 1, done.err
    assert not list((tmp_path / "data").rglob("*_imu*"))


def test_a_board_behind_a_socket_is_a_board(host, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server, FaultyLine(str(host.console), tmp_path / "port") as line:
        address = server.getsockname()

        def serve():
            connection, _ = server.accept()
            with connection, (tmp_path / "port").open("r+b", buffering=0) as port:
                threading.Thread(target=pump, args=(connection.recv, port.write), daemon=True).start()
                pump(port.read, connection.sendall)

        def pump(read, write):
            try:
                while data := read(4096):
                    write(data)
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        words = ("--port", f"socket://127.0.0.1:{address[1]}", "--seconds", 0.5, "--yes", "--streams", "imu")
        done = host.collect(tmp_path / "data", *words).done()
        assert done.status == 0, done.err
        assert [row["status"] for row in done.rows()] == ["whole"]
        line.vanish(0)


def plugged_in(monkeypatch, *known):
    """Device, vendor, product, serial number and, where it matters, place."""
    infos = []
    for device, vendor, product, serial_number, *place in known:
        info = ListPortInfo(device, skip_link_detection=True)
        info.vid, info.pid, info.serial_number = vendor, product, serial_number
        info.location = place[0] if place else f"1-{len(infos)}:1.0"
        infos.append(info)
    monkeypatch.setattr(list_ports, "comports", lambda: infos)


def test_the_board_plugged_in_is_found_by_its_usb_identity_and_again_under_another_name(monkeypatch, tmp_path):
    monkeypatch.setenv("PLATFORMIO_WORKSPACE_DIR", str(tmp_path))
    plugged_in(monkeypatch, ("/dev/ttyS0", None, None, None), ("/dev/ttyACM3", 0x2341, 0x805A, "ABC"))
    find = ports.finder(None)
    assert find() == "/dev/ttyACM3"
    plugged_in(monkeypatch, ("/dev/ttyACM4", 0x2341, 0x805A, "ABC"))
    assert find() == "/dev/ttyACM4"


CP2102 = (0x10C4, 0xEA60, "0001")  # all of them leave the factory with this number


def test_of_two_adapters_with_one_serial_number_the_named_one_is_opened_also_after_it_was_away(monkeypatch):
    first, second = ("/dev/ttyUSB0", *CP2102, "1-1"), ("/dev/ttyUSB1", *CP2102, "1-2")
    plugged_in(monkeypatch, first, second)
    find = ports.finder("/dev/ttyUSB1")
    assert find() == "/dev/ttyUSB1"
    plugged_in(monkeypatch, first)
    assert find() == "/dev/ttyUSB1"  # nothing else: the other one is another board
    assert ports.finder("/dev/ttyUSB0")() == "/dev/ttyUSB0"


def test_of_a_boards_two_ports_the_named_one_is_opened_also_under_another_name(monkeypatch):
    board = (0x2341, 0x805A, "ABC")
    plugged_in(monkeypatch, ("/dev/ttyACM0", *board, "1-1:1.0"), ("/dev/ttyACM1", *board, "1-1:1.2"))
    find = ports.finder("/dev/ttyACM1")
    assert find() == "/dev/ttyACM1"
    plugged_in(monkeypatch, ("/dev/ttyACM4", *board, "1-1:1.0"), ("/dev/ttyACM5", *board, "1-1:1.2"))
    assert find() == "/dev/ttyACM5"
    assert ports.finder(None)() == "/dev/ttyACM4"  # one board, and its first port


def test_a_board_that_changed_places_with_another_is_followed(monkeypatch):
    plugged_in(monkeypatch, ("/dev/ttyACM0", 0x2341, 0x805A, "A"), ("/dev/ttyACM1", 0x2341, 0x805A, "B"))
    find = ports.finder("/dev/ttyACM0")
    plugged_in(monkeypatch, ("/dev/ttyACM0", 0x2341, 0x805A, "B"), ("/dev/ttyACM1", 0x2341, 0x805A, "A"))
    assert find() == "/dev/ttyACM1"


def test_several_boards_or_none_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PLATFORMIO_WORKSPACE_DIR", str(tmp_path))
    plugged_in(monkeypatch)
    with pytest.raises(UserError, match="found none"):
        ports.finder(None)
    plugged_in(monkeypatch, ("/dev/ttyACM0", 0x2341, 0x805A, "A"), ("/dev/ttyUSB0", 0x10C4, 0xEA60, "B"))
    with pytest.raises(UserError, match=r"ttyACM0 \(nano33ble.*ttyUSB0 \(esp32"):
        ports.finder(None)
