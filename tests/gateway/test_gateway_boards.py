"""A board with the real firmware on a line that loses, repeats and damages frames: no event is lost or doubled."""

import contextlib
from random import Random
from typing import cast

import numpy as np
import pytest

from ml.gateway import keys
from ml.gateway.tunnel import Tunnel
from ml.link.device import Device
from ml.link.frames import Frame
from ml.link.messages import ALL, Command, Event, Status, Type
from ml.link.port import Port
from ml.link.sensor_bus import Player, Track
from tests.gateway.running import Running, until
from tests.link.pretender import INFO, Pretender
from tests.update.line import Faults, Line
from tools.simulated.bridge import Bridges
from tools.simulated.sink import Sink

APP = "gesture_recognition"
RATE_MHZ, PIECE, PIECES = 33_300, 280, 4
KEPT = 8  # events, on a board: SERVICE_KEPT


def motion(seed: int) -> np.ndarray:
    """Nobody's gestures with rest between them, int16 (PIECE, 6)."""
    rng, at = np.random.default_rng(seed), np.arange(PIECE)[:, None] * 1000 / RATE_MHZ
    turns = np.sin(2 * np.pi * at * rng.uniform(1, 3, 6)) * [1600, 1400, 1200, 16000, 12000, 8000]
    moves = turns * (np.arange(PIECE) % 70 < 35)[:, None] + rng.integers(-3, 4, (PIECE, 6))
    return np.clip(moves + np.array([0, 0, 2048, 0, 0, 0]), -32768, 32767).astype(np.int16)


@pytest.fixture
def sink():
    made = Sink()
    yield made
    made.close()


def settings(sink: Sink, port: str) -> str:
    return f'[[board]]\nname = "press"\nport = "{port}"\n[http]\nurl = "{sink.url}"\n'


def test_no_event_of_a_board_is_lost_or_doubled_on_a_line_that_is_disturbed(started, tmp_path, sink):
    board = started(f"{APP}-host")
    with Device.open(str(board.console)) as device:
        device.set_threshold(ALL, 40)
        device.command(Command.RESET_STATS)
    player = Player(Port(str(board.folder / "sensors")))
    lost, faults = 0, Faults(lost=0.2, twice=0.1, late=0.1, damaged=0.1, chance=Random(5))
    with Line(board.console, faults=faults) as line:
        for number in range(PIECES):
            with Running(tmp_path, settings(sink, line.port)) as running:  # it is started again for each piece
                node = running.gateway.intake.nodes["press"]
                until(lambda node=node: node.boot is not None, "the board's run to have a name")
                player.play({"imu": Track(motion(number), RATE_MHZ)})
                until(lambda node=node: node.keeps and node.committed == node.next, "all to be committed")
                lost += node.lost
    player.close()
    with Device.open(str(board.console)) as device:
        made = device.statistics().events
    with Running(tmp_path, settings(sink, str(board.console))) as running:
        node = running.gateway.intake.nodes["press"]
        until(lambda: node.committed == node.next == made, "the last events")
        until(lambda: running.gateway.store.outbox.waiting() == {"http": 0})
        lost += node.lost  # on a busy computer a board makes more than it can keep
    (run,) = sink.ledger.seen
    assert sink.ledger.twice == 0 and made >= PIECES and 0 <= made - len(sink.ledger.seen[run]) <= lost
    assert set(sink.ledger.labels) <= set(node.labels)


def test_what_a_board_forgets_while_the_gateway_is_away_is_lost_also_before_its_first_event_was_stored(
    started, tmp_path, sink
):
    board = started(f"{APP}-host")
    with Running(tmp_path, settings(sink, str(board.console))) as running:
        until(running.gateway.store.outbox.heard, "the run to be remembered")
        (met,) = running.gateway.store.outbox.heard()
    with Device.open(str(board.console)) as device:
        device.set_threshold(ALL, 40)
        device.command(Command.RESET_STATS)
    with Player(Port(str(board.folder / "sensors"))) as player:
        for number in range(PIECES):
            player.play({"imu": Track(motion(number), RATE_MHZ)})
    with Device.open(str(board.console)) as device:
        made = device.statistics().events
    assert made > KEPT
    with Running(tmp_path, settings(sink, str(board.console))) as running:
        node = running.gateway.intake.nodes["press"]
        until(lambda: node.committed == node.next == met.next + made, "its events")
        assert node.lost == made - KEPT


def test_a_board_that_restarts_begins_a_run_of_its_own_also_behind_a_bridge(started, tmp_path, sink):
    """Its sequences begin anew, and nothing that was acknowledged to the run before touches them."""
    board, key = started(f"{APP}-host"), keys.add(tmp_path / "nodes.keys", 7, 1, "press")[0]
    text = f'[nodes]\nrate = 1000\n[udp]\nlisten = "127.0.0.1:0"\n[http]\nurl = "{sink.url}"\n'
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(Running(tmp_path, text))
        player = stack.enter_context(Player(Port(str(board.folder / "sensors"))))
        udp = ("127.0.0.1", running.gateway.udp.port)
        stack.enter_context(Bridges([(str(board.console), key)], udp))
        until(lambda: "press" in running.gateway.intake.nodes)
        node = running.gateway.intake.nodes["press"]
        for number in range(2):
            before = node.boot
            reset = Frame(Type.COMMAND, sequence=9, payload=bytes([Command.RESET_BOARD]))
            running.loop.call_soon_threadsafe(node.send, reset)
            until(lambda before=before: node.boot != before and node.labels, "the run to have a name")
            with Tunnel(node, running.loop) as tunnel:
                Device(cast(Port, tunnel)).set_threshold(ALL, 40)
            player.play({"imu": Track(motion(number), RATE_MHZ)})
            until(lambda before=before: node.boot != before and node.committed == node.next > 0, "its events")
        until(lambda: len(sink.ledger.seen) >= 2)
    runs = [seen for seen in sink.ledger.seen.values() if seen]
    assert len(runs) >= 2 and all(seen == set(range(len(seen))) for seen in runs[-2:]) and sink.ledger.twice == 0


def test_firmware_that_keeps_no_events_is_heard_as_well_and_its_losses_are_counted(tmp_path, sink):
    class Old(Pretender):
        def _answer(self, frame: Frame) -> None:
            status = Status.UNKNOWN if frame.payload[0] == Command.EVENTS else Status.OK
            self.say(Frame(Type.REPLY, 0, frame.sequence, 0, bytes([frame.payload[0], status])).encode())

    def event(sequence: int) -> bytes:
        return Frame(Type.EVENT, 0, sequence, 0, Event.LAYOUT.pack(0, 200, 0, 0, 0, 0, 0, 0)).encode()

    with Old(INFO | {"app": APP}) as old, Running(tmp_path, settings(sink, old.port)) as running:
        node = running.gateway.intake.nodes["press"]
        until(lambda: not node.keeps and node.boot is not None)
        for sequence in (7, 8, 10, 11, 11):
            old.say(event(sequence))
        until(lambda: sink.ledger.taken == 4)
        assert node.lost == 1 and node.repeated == 1


def test_a_port_that_is_not_there_is_told_and_does_not_end_the_gateway(tmp_path, sink):
    with Running(tmp_path, settings(sink, str(tmp_path / "gone"))) as running:
        node = running.gateway.intake.nodes["press"]
        until(lambda: "expected a serial port" in node.about.get("problem", ""))
