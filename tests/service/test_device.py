"""The host's side of the link on a pseudo-terminal with the real service, and with what else may be on a port."""

import os
import select
import threading
import tty
from contextlib import contextmanager

import cbor2
import numpy as np
import pytest
from memory_device import CONSOLE, HOP, WINDOW, Ears, MemoryDevice

from ml.errors import UserError
from ml.link.baseline import Baseline
from ml.link.device import CommandError, Device
from ml.link.frames import Frame
from ml.link.messages import ALL, Command, Event, Info, Status, Telemetry, Type
from ml.link.session import Data

APP = "test_app"
PATIENCE_S = 30  # with a slow host


class Line:
    """A pseudo-terminal; `answer(bytes from the host)` gives what the device sends, again and again."""

    def __init__(self, answer) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        self.name = os.ttyname(slave)
        self.slave = slave
        self.answer = answer
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        while not self.stopping.is_set():
            ready, _, _ = select.select([self.master], [], [], 0.002)
            out = self.answer(os.read(self.master, 4096) if ready else b"")
            if out:
                os.write(self.master, out)

    def stop(self) -> None:
        if not self.stopping.is_set():
            self.stopping.set()
            self.thread.join()
            os.close(self.slave)
            os.close(self.master)


@contextmanager
def line(answer):
    pty = Line(answer)
    try:
        yield pty
    finally:
        pty.stop()


def running(memory: MemoryDevice, lose=lambda data: data):
    """The device behind the line; `lose` sees what the host sends."""

    def answer(data: bytes) -> bytes:
        data = lose(data)
        memory.board.room = CONSOLE
        if data:
            memory.send(data)
        return b"".join(memory.turn_once(us=5000) for _ in range(5))

    return answer


@pytest.fixture
def memory():
    return MemoryDevice()


@pytest.fixture
def device(memory):
    with line(running(memory)) as pty, Device.open(pty.name, app=APP) as opened:
        yield opened


def test_a_device_introduces_itself(device):
    assert (device.info.app, device.info.board, device.info.labels) == (APP, "memory", ("rest", "left", "right"))
    device.ping()


def test_thresholds_are_set_and_read_back(device):
    device.set_threshold(ALL, 9)
    device.set_threshold(2, 77)
    assert device.thresholds() == [9, 9, 77]


def test_a_refusal_says_what_was_refused_and_why(device):
    with pytest.raises(CommandError, match="SET_THRESHOLD to succeed, found BAD_ARGUMENT") as error:
        device.set_threshold(9, 9)
    assert error.value.status == Status.BAD_ARGUMENT


def test_injected_windows_are_counted_and_their_detections_arrive(device):
    samples = np.zeros((100, 6), np.int16)
    samples[:, 1] = -4000
    assert device.inject(samples) == (100 - WINDOW) // HOP + 1
    events = [a.message for a in device.arrivals(0.05) if isinstance(a.message, Event)]
    assert {event.class_id for event in events} == {1}
    assert device.statistics().events == len(events)


def test_a_baseline_is_read_from_one_device_and_written_to_another():
    ears = Ears()
    with line(running(ears)) as pty, Device.open(pty.name, app="ears") as device:
        baseline = Baseline(device)
        baseline.begin(500)
        assert (baseline.status.wanted, baseline.status.size) == (500, 1000)
        kept = bytes([1]) + os.urandom(999)
        with pytest.raises(UserError, match="expected a device that is not learning, found it at 0 of 500 windows"):
            baseline.write(kept)
        baseline.stop()
        baseline.write(kept)
        assert baseline.read() == kept
        with pytest.raises(CommandError, match="LEARN to succeed, found BAD_ARGUMENT"):
            baseline.write(bytes(1000))
        with pytest.raises(CommandError, match="UNSUPPORTED"):
            baseline.keep()
        with pytest.raises(UserError, match="expected a baseline of 1000 bytes, found 3"):
            baseline.write(b"abc")


def test_telemetry_arrives_by_itself_in_device_time(device):
    told = (a for a in device.arrivals(PATIENCE_S) if isinstance(a.message, Telemetry))
    first, second = next(told), next(told)
    assert all(a.time_us == a.message.uptime_us for a in (first, second))
    assert second.time_us - first.time_us == 1_000_000
    assert all(isinstance(a.message, Info | Telemetry) for a in device.arrivals(0.1))


def test_streams_come_as_arrays(device):
    device.start(1)
    samples = np.zeros((42, 6), np.int16)
    device.inject(samples)
    scores = [a.message for a in device.arrivals(0.05) if isinstance(a.message, Data)]
    assert [data.samples.tolist() for data in scores] == [[[127, 127, 127]]] * ((42 - WINDOW) // HOP + 1)
    assert {(data.stream.name, data.lost) for data in scores} == {("scores", 0)}


def lose_first(command: Command):
    """Damages the first frame of a command."""
    lost = []

    def lose(data: bytes) -> bytes:
        if not lost and bytes([command]) in data[9:11]:
            lost.append(data)
            return b""
        return data

    return lose


def test_a_lost_question_is_asked_again(memory):
    with line(running(memory, lose_first(Command.GET_THRESHOLDS))) as pty, Device.open(pty.name) as device:
        device.command(Command.GET_THRESHOLDS, timeout=0.2)


def test_a_lost_order_is_not_given_twice(memory):
    with (
        line(running(memory, lose_first(Command.RUN_LAYER))) as pty,
        Device.open(pty.name) as device,
        pytest.raises(UserError, match=r"expected an answer to RUN_LAYER within .* found none"),
    ):
        device.command(Command.RUN_LAYER, b"\0\0", timeout=0.2)


def one_line(error) -> str:
    text = str(error.value)
    assert len(text.splitlines()) == 1
    return text


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (b"", "silence"),
        (b"Hello from another sketch\r\n", "text ("),
        (b"\x81\x02\x99", "bytes that are no session info"),
        (
            Frame(Type.INFO, payload=cbor2.dumps({"version": 2})).encode(),
            "session info that is refused (INFO: link version 2",
        ),
    ],
)
def test_other_firmware_is_recognised(sent, found):
    with line(lambda _: sent) as pty, pytest.raises(UserError) as error:
        Device.open(pty.name, timeout=0.3)
    text = one_line(error)
    assert f"expected a Thimble board speaking link version 1 on {pty.name}, found {found}" in text
    assert "pio run" in text


def test_another_version_of_the_link_is_named(memory):
    info = cbor2.loads(memory.turn()[0].payload) | {"version": 2}
    sent = Frame(Type.INFO, payload=cbor2.dumps(info)).encode()
    with line(lambda _: sent) as pty, pytest.raises(UserError, match="found link version 2"):
        Device.open(pty.name, timeout=1)


def test_another_application_is_named(memory):
    with (
        line(running(memory)) as pty,
        pytest.raises(UserError, match="found the application 'test_app' in place of 'other'"),
    ):
        Device.open(pty.name, app="other")


def test_a_port_in_use_is_refused(device):
    with pytest.raises(UserError, match="found it in use; close the program") as error:
        Device.open(device.port.name)
    one_line(error)


def test_a_port_that_goes_away_is_told(memory):
    with line(running(memory)) as pty, Device.open(pty.name) as device:
        pty.stop()
        with pytest.raises(UserError, match="found it gone; was the board unplugged") as error:
            device.ping()
        one_line(error)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("/dev/does-not-exist", "expected a serial port, found none; plug the board in"),
        ("no_such_board", "expected a serial port or a running virtual board, found neither"),
        ("socket://127.0.0.1:1", "expected something that listens, found nothing"),
        ("nonsense://x", "expected a serial port, found"),
    ],
)
def test_a_port_that_is_not_there_is_told(name, found):
    with pytest.raises(UserError, match=found) as error:
        Device.open(name)
    one_line(error)


def test_a_file_is_no_port(tmp_path):
    path = tmp_path / "file"
    path.write_text("text")
    with pytest.raises(UserError, match="expected a serial port, found"):
        Device.open(str(path))


def test_frames_that_never_came_are_counted(memory):
    count = [0]

    def drop_some(data: bytes) -> bytes:
        sent = running(memory)(data)
        count[0] += 1
        return b"" if count[0] % 7 == 6 else sent

    with line(drop_some) as pty, Device.open(pty.name) as device:
        assert any(device.session.lost for _ in device.arrivals(PATIENCE_S))
        assert set(device.session.lost) <= {(Type.INFO, 0), (Type.TELEMETRY, 0)}
