"""Meters and boards that say what is not so end a measurement in one line."""

import io
import subprocess
import sys
from random import Random

import cbor2
import numpy as np
import pytest
from rich.console import Console

from ml.errors import UserError
from ml.link.frames import Frame
from ml.link.messages import Type
from ml.link.payloads import MessageError, parse_info
from ml.link.session import Data
from ml.paths import ROOT
from tests.link.hostile import hostile
from tests.link.pretender import INFO, Pretender
from tools.energy import ina, measure
from tools.energy.ina import Ina
from tools.energy.lpm01a_lines import Decoder
from tools.energy.meter import MOST_MISSING, Samples
from tools.latency_log.follow import CHANNELS, Follower, header_of, timing_stream
from tools.latency_log.log import Log, Rows
from tools.latency_log.record import Recorded
from tools.latency_log.show import screen

CURRENT = [[["current"], "uA", 100], [["bus"], "V", 10000], [["mark", "clipped"], "", 1]]
CHIP = {"id": 0, "name": "ina219", "rate_mhz": 500_000, "format": "int32", "channels": CURRENT, "on": 0}
LOGGER = INFO | {"app": "power_logger", "streams": [CHIP]}
TIMING = {"id": 1, "name": "timing", "rate_mhz": 1000, "format": "uint32", "channels": [[list(CHANNELS), "", 1]]}
MODEL = {"name": "m", "hash": "0" * 16, "data_hash": "", "layers": 3, "input": 300, "output": 4, "arena": 999}


def tool(program, port, *words):
    command = [sys.executable, ROOT / "tools" / program, *words, port]
    return subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False, timeout=90)


@pytest.mark.parametrize(
    ("program", "words"), [("latency.py", ("--seconds", 1, "--port")), ("power.py", ("--meter", "ina@{}", "--link"))]
)
def test_a_number_of_400_digits_is_an_error_of_one_line(program, words):
    with Pretender(LOGGER | {"cycles_hz": 10**400}) as board:
        done = tool(program, board.port, *(str(word).format(board.port) for word in words))
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert "session info that is refused (INFO: cycles_hz: expected 1 to 2^32 - 1" in done.stderr


@pytest.mark.parametrize("rate_mhz", [0, 1, 999])
def test_a_logger_below_one_sample_a_second_is_refused(rate_mhz):
    told = LOGGER | {"streams": [CHIP | {"rate_mhz": rate_mhz}]}
    with (
        Pretender(told) as board,
        pytest.raises(UserError, match="at 1 Hz or more, found current, bus,"),
    ):
        Ina(board.port)


def test_a_logger_whose_streams_change_meanwhile_is_an_error():
    with Pretender(LOGGER) as board:
        meter = Ina(board.port)
        board.info = LOGGER | {"streams": [CHIP | {"format": "uint8"}]}
        board.tell()
        board.say(Frame(Type.DATA, 0, 0, 0, bytes(8)).encode())
        with pytest.raises(UserError, match="expected the streams of before"):
            while True:
                meter.read()
        meter.close()


class Hasty:
    """A meter whose rate is none: it goes on giving samples, and they never are enough."""

    name, rate_hz = "hasty", 1e9

    def start(self):
        pass

    def stop(self):
        pass

    def read(self):
        return Samples(np.zeros(10), np.zeros(10, np.uint8))


def test_a_measurement_ends_where_the_meters_clock_is_none(monkeypatch):
    monkeypatch.setattr(measure, "LATE_S", 0.0)
    with pytest.raises(UserError, match=r"expected 1e\+09 samples a second"):
        measure.measure(Hasty(), 0.05, lambda *_: None)


@pytest.mark.parametrize("stamp", ["9" * 5000, "999999999", "0"])
def test_a_time_stamp_of_the_lpm01a_costs_bounded_memory(stamp):
    decoder = Decoder(1000.0)
    made = decoder.feed(f"TimeStamp: 1s 0ms\n1000-07\nTimeStamp: {stamp}s 5ms\n1000-07\n".encode())
    assert len(made) <= MOST_MISSING + 2
    assert np.isnan(made.current_a).sum() == (MOST_MISSING if stamp == "999999999" else 0)


def test_whatever_a_board_says_of_itself_the_tools_show_it_or_refuse_it_in_one_line():
    random, told, shown = Random(3), INFO | {"model": MODEL, "streams": [CHIP, TIMING]}, 0
    console = Console(file=io.StringIO())
    for _ in range(1000):
        try:
            info = parse_info(cbor2.dumps(hostile(random, told)))
            ina._streams(info, "port")
            stream = timing_stream(info, "port")
        except (MessageError, UserError) as error:
            assert str(error).isprintable() and len(str(error)) < 1000
            continue
        rows = Rows()
        for window in range(1, 4):
            rows.append((0, window * 1_000_000, window, 0, 1, 10, 20, 30, 40, 50))
        console.print(screen(Recorded(Log("log", header_of(info, stream), rows))))
        shown += 1
        Follower().take(0, Data(stream, bytes(stream.row_size), 0))
    assert shown > 20
