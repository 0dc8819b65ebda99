"""A port that announces bytes and has none is not yet an unplugged one; one that goes on so is."""

import os
import pty
import tty

import pytest
import serial

from ml.errors import UserError
from ml.link.port import MOST_EMPTY_READS, STUCK_TIMEOUT_S, WRITE_TIMEOUT_S, Port, resolve, workspace


@pytest.fixture
def line():
    board, slave = pty.openpty()
    tty.setraw(slave)
    with_port = Port(os.ttyname(slave))
    yield board, with_port
    with_port.close()
    os.close(slave)
    os.close(board)


def announce_in_vain(port: Port, monkeypatch, times: int) -> None:
    """What pyserial does when select() promises bytes and read() has none."""
    read, left = port.serial.read, [times]

    def empty(size: int) -> bytes:
        left[0] -= 1
        if left[0] >= 0:
            raise serial.SerialException("device reports readiness to read but returned no data")
        return read(size)

    monkeypatch.setattr(port.serial, "read", empty)


def test_bytes_flushed_before_they_are_read_are_no_unplugged_port(line, monkeypatch):
    board, port = line
    announce_in_vain(port, monkeypatch, MOST_EMPTY_READS)
    assert [port.read() for _ in range(MOST_EMPTY_READS)] == [b""] * MOST_EMPTY_READS
    os.write(board, b"here")
    found = b""
    while len(found) < 4:  # a pseudo-terminal may take its time
        found += port.read()
    assert found == b"here"


def test_a_port_that_never_delivers_is_gone(line, monkeypatch):
    _, port = line
    announce_in_vain(port, monkeypatch, 10**9)
    with pytest.raises(UserError, match="found it gone"):
        for _ in range(MOST_EMPTY_READS + 1):
            port.read()


def test_a_port_that_takes_nothing_is_waited_for_in_full_once(line, monkeypatch):
    board, port = line
    waited: list[float | None] = []
    write = port.serial.write
    monkeypatch.setattr(port.serial, "write", lambda data: waited.append(port.serial.write_timeout) or write(data))
    for _ in range(2):
        with pytest.raises(UserError, match="expected it to take bytes, found it stuck"):
            port.write(bytes(1_000_000))
    assert os.read(board, 65536)  # somebody reads again
    for _ in range(2):
        port.write(b"here")
    assert waited == [WRITE_TIMEOUT_S, STUCK_TIMEOUT_S, STUCK_TIMEOUT_S, WRITE_TIMEOUT_S]


def test_of_several_virtual_boards_one_must_be_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PLATFORMIO_WORKSPACE_DIR", str(tmp_path))
    for environment in ("one-virtual", "two-virtual"):
        (tmp_path / "virtual" / environment).mkdir(parents=True)
        (tmp_path / "virtual" / environment / "console").touch()
    with pytest.raises(UserError, match="expected one running virtual board, found more"):
        resolve("virtual")
    assert resolve("two-virtual") == resolve("virtual", "two")


def test_a_folder_and_an_environment_that_begins_like_a_port_are_no_ports(tmp_path, monkeypatch):
    monkeypatch.setenv("PLATFORMIO_WORKSPACE_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    consoles = [tmp_path / "virtual" / name / "console" for name in ("compressor-virtual", "one-host")]
    for console in consoles:
        console.parent.mkdir(parents=True)
        console.touch()
    assert resolve("compressor-virtual") == resolve("virtual") == str(consoles[0])  # although ./virtual is a folder
    (tmp_path / "host").touch()
    assert resolve("host") == "host"  # a name that exists wins
    assert resolve("COM3") == "COM3"


def test_the_workspace_may_be_given_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLATFORMIO_WORKSPACE_DIR", "~/ws")
    assert workspace() == tmp_path / "ws"
